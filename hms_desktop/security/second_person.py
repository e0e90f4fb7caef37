# SPDX-License-Identifier: Apache-2.0
"""A second person signs beside the one at work: who they are is proven by their own password, here and offline.

At a workstation a password counts as it is there now, changed here and not yet sent included, and wrong ones are
counted with those of sign-in: whoever guesses here waits there too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from hms_desktop.core.clock import milliseconds
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security import witness
from hms_desktop.security.accounts import granted_people
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.kdf import FLOOR
from hms_desktop.security.keys import spend, unwrap
from hms_desktop.security.own_keys import laid_over
from hms_desktop.security.people import read_people, same_login
from hms_desktop.security.roles import permissions_of
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.tries import begin_try, end_try, name_key
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Passwords:
    """What a workstation knows of passwords beside its encrypted file; a store's `Setting.passwords`."""

    folder: Path
    device: UUID
    keys: DeviceKeys = field(repr=False)
    place: SecretPlace = field(repr=False)

    def now(self, granted: GrantedPerson) -> GrantedPerson:
        """The account with what its owner changed at this workstation and the server has not said yet."""
        listed = read_people(self.folder, self.keys, self.device).by_id(granted.person)
        return laid_over(granted, listed.pending)[0] if listed is not None else granted

    @contextmanager
    def counted(self, login: str, whose: UUID | None, now_ms: int) -> Iterator[None]:
        """Count a try under this name on the disk before a password is looked at; MustWait after five wrong ones."""
        seen = witness.Place(self.folder, self.device, self.keys, self.place)
        name = name_key(self.keys, same_login(login))
        listed = read_people(self.folder, self.keys, self.device).admitted
        known = [name_key(self.keys, same_login(one.granted.login)) for one in listed]
        with witness.watching(seen, whose, now_ms):
            begin_try(self.folder, self.keys, self.device, name, now_ms, known)
            yield
            end_try(self.folder, self.keys, self.device, name)


def signing_person(reader: Reader, login: str, password: str, rights: Collection[str]) -> UUID:
    """The colleague with this name and password who holds one of these rights; takes as long as a sign-in.

    BadInput, which says only that the two don't fit, when anything of it is wrong or it is the person at work.
    MustWait after five wrong tries under the name.
    """
    wrong = BadInput(_("Name or password is wrong, or this person may not sign here."), "password")
    wanted = same_login(login)
    found = next((p for p in granted_people(reader) if p.active and same_login(p.login) == wanted), None)
    _prove(reader, login, found, password, wrong)
    if found is None or found.person == reader.person.id or not permissions_of(found.roles) & set(rights):
        raise wrong
    return found.person


def require_own_password(reader: Reader, password: str) -> None:
    """Raise BadInput unless this is the password of the person at work; takes as long as a sign-in.

    MustWait after five wrong tries.
    """
    wrong = BadInput(_("This is not your password. Type it again."), "password")
    own = next((p for p in granted_people(reader) if p.active and p.person == reader.person.id), None)
    _prove(reader, reader.person.login, own, password, wrong)


def _prove(reader: Reader, login: str, granted: GrantedPerson | None, password: str, wrong: BadInput) -> None:
    here: Passwords | None = reader.passwords
    whose = granted.person if granted else None
    with here.counted(login, whose, milliseconds(reader.now)) if here is not None else nullcontext():
        if granted is None:
            spend(password, FLOOR)
            raise wrong
        now = here.now(granted) if here is not None else granted
        try:
            unwrap(now.wrapped, password, now.person)
        except WontOpen as error:
            raise wrong from error

# SPDX-License-Identifier: Apache-2.0
"""Signing in at a workstation, offline: name, password and code in; the file key and the person's keys out.

Whatever is wrong, the answer is one sentence and takes one Argon2id run, for a name that exists and one that does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

from hms_desktop.core.clock import Clock, SystemClock
from hms_desktop.core.errors import ClinicError, Damaged, Refused
from hms_desktop.core.text import _
from hms_desktop.security import keys as person_keys
from hms_desktop.security import roles, slots, totp, witness
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.kdf import FLOOR
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.people import Admitted, GrantedPerson, People, admit, read_people, same_login
from hms_desktop.security.profile import LOCK_FILE, REPLICA_FILE, Profile, trusted_profile, write_profile
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.signing import sign_root
from hms_desktop.security.slots import SlotPlace
from hms_desktop.security.tries import Tries, name_key, read_tries, write_tries
from hms_desktop.storage.acting import Acting, Person
from hms_desktop.storage.durable import exclusive


class SignInRefused(ClinicError):
    """Name, password or code is wrong; never says which."""

    code = "sign-in-refused"

    def __init__(self) -> None:
        super().__init__(_("Name, password or code is wrong"))


@dataclass(frozen=True, slots=True)
class OpenProfile:
    """A workstation opened by a person. It holds keys: it lives in the session process only and ends with it."""

    folder: Path
    profile: Profile
    granted: GrantedPerson
    device: DeviceKeys = field(repr=False)
    keys: PersonKeys = field(repr=False)
    file_key: bytes = field(repr=False)

    @property
    def replica(self) -> Path:
        """The encrypted file; Damaged when it is gone: a new one in its place would hide what is lost with it."""
        file = self.folder / REPLICA_FILE
        if not file.exists():
            raise Damaged(
                _(
                    "{file} is gone, and with it what was saved on this computer and not yet sent. "
                    "Put it back from where it was moved to; if it can't be found, block this workstation at the "
                    "server and enrol this computer again."
                ).format(file=file)
            )
        return file

    @property
    def person(self) -> Person:
        """The person with what their roles allow."""
        g = self.granted
        allowed = roles.permissions_of(g.roles)
        return Person(id=g.person, name=g.name, login=g.login, roles=frozenset(g.roles), permissions=allowed)

    def acting(self) -> Acting:
        """The person at work: each change set is signed with their key."""
        return Acting(self.person, partial(sign_root, self.keys.signing))


def unlock(
    folder: Path,
    login: str,
    password: str,
    code: str | None = None,
    *,
    keychain: SecretPlace,
    clock: Clock | None = None,
) -> OpenProfile:
    """Open the workstation for a person.

    Raises SignInRefused, MustWait after five wrong tries (1, 5, then 15 minutes), Refused when the password is right
    but the role needs a code that was never set up, Damaged or Unavailable when the workstation itself is at fault.
    """
    profile, device = trusted_profile(folder, keychain)
    people = read_people(folder, device, profile.station.device)
    name, now = name_key(device, same_login(login)), (clock or SystemClock()).now_ms()
    known = people.by_login(login)
    place = witness.Place(folder, profile.station.device, device, keychain)
    with witness.watching(place, known.granted.person if known else None, now):
        tries = _count_try(folder, profile, device, people, name, now)
        person, admitted = _by_password(people, login, name, password)
        step = _by_code(admitted, person, code, now, tries)
        file_key = _by_slot(profile, device, people, admitted, person)
        _settle(folder, profile, device, name, admitted.granted.person, step)
    return OpenProfile(folder, profile, admitted.granted, device, person, file_key)


def asks_code(folder: Path, login: str, *, keychain: SecretPlace) -> bool:
    """Whether the sign-in window shows the third step; a name that nobody has is answered like somebody's."""
    profile, device = trusted_profile(folder, keychain)
    people = read_people(folder, device, profile.station.device)
    found = people.by_login(login) or _lookalike(people, name_key(device, same_login(login)))
    return found is not None and _needs_code(found.granted)


def tries_left(folder: Path, login: str, *, keychain: SecretPlace) -> int:
    """Wrong tries that this name has before it must wait."""
    profile, device = trusted_profile(folder, keychain)
    return read_tries(folder, device, profile.station.device).left(name_key(device, same_login(login)))


def note_seen(folder: Path, kind: str, login: str, now_ms: int, *, keychain: SecretPlace) -> None:
    """Keep for the audit trail what was seen of somebody's session from outside; it comes in at the next open."""
    profile, device = trusted_profile(folder, keychain)
    known = read_people(folder, device, profile.station.device).by_login(login)
    place = witness.Place(folder, profile.station.device, device, keychain)
    witness.note(place, witness.Seen(kind, known.granted.person if known else None, now_ms))


def set_up(
    folder: Path, profile: Profile, device: DeviceKeys, people: list[GrantedPerson], keychain: SecretPlace
) -> bytes:
    """Make the folder of a workstation that was just approved, its encrypted file too; returns the new file key.

    Everyone granted can sign in from now on. `profile.json` is written last: without it nothing is enrolled. Damaged
    when a file of another enrolment lies there.
    """
    from hms_desktop.storage.engine import connect  # not loaded where people only sign in

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    device.keep(keychain, profile.station.device)
    file_key = slots.new_file_key()
    (folder / REPLICA_FILE).touch(mode=0o600)
    connect(folder / REPLICA_FILE, file_key).close()
    admit(folder, profile, device, file_key, people)
    write_profile(folder, profile, device)
    return file_key


def _count_try(folder: Path, profile: Profile, device: DeviceKeys, people: People, name: str, now: int) -> Tries:
    known = [name_key(device, same_login(a.granted.login)) for a in people.admitted]
    with exclusive(folder / LOCK_FILE):
        tries = read_tries(folder, device, profile.station.device)
        tries.gate(name, now)
        tries = tries.counted(name, now, known)
        write_tries(folder, device, profile.station.device, tries)
    return tries


def _by_password(people: People, login: str, name: str, password: str) -> tuple[PersonKeys, Admitted]:
    admitted = people.by_login(login)
    if admitted is None:
        alike = _lookalike(people, name)
        person_keys.spend(password, person_keys.wrapped_cost(alike.granted.wrapped) if alike else FLOOR)
        raise SignInRefused
    try:
        return person_keys.unwrap(admitted.granted.wrapped, password, admitted.granted.person), admitted
    except WontOpen as wrong:
        raise SignInRefused from wrong


def _by_code(admitted: Admitted, keys: PersonKeys, code: str | None, now: int, tries: Tries) -> int | None:
    """The authenticator step that the code used up, or None for a person who needs no code."""
    granted = admitted.granted
    if not _needs_code(granted):
        return None
    if granted.sealed_totp is None:
        raise Refused(_("Your role needs a code and none is set up for you. Ask an administrator."))
    seed = totp.open_seed(granted.sealed_totp, keys.exchange, granted.person)
    step = totp.matching_step(seed, code or "", now, after=tries.used_steps.get(granted.person, -1))
    if step is None:
        raise SignInRefused
    return step


def _by_slot(profile: Profile, device: DeviceKeys, people: People, admitted: Admitted, keys: PersonKeys) -> bytes:
    place = SlotPlace(profile.station.device, admitted.granted.person, people.epoch)
    try:
        return slots.open_slot(admitted.slot, keys.exchange, device.secret, place)
    except WontOpen as wrong:
        raise SignInRefused from wrong


def _settle(folder: Path, profile: Profile, device: DeviceKeys, name: str, person: UUID, step: int | None) -> None:
    """Write that the try was right. A code is used up under the lock, so that two at once can't both use it."""
    with exclusive(folder / LOCK_FILE):
        tries = read_tries(folder, device, profile.station.device)
        if step is not None and step <= tries.used_steps.get(person, -1):
            raise SignInRefused
        write_tries(folder, device, profile.station.device, tries.right(name, person, step))


def _needs_code(granted: GrantedPerson) -> bool:
    return granted.needs_code or roles.needs_code(granted.roles)


def _lookalike(people: People, name: str) -> Admitted | None:
    """Somebody, always the same one for the same unknown name, whose answers the name borrows."""
    return people.admitted[int(name[:8], 16) % len(people.admitted)] if people.admitted else None

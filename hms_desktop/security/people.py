# SPDX-License-Identifier: Apache-2.0
"""Who may sign in at a workstation: their wrapped keys and slots, in one file sealed under the device secret.

The whole list is sealed, so a copied folder shows neither names nor wrapped keys to guess passwords against.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _
from hms_desktop.security import sealing, slots
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.own_keys import Overtaken, Pending, laid_over
from hms_desktop.security.profile import LOCK_FILE, Profile
from hms_desktop.security.roles import may_sign_in_at
from hms_desktop.security.signing import Forged
from hms_desktop.security.slots import SlotPlace
from hms_desktop.security.statements import KeyStatement, read_statement
from hms_desktop.storage.durable import exclusive, replace_file

VERSION = 1
SLOTS_FILE = "slots.sealed"
_PURPOSE = "slots file"


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in here, with their slot at the file key's epoch, and what they changed here themselves."""

    granted: GrantedPerson
    slot: bytes
    pending: tuple[Pending, ...] = ()
    overtaken: tuple[Overtaken, ...] = ()


class People(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed list; `epoch` counts the file keys that this workstation has had."""

    epoch: int
    admitted: tuple[Admitted, ...]
    version: int = VERSION

    def by_login(self, login: str) -> Admitted | None:
        """The person of this sign-in name; case and Unicode form do not matter."""
        wanted = same_login(login)
        return next((a for a in self.admitted if same_login(a.granted.login) == wanted), None)

    def by_id(self, person: UUID) -> Admitted | None:
        """The person of this id."""
        return next((a for a in self.admitted if a.granted.person == person), None)

    def with_one(self, admitted: Admitted) -> People:
        """The list with this person's entry in place of the one before."""
        person = admitted.granted.person
        return msgspec.structs.replace(
            self, admitted=tuple(admitted if a.granted.person == person else a for a in self.admitted)
        )


@dataclass(frozen=True, slots=True)
class Admissions:
    """What bringing the list up to date did: persons let in, keys renewed, persons put out, statements not believed."""

    let_in: tuple[UUID, ...] = ()
    renewed: tuple[UUID, ...] = ()
    put_out: tuple[UUID, ...] = ()
    doubted: tuple[UUID, ...] = ()


def same_login(login: str) -> str:
    """A sign-in name in the form in which names are compared."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def read_people(folder: Path, keys: DeviceKeys, device: UUID) -> People:
    """The list of this workstation; `Damaged` when it is missing, changed or of another workstation."""
    try:
        box = (folder / SLOTS_FILE).read_bytes()
        return msgspec.msgpack.decode(
            sealing.unlock(keys.secret, box, purpose=_PURPOSE, context=device.bytes), type=People
        )
    except (FileNotFoundError, sealing.WontOpen, msgspec.MsgspecError) as odd:
        raise Damaged(_("The list of who may sign in here can't be read. Enrol the workstation again.")) from odd


def write_people(folder: Path, keys: DeviceKeys, device: UUID, people: People) -> None:
    """Replace the list whole."""
    plain = msgspec.msgpack.encode(people)
    replace_file(folder / SLOTS_FILE, sealing.lock(keys.secret, plain, purpose=_PURPOSE, context=device.bytes))


def admit(
    folder: Path, profile: Profile, keys: DeviceKeys, file_key: bytes, granted: Iterable[GrantedPerson]
) -> Admissions:
    """Bring the list to exactly these people: seal slots for who lacks one, drop who is no longer granted.

    Needs the file key, so only an open session (or enrolment) can do it; it needs nobody's password.
    """
    device = profile.station.device
    with exclusive(folder / LOCK_FILE):
        known = (folder / SLOTS_FILE).exists()
        before = read_people(folder, keys, device) if known else People(epoch=1, admitted=())
        after, done = _admitted(before, profile, keys, file_key, granted)
        if after != before or not known:
            write_people(folder, keys, device, after)
    return done


def _admitted(
    before: People, profile: Profile, keys: DeviceKeys, file_key: bytes, granted: Iterable[GrantedPerson]
) -> tuple[People, Admissions]:
    old = {a.granted.person: a for a in before.admitted}
    new: dict[UUID, Admitted] = {}
    let_in: list[UUID] = []
    renewed: list[UUID] = []
    doubted: list[UUID] = []
    for person in granted:
        if not (person.active and may_sign_in_at(person.roles, profile.station.kind)):
            continue
        had = old.get(person.person)
        statement = _believed(person, had, profile)
        if statement is None:
            doubted.append(person.person)
            if had is not None:
                new[person.person] = had
        elif had is not None and had.granted.statement == person.statement:
            now, pending, lost = laid_over(person, had.pending)
            new[person.person] = Admitted(granted=now, slot=had.slot, pending=pending, overtaken=had.overtaken + lost)
        else:
            place = SlotPlace(profile.station.device, person.person, before.epoch)
            slot = slots.seal_slot(file_key, statement.keys.exchange, keys.secret, place)
            new[person.person] = Admitted(granted=person, slot=slot)
            (let_in if had is None else renewed).append(person.person)
    put_out = tuple(old.keys() - new.keys())
    people = People(epoch=before.epoch, admitted=tuple(new.values()))
    return people, Admissions(tuple(let_in), tuple(renewed), put_out, tuple(doubted))


def _believed(person: GrantedPerson, had: Admitted | None, profile: Profile) -> KeyStatement | None:
    """The person's key statement if the clinic's server signed it for them and it is not older than the one held."""
    server, clinic = profile.server.signing_public, profile.clinic.id
    try:
        statement = read_statement(person.statement, server, clinic)
        if statement.person != person.person:
            return None
        held = read_statement(had.granted.statement, server, clinic) if had else statement
    except Forged:
        return None
    return statement if statement.since_ms >= held.since_ms else None

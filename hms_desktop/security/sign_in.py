# SPDX-License-Identifier: Apache-2.0
"""Signing in at a workstation, offline: name, password and code in; the file key and the person's keys out.

Whatever is wrong, the answer is one sentence and takes one Argon2id run, for a name that exists and one that does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from uuid import UUID

from hms_desktop.core.clock import Clock, SystemClock
from hms_desktop.core.errors import ClinicError, Damaged, Refused
from hms_desktop.core.text import _
from hms_desktop.security import keys as person_keys
from hms_desktop.security import opening, quick_keys, roles, slots, witness
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.kdf import FLOOR
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.opening import FOR_EMERGENCY, IN_EMERGENCY, Opening
from hms_desktop.security.own_changes import keep_change
from hms_desktop.security.own_keys import CODE_USED, Change, signed
from hms_desktop.security.people import Admitted, People, admit, read_people, same_login
from hms_desktop.security.profile import LOCK_FILE, REPLICA_FILE, Profile, trusted_profile, write_profile
from hms_desktop.security.recovery import keep_recovery_slot
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.second_factor import SignInKeys, UsedUp, check_second, use_up
from hms_desktop.security.signing import sign_root
from hms_desktop.security.slots import SlotPlace
from hms_desktop.security.tries import begin_try, name_key, read_tries, write_tries
from hms_desktop.storage.acting import Acting, Person
from hms_desktop.storage.durable import exclusive
from hms_desktop.storage.reserve import room_to_come_in


class SignInRefused(ClinicError):
    """Name, password or code is wrong; never says which. `knew` is for the program: the password was right."""

    code = "sign-in-refused"

    def __init__(self, *, knew: bool = False) -> None:
        super().__init__(_("Name, password or code is wrong"))
        self.knew = knew


class TouchRefused(ClinicError):
    """The security key that was touched opens nobody's session here now."""

    code = "touch-refused"

    def __init__(self) -> None:
        super().__init__(_("This security key opens nobody's session here now. Sign in with your name and password."))


@dataclass(frozen=True, slots=True)
class OpenProfile:
    """A workstation opened by a person. It holds keys: it lives in the session process only and ends with it."""

    folder: Path
    profile: Profile
    granted: GrantedPerson
    device: DeviceKeys = field(repr=False)
    keys: PersonKeys = field(repr=False)
    file_key: bytes = field(repr=False)
    used: UsedUp = field(default=UsedUp(), repr=False)
    opening: Opening | None = None

    @property
    def first_steps(self) -> tuple[str, ...]:
        """What the person must do before anything else: choose their own password, set up a second factor."""
        return first_steps(self.granted)

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
        """The person with what their roles allow; when the permit has ended, only what an emergency needs of it."""
        g = self.granted
        allowed = roles.permissions_of(g.roles)
        ended = self.opening is not None and self.opening.permit.ended
        allowed = allowed & IN_EMERGENCY if ended else allowed - FOR_EMERGENCY
        bounds = roles.policy().within(g.roles)
        return Person(g.person, g.name, g.login, frozenset(g.roles), allowed, bounds)

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
    touch: SignInKeys | None = None,
    takes_first_steps: bool = False,
) -> OpenProfile:
    """Open the workstation for a person.

    `code` is a code of their app, a recovery code, or WITH_KEY: then `touch` asks for their security key. Raises
    SignInRefused, MustWait after five wrong tries (1, 5, then 15 minutes), Refused when a password or second factor
    must be set up first and the caller is not the window that does it, Damaged or Unavailable when the workstation
    itself is at fault.
    """
    profile, device = trusted_profile(folder, keychain)
    room_to_come_in(folder)
    people = read_people(folder, device, profile.station.device)
    name, now = name_key(device, same_login(login)), (clock or SystemClock()).now_ms()
    known = people.by_login(login)
    place = witness.Place(folder, profile.station.device, device, keychain)
    with witness.watching(place, known.granted.person if known else None, now):
        _count_try(folder, profile, device, people, name, now)
        person, admitted = _by_password(people, login, name, password)
        used = _by_second(admitted.granted, person, code or "", now, keychain, profile, touch)
        file_key = _by_slot(profile, device, people, admitted, person)
        _settle(folder, profile, device, name, admitted.granted.person, used, keychain)
    if first_steps(admitted.granted) and not takes_first_steps:
        raise Refused(_("Sign in at the workstation's own window first: there you set up how you sign in."))
    door = _Door(folder, profile, device, keychain, now)
    return _after_second(door.open(admitted.granted, person, file_key, used), now)


def unlock_by_touch(
    folder: Path, *, keychain: SecretPlace, touch: SignInKeys, clock: Clock | None = None
) -> OpenProfile:
    """Open the workstation for whoever touches their security key and signed in here whole during this shift.

    TouchRefused when the key is nobody's of those, Unavailable when no key was touched.
    """
    profile, device = trusted_profile(folder, keychain)
    room_to_come_in(folder)
    station, now = profile.station.device, (clock or SystemClock()).now_ms()
    people, quick = read_people(folder, device, station), quick_keys.read_quick(folder, device, station, now)
    place = witness.Place(folder, station, device, keychain)
    able = [(people.by_id(person), one) for person, one in quick.items()]
    mine = {
        key: (admitted, one)
        for admitted, one in able
        if admitted is not None and not first_steps(admitted.granted)
        for key in admitted.granted.factors.keys
        if key.credential == one.credential
    }
    with witness.watching(place, None, now):
        touched = touch.ask(tuple(mine)) if mine else None
        if touched is None or touched[1] is None:
            raise TouchRefused
        admitted, one = mine[touched[0]]
        person = _by_touch(one, device, station, admitted.granted, touched[1])
        file_key = _by_slot(profile, device, people, admitted, person)
    door = _Door(folder, profile, device, keychain, now)
    return door.open(admitted.granted, person, file_key, UsedUp(key=touched[0]))


@dataclass(frozen=True, slots=True)
class _Door:
    """Where somebody signs in, and when (ms since 1970)."""

    folder: Path
    profile: Profile
    device: DeviceKeys
    place: SecretPlace
    now: int

    def open(self, granted: GrantedPerson, keys: PersonKeys, file_key: bytes, used: UsedUp) -> OpenProfile:
        who = (granted.person, keys.exchange, file_key)
        fresh, how = opening.opened(self.folder, self.profile, self.device, self.place, who, self.now)
        epoch = read_people(self.folder, self.device, self.profile.station.device).epoch
        keep_recovery_slot(self.folder, self.profile, fresh, epoch)
        return OpenProfile(self.folder, self.profile, granted, self.device, keys, fresh, used, how)


def prove_password(opened: OpenProfile, password: str, *, clock: Clock | None = None) -> None:
    """Raise SignInRefused unless this is the password of who is signed in, MustWait after five wrong tries."""
    profile, device, folder = opened.profile, opened.device, opened.folder
    people = read_people(folder, device, profile.station.device)
    name, now = name_key(device, same_login(opened.granted.login)), (clock or SystemClock()).now_ms()
    _count_try(folder, profile, device, people, name, now)
    _by_password(people, opened.granted.login, name, password)
    _settle(folder, profile, device, name, opened.granted.person, UsedUp(), None)


def first_steps(granted: GrantedPerson) -> tuple[str, ...]:
    """What a person must do at their next sign-in before anything else, in order."""
    steps = ["password"] if granted.must_change else []
    return (*steps, "second factor") if granted.asks_second and not granted.has_factor else tuple(steps)


def touch_may_open(folder: Path, *, keychain: SecretPlace, clock: Clock | None = None) -> bool:
    """Whether somebody could switch to their own session by touching their security key now."""
    profile, device = trusted_profile(folder, keychain)
    now = (clock or SystemClock()).now_ms()
    return bool(quick_keys.read_quick(folder, device, profile.station.device, now))


def asks_code(folder: Path, login: str, *, keychain: SecretPlace) -> bool:
    """Whether the sign-in window shows the third step; a name that nobody has is answered like somebody's."""
    profile, device = trusted_profile(folder, keychain)
    people = read_people(folder, device, profile.station.device)
    found = people.by_login(login) or _lookalike(people, name_key(device, same_login(login)))
    return found is not None and found.granted.asks_second and found.granted.has_factor


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
    keep_recovery_slot(folder, profile, file_key, 1)
    write_profile(folder, profile, device)
    return file_key


def _count_try(folder: Path, profile: Profile, device: DeviceKeys, people: People, name: str, now: int) -> None:
    known = [name_key(device, same_login(a.granted.login)) for a in people.admitted]
    begin_try(folder, device, profile.station.device, name, now, known)


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


def _by_second(
    granted: GrantedPerson,
    keys: PersonKeys,
    given: str,
    now: int,
    place: SecretPlace,
    profile: Profile,
    touch: SignInKeys | None,
) -> UsedUp:
    """What the second factor took; nothing for a person who needs none, or has yet to set one up."""
    if not (granted.asks_second and granted.has_factor):
        return UsedUp()
    used = check_second(granted, keys, given, now, place, profile.station.device, touch)
    if used is None:
        raise SignInRefused(knew=True)
    return used


def _by_touch(
    one: quick_keys.Quick, device: DeviceKeys, station: UUID, granted: GrantedPerson, secret: bytes
) -> PersonKeys:
    try:
        return quick_keys.open_quick(one, device, station, granted.person, secret)
    except WontOpen as wrong:
        raise TouchRefused from wrong


def _by_slot(profile: Profile, device: DeviceKeys, people: People, admitted: Admitted, keys: PersonKeys) -> bytes:
    place = SlotPlace(profile.station.device, admitted.granted.person, people.epoch)
    try:
        return slots.open_slot(admitted.slot, keys.exchange, device.secret, place)
    except WontOpen as wrong:
        raise SignInRefused(knew=True) from wrong


def _settle(
    folder: Path, profile: Profile, device: DeviceKeys, name: str, person: UUID, used: UsedUp, place: SecretPlace | None
) -> None:
    """Write that the try was right. A code is used up under the lock, so that two at once can't both use it."""
    station = profile.station.device
    with exclusive(folder / LOCK_FILE):
        if place is not None and not use_up(used, place, folder, station, person):
            raise SignInRefused(knew=True)
        write_tries(folder, device, station, read_tries(folder, device, station).right(name))


def _after_second(opened: OpenProfile, now: int) -> OpenProfile:
    """A recovery code is struck off the account; a security key may from now on open this person's session alone."""
    station, used, granted = opened.profile.station.device, opened.used, opened.granted
    if used.code is not None:
        change = Change(
            clinic=opened.profile.clinic.id, person=granted.person, device=station, at_ms=now, part=CODE_USED,
            value=used.code,
        )  # fmt: skip
        entry = keep_change(opened.folder, opened.device, station, signed(change, opened.keys.signing))
        return replace(opened, granted=entry.granted)
    if used.key is not None and used.secret is not None:
        quick_keys.allow(
            opened.folder, opened.device, station, granted.person, opened.keys, used.key.credential, used.secret, now
        )
    return opened


def _lookalike(people: People, name: str) -> Admitted | None:
    """Somebody, always the same one for the same unknown name, whose answers the name borrows."""
    return people.admitted[int(name[:8], 16) % len(people.admitted)] if people.admitted else None

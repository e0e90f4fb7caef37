# SPDX-License-Identifier: Apache-2.0
"""Opening and closing the encrypted file of a workstation, with what must never go back: generation, clock, key.

A file that is older than what the keyring remembers is opened for reading only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import structlog

from hms_desktop.clinic import reactions
from hms_desktop.core.clock import Clock, SystemClock
from hms_desktop.core.errors import ClinicError
from hms_desktop.security import key_turns, opening, witness
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.high_water import raise_water
from hms_desktop.security.people import Admissions, admit, read_people
from hms_desktop.security.roles import may_sign_in_at
from hms_desktop.security.second_person import Passwords
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.standing import read_standing
from hms_desktop.storage.generation import file_marks, next_generation
from hms_desktop.storage.old_file import Held, Look, OldFileStore
from hms_desktop.storage.store import Store
from hms_desktop.sync import outbox

OLD_FILE = "old file"
_log = structlog.get_logger(__name__)


def open_store(opened: OpenProfile, clock: Clock | None = None) -> tuple[Store, str]:
    """The store of a workstation, and why it takes no new work; no words where it does."""
    assert opened.opening is not None
    path, key, water = opened.replica, opened.file_key, opened.opening.water
    station, clinic = opened.profile.as_station(), opened.profile.as_clinic()
    marks = file_marks(path, key, station.author)
    old = opening.old_file_words(marks.generation, marks.number, water)
    if old:
        kept = OldFileStore(path, key, station, clinic, clock=clock, react=reactions.react)
        _know_passwords(opened, kept)
        return kept.hold(Held(old, AccessEvent.__tablename__, _keep_looks(opened, clock))), old
    store = Store(path, key, station, clinic, clock=clock, react=reactions.react)
    _know_passwords(opened, store)
    _count_generation(opened, store)
    return store, ""


def _know_passwords(opened: OpenProfile, store: Store) -> None:
    """Let those who witness be checked by their passwords as they are here, and count wrong ones as sign-in does."""
    assert opened.opening is not None
    known = Passwords(opened.folder, opened.profile.station.device, opened.device, opened.opening.place)
    store.setting = replace(store.setting, passwords=known)


def close_store(opened: OpenProfile, store: Store) -> None:
    """Close the file; it is then another than any copy of it before. An exposed one gets its new key here."""
    if isinstance(store, OldFileStore):
        store.close()
        return
    try:
        note_receipt(opened, store)
        _count_generation(opened, store)
    except ClinicError as error:  # the file stays as it was; what it is counts from the last opening
        _log.error("a closing could not be counted", kind=type(error).__name__)
    store.close()
    try:
        standing = read_standing(opened.folder, opened.profile, opened.device)
        opening.turn_if_due(opened.folder, opened.profile, opened.device, opened.file_key, standing)
    except ClinicError as error:  # it stays exposed, says so, and is tried again at the next sign-in
        _log.error("the key of the file could not be turned", kind=type(error).__name__)


def note_receipt(opened: OpenProfile, store: Store) -> None:
    """Remember outside the file how far the server has this workstation's work."""
    assert opened.opening is not None
    with store.reading() as connection:
        sent = outbox.sent(connection)
    raise_water(opened.opening.place, opened.folder, opened.profile.station.device, receipt=sent)


def let_in(opened: OpenProfile, granted: list[GrantedPerson], now_ms: int) -> Admissions:
    """Bring the list of who may sign in here up to date; from then on nobody else has a slot.

    Where somebody is put out the file is exposed first: no power cut lets that be forgotten.
    """
    station, keys = opened.profile.station, opened.device
    here = {p.person for p in granted if p.active and may_sign_in_at(p.roles, station.kind)}
    listed = read_people(opened.folder, keys, station.device).admitted
    out = [a.granted.person for a in listed if a.granted.person not in here]
    key_turns.put_out(opened.folder, keys, station.device, out, now_ms)
    return admit(opened.folder, opened.profile, keys, opened.file_key, granted)


def exposed_too_long(opened: OpenProfile, now_ms: int) -> bool:
    """Whether somebody who was put out could have opened the file for a day: the session must end for its key."""
    since = key_turns.exposed_since(opened.folder, opened.device, opened.profile.station.device)
    return bool(since) and now_ms - since > key_turns.LONGEST_EXPOSED_MS


def _count_generation(opened: OpenProfile, store: Store) -> None:
    """In the file first: a power cut between the two leaves a file that is newer than what is remembered of it."""
    assert opened.opening is not None
    generation = next_generation(store)
    raise_water(opened.opening.place, opened.folder, opened.profile.station.device, generation=generation)


def _keep_looks(opened: OpenProfile, clock: Clock | None) -> Callable[[list[Look]], None]:
    assert opened.opening is not None
    place = witness.Place(opened.folder, opened.profile.station.device, opened.device, opened.opening.place)
    now = (clock or SystemClock()).now_ms

    def keep(looks: list[Look]) -> None:
        for person, _action, values in looks:
            patient = UUID(bytes=values["patient"]) if values.get("patient") else None
            witness.note(place, witness.Seen(values["kind"], person, now(), OLD_FILE, patient))

    return keep

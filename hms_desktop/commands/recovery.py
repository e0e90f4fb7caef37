# SPDX-License-Identifier: Apache-2.0
"""Keeping the recovery slot to the clinic's recovery key, and opening a workstation by it when its keyring is lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from hms_desktop.clinic import modules
from hms_desktop.core.errors import BadInput, Damaged
from hms_desktop.core.text import _
from hms_desktop.security.accounts import granted_people, setting
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.holding import HOLDING_FILE
from hms_desktop.security.key_turns import TURN_FILE
from hms_desktop.security.people import People, admit, read_people, write_people
from hms_desktop.security.profile import REPLICA_FILE, Profile, write_profile
from hms_desktop.security.quick_keys import QUICK_FILE
from hms_desktop.security.recovery import (
    NEXT_FILE,
    RECOVERY_FILE,
    SETTING,
    keep_recovery_slot,
    open_recovery_slot,
    read_stated,
    take_recovery_key,
)
from hms_desktop.security.shares import Share, join
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.standing import STANDING_FILE
from hms_desktop.security.tries import TRIES_FILE
from hms_desktop.storage.acting import Acting, Person
from hms_desktop.storage.keychain import Keychain
from hms_desktop.storage.rekey import opens
from hms_desktop.storage.store import Store
from hms_desktop.sync import outbox

assert modules.MODULES


def bring_recovery_key(opened: OpenProfile, store: Store, acting: Acting) -> None:
    """Seal the file key to the recovery key that the server states now."""
    value = store.read(lambda reader: setting(reader, SETTING), acting)
    if value is not None:
        stated = read_stated(value, opened.profile)
        profile = take_recovery_key(opened.folder, opened.profile, opened.device, stated)
        epoch = read_people(opened.folder, opened.device, profile.station.device).epoch
        keep_recovery_slot(opened.folder, profile, opened.file_key, epoch)


@dataclass(frozen=True)
class Recovered:
    """A workstation that opens again: its facts, its new keys, who may sign in, and what waits there unsent."""

    profile: Profile
    device: DeviceKeys
    people: tuple[str, ...]
    waiting: int


def recover(folder: Path, shares: list[Share], keychain: Keychain) -> Recovered:
    """Open a workstation by the shares of enough holders: new device keys, a new slot for everybody granted.

    Nothing in the encrypted file is changed. BadInput when the keyring does hold the workstation's keys or the shares
    don't fit, Damaged when the file is not the one that the slot is for.
    """
    file_key, facts, epoch = _opening(folder, join(shares))
    if keychain.get(facts.station.device.hex) is not None:
        raise BadInput(_("This computer's keyring holds the workstation's keys: sign in instead."), "profile")
    keys = DeviceKeys.generate()
    profile = msgspec.structs.replace(facts, secret_in=keychain.where, reduced_protection=keychain.reduced)
    people, waiting = _held(folder, profile, file_key)
    for stale in (TRIES_FILE, QUICK_FILE, STANDING_FILE, TURN_FILE, HOLDING_FILE):
        (folder / stale).unlink(missing_ok=True)
    write_people(folder, keys, profile.station.device, People(epoch=epoch, admitted=()))
    admit(folder, profile, keys, file_key, people)
    keys.keep(keychain, profile.station.device)
    keep_recovery_slot(folder, profile, file_key, epoch)
    write_profile(folder, profile, keys)
    return Recovered(profile, keys, tuple(person.login for person in people if person.active), waiting)


def _opening(folder: Path, secret: bytes) -> tuple[bytes, Profile, int]:
    """The slot whose key opens the file: the usual one, or that of a change of key which was cut off."""
    for name in (RECOVERY_FILE, NEXT_FILE):
        if name == RECOVERY_FILE or (folder / name).exists():
            found = open_recovery_slot(folder, secret, name)
            if opens(folder / REPLICA_FILE, found[0]):
                return found
    raise Damaged(_("The recovery slot is of another file than {file}.").format(file=REPLICA_FILE))


def _held(folder: Path, profile: Profile, file_key: bytes) -> tuple[list[GrantedPerson], int]:
    """Who may sign in as the file knows it, and how many change sets it holds that were not sent."""
    station = profile.as_station()
    nobody = Person(station.device, station.name, "", frozenset(), frozenset())
    store = Store(folder / REPLICA_FILE, file_key, station, profile.as_clinic())
    try:
        with store.reading() as connection:
            waiting = outbox.waiting(connection, station.author)
        return store.read(granted_people, Acting(nobody, lambda _root: b"")), waiting
    finally:
        store.close()

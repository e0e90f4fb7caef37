# SPDX-License-Identifier: Apache-2.0
"""What this workstation holds, in numbers, where it can be told without the file key; and how it is all destroyed."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from typing import TypeVar
from uuid import UUID

import msgspec

from hms_desktop.security import sealing
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.high_water import forget_water
from hms_desktop.security.key_turns import TURN_FILE
from hms_desktop.security.people import SLOTS_FILE
from hms_desktop.security.profile import PROFILE_FILE, REPLICA_FILE, Profile
from hms_desktop.storage.durable import replace_file

HOLDING_FILE = "holding.sealed"
WIPED_FILE = "wiped.json"
_IN_USE = "desktop.lock"  # of the process that is always there
_PURPOSE = "what is held"

T = TypeVar("T")


class Wiped(msgspec.Struct, frozen=True):
    """What is left to say of a workstation that was wiped: where it was, and when (ms since 1970)."""

    clinic: str
    station: str
    zone: str
    at_ms: int


def keep_holding(folder: Path, keys: DeviceKeys, device: UUID, counted: msgspec.Struct) -> None:
    """Keep the numbers that an open session counted, sealed under the device secret."""
    box = sealing.lock(keys.secret, msgspec.msgpack.encode(counted), purpose=_PURPOSE, context=device.bytes)
    replace_file(folder / HOLDING_FILE, box)


def read_holding(folder: Path, keys: DeviceKeys, device: UUID, kind: type[T]) -> T:
    """The numbers that were last counted; none where they never were, or can't be read."""
    try:
        box = (folder / HOLDING_FILE).read_bytes()
        return msgspec.msgpack.decode(
            sealing.unlock(keys.secret, box, purpose=_PURPOSE, context=device.bytes), type=kind
        )
    except (OSError, sealing.WontOpen, msgspec.MsgspecError):
        return kind()


def destroy(folder: Path, profile: Profile, place: SecretPlace, now_ms: int) -> None:
    """Make everything here unreadable for ever, keys first: then slots, then the file, then whatever else lies there.

    It can be cut off anywhere and begun again; what is left says only that this workstation was wiped.
    """
    device = profile.station.device
    place.forget(device.hex)
    forget_water(place, device)
    facts = Wiped(profile.clinic.name, profile.station.name, profile.clinic.zone, now_ms)
    replace_file(folder / WIPED_FILE, msgspec.json.encode(facts))
    sweep(folder)


def sweep(folder: Path) -> None:
    """Take away what a wipe has not yet taken: slots and the file first, the facts on the workstation last."""
    first = (SLOTS_FILE, TURN_FILE, REPLICA_FILE, f"{REPLICA_FILE}-wal", f"{REPLICA_FILE}-shm")
    for inner in (one for one in folder.iterdir() if one.is_dir()):
        rmtree(inner, ignore_errors=True)  # sealed to others: what a courier brings and gathers
    rest = [file.name for file in folder.iterdir() if file.is_file() and file.name != PROFILE_FILE]
    for name in (*first, *sorted(rest), PROFILE_FILE):
        if name not in (WIPED_FILE, _IN_USE):
            (folder / name).unlink(missing_ok=True)


def read_wiped(folder: Path) -> Wiped | None:
    """That this workstation was wiped, or None."""
    try:
        return msgspec.json.decode((folder / WIPED_FILE).read_bytes(), type=Wiped)
    except (OSError, msgspec.MsgspecError):
        return None

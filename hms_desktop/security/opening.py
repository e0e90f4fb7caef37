# SPDX-License-Identifier: Apache-2.0
"""What holds for one sign-in beyond who it is: the permit, the clock, the file's key, and who could still open it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.text import _
from hms_desktop.security import key_turns
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.high_water import HighWater, raise_water, read_water
from hms_desktop.security.people import read_people
from hms_desktop.security.profile import Profile
from hms_desktop.security.roles import OWN_EVENTS
from hms_desktop.security.standing import (
    Permit,
    Standing,
    first_permit,
    must_be_in_use,
    permit_of,
    read_standing,
)

FOR_EMERGENCY = frozenset({"emergency.read", "emergency.record"})
IN_EMERGENCY = FOR_EMERGENCY | {"sync.see", "sync.carry", OWN_EVENTS}
"""What is left of anybody's rights once the permit has ended: to read what an emergency needs, and to add to it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a workstation stood when somebody signed in; `exposed_ms` is 0 when nobody put out could open the file.

    `behind_ms` says how far the clock lay before the latest time seen here.
    """

    place: SecretPlace = field(repr=False)
    water: HighWater
    permit: Permit
    exposed_ms: int = 0
    behind_ms: int = 0


@dataclass(frozen=True, slots=True)
class Trust:
    """How a workstation stands while nobody is signed in; `standing` is None until the server said something."""

    standing: Standing | None
    permit: Permit
    exposed_ms: int
    behind_ms: int
    water: HighWater


def trust_now(folder: Path, profile: Profile, keys: DeviceKeys, place: SecretPlace, now_ms: int) -> Trust:
    """What sign-in and lock may say of this workstation without any file key."""
    device = profile.station.device
    water, standing = read_water(place, device), read_standing(folder, profile, keys)
    permit = permit_of(standing, water, now_ms)
    return Trust(standing, permit, key_turns.exposed_since(folder, keys, device), water.behind_ms(now_ms), water)


def opened(
    folder: Path,
    profile: Profile,
    keys: DeviceKeys,
    place: SecretPlace,
    who: tuple[UUID, X25519PrivateKey, bytes],
    now_ms: int,
) -> tuple[bytes, Opening]:
    """Bring the file's key up to date for who signed in (person, private key, the key that their slot held).

    Returns the key that opens the file now, and how the workstation stands. NotAllowed where the server has taken the
    workstation out of use.
    """
    device, (person, private, file_key) = profile.station.device, who
    standing = read_standing(folder, profile, keys)
    must_be_in_use(standing, profile.station.name)
    file_key = key_turns.key_now(folder, profile, keys, person, private, file_key)
    file_key = turn_if_due(folder, profile, keys, file_key, standing)
    water = first_permit(place, folder, device, read_water(place, device), now_ms)
    behind = water.behind_ms(now_ms)
    permit = permit_of(standing, water, now_ms)
    water = raise_water(place, folder, device, clock_ms=now_ms)
    return file_key, Opening(place, water, permit, key_turns.exposed_since(folder, keys, device), behind)


def turn_if_due(folder: Path, profile: Profile, keys: DeviceKeys, file_key: bytes, standing: Standing | None) -> bytes:
    """Turn the file key when the file is exposed, or when the server wants another; nobody may have the file open."""
    device = profile.station.device
    wanted = standing.epoch if standing else 0
    exposed = key_turns.exposed_since(folder, keys, device)
    if exposed or wanted > read_people(folder, keys, device).epoch:
        return key_turns.turn_key(folder, profile, keys, file_key)
    return file_key


def old_file_words(generation: int, number: int, water: HighWater) -> str:
    """What is said over a file that is older than what is known of it; empty for the file that was here last.

    `generation` and `number` are what the file says of itself: how often opened and closed, its last own change set.
    """
    if generation >= water.generation and number >= water.receipt:
        return ""
    return _(
        "The encrypted file on this computer is an old copy: newer work was done here after it was made. It can be "
        "read and takes no new work, because numbers would be given out twice. Put the newer file back, or enrol this "
        "computer again into another folder (hms enroll) and block the old workstation at the server."
    )

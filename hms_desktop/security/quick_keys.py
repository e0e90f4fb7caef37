# SPDX-License-Identifier: Apache-2.0
"""Fast switch by a touch: for a shift after a whole sign-in here, a person's security key alone lets them in again.

The person's keys lie sealed under the secret that the security key gives to a touch (CTAP 2.1 hmac-secret) together
with the device secret, and are gone from the list when the shift is over. There is no PIN and nothing to guess.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import msgspec

from hms_desktop.security import sealing
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.sealing import WontOpen
from hms_desktop.storage.durable import replace_file

QUICK_FILE = "quick.sealed"
SHIFT_MS = 12 * 3_600_000
_LIST, _BOX = "quick sign-in list", "quick sign-in"


class Quick(msgspec.Struct, frozen=True):
    """One person's: the credential that opens it, the sealed keys, and its span (ms since 1970)."""

    credential: bytes
    box: bytes
    since_ms: int
    until_ms: int

    def good_at(self, now_ms: int) -> bool:
        """Within the shift; a clock set before its beginning ends it."""
        return self.since_ms <= now_ms < self.until_ms


def salt(keys: DeviceKeys) -> bytes:
    """What security keys are asked for their secret with at this workstation (32 bytes)."""
    return sealing.derive(keys.secret, "security key salt", b"")


def read_quick(folder: Path, keys: DeviceKeys, device: UUID, now_ms: int) -> dict[UUID, Quick]:
    """Who may switch by a touch now."""
    try:
        box = (folder / QUICK_FILE).read_bytes()
        plain = sealing.unlock(keys.secret, box, purpose=_LIST, context=device.bytes)
        found = msgspec.msgpack.decode(plain, type=dict[UUID, Quick])
    except (FileNotFoundError, WontOpen, msgspec.MsgspecError):
        return {}
    return {person: quick for person, quick in found.items() if quick.good_at(now_ms)}


def allow(
    folder: Path,
    keys: DeviceKeys,
    device: UUID,
    person: UUID,
    private: PersonKeys,
    credential: bytes,
    secret: bytes,
    now_ms: int,
) -> None:
    """From a whole sign-in on, let this security key alone let the person in until the shift is over."""
    box = sealing.lock(_key(keys, secret), private.private_bytes(), purpose=_BOX, context=device.bytes + person.bytes)
    quick = Quick(credential, box, now_ms, now_ms + SHIFT_MS)
    _write(folder, keys, device, {**read_quick(folder, keys, device, now_ms), person: quick})


def forbid(folder: Path, keys: DeviceKeys, device: UUID, person: UUID, now_ms: int) -> None:
    """From now on this person needs their password."""
    left = read_quick(folder, keys, device, now_ms)
    if left.pop(person, None) is not None:
        _write(folder, keys, device, left)


def open_quick(quick: Quick, keys: DeviceKeys, device: UUID, person: UUID, secret: bytes) -> PersonKeys:
    """The person's keys; raises WontOpen for another key's secret, another person or another computer."""
    private = sealing.unlock(_key(keys, secret), quick.box, purpose=_BOX, context=device.bytes + person.bytes)
    return PersonKeys.from_bytes(private)


def _key(keys: DeviceKeys, secret: bytes) -> bytes:
    return sealing.derive(secret + keys.secret, _BOX, b"")


def _write(folder: Path, keys: DeviceKeys, device: UUID, quick: dict[UUID, Quick]) -> None:
    plain = msgspec.msgpack.encode({person.hex: one for person, one in quick.items()})
    replace_file(folder / QUICK_FILE, sealing.lock(keys.secret, plain, purpose=_LIST, context=device.bytes))

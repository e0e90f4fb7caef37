# SPDX-License-Identifier: Apache-2.0
"""Slots: one workstation's file key, sealed to one person together with the secret of that workstation.

Opening takes the person's private key (so the password) and the device secret (so this computer's keyring);
sealing takes only a public key, so whoever has a session open can let in a colleague who never signed in here.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.security import sealing
from hms_desktop.security.sealing import WontOpen

_PURPOSE = "file key slot"


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """Where a slot is good: a device, a person and the key's epoch (1 at enrolment, one more at each rekey)."""

    device: UUID
    person: UUID
    epoch: int

    def context(self) -> bytes:
        """The bytes that bind a slot to its place."""
        return self.device.bytes + self.person.bytes + struct.pack(">I", self.epoch)


def new_file_key() -> bytes:
    """A random raw 256-bit key for one workstation's file."""
    return secrets.token_bytes(sealing.KEY_BYTES)


def seal_slot(file_key: bytes, person_public: bytes, device_secret: bytes, place: SlotPlace) -> bytes:
    """Seal the file key (32 bytes) to a person's X25519 public key and the device secret (32 bytes)."""
    _must_be_key(file_key, "file key")
    _must_be_key(device_secret, "device secret")
    return sealing.seal_to(person_public, file_key, purpose=_PURPOSE, context=place.context(), also=device_secret)


def open_slot(slot: bytes, person_private: X25519PrivateKey, device_secret: bytes, place: SlotPlace) -> bytes:
    """The file key; raises WontOpen for another person, device, epoch or device secret, or changed bytes."""
    _must_be_key(device_secret, "device secret")
    file_key = sealing.open_sealed(person_private, slot, purpose=_PURPOSE, context=place.context(), also=device_secret)
    if len(file_key) != sealing.KEY_BYTES:
        raise WontOpen
    return file_key


def _must_be_key(value: bytes, what: str) -> None:
    if len(value) != sealing.KEY_BYTES:
        raise ValueError(f"a {what} has {sealing.KEY_BYTES} bytes")

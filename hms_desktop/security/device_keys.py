# SPDX-License-Identifier: Apache-2.0
"""A workstation's own secrets: what every slot on it needs besides a person, and the key that signs its requests."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.core.text import _

_MAGIC = b"HMD\x01"
_BYTES = len(_MAGIC) + 64


class SecretPlace(Protocol):
    """Where secrets are kept by name; `storage.keychain` has the real ones."""

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none of this name."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep the secret, in place of one of the same name."""

    def forget(self, name: str) -> None:
        """Drop the secret if it is there."""


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """The device secret (32 random bytes) and the device's Ed25519 key."""

    secret: bytes = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> DeviceKeys:
        """New random keys, made where they will be used."""
        return cls(secrets.token_bytes(32), Ed25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        """The public half of the signing key (32 bytes)."""
        return self.signing.public_key().public_bytes_raw()

    def keep(self, place: SecretPlace, device: UUID) -> None:
        """Put both into the keychain, as one secret under the device's id."""
        place.put(device.hex, _MAGIC + self.secret + self.signing.private_bytes_raw())


def device_keys(place: SecretPlace, device: UUID) -> DeviceKeys:
    """This workstation's keys out of the keychain; `Unavailable` names the remedy when they are not there."""
    kept = place.get(device.hex)
    if kept is None:
        raise Unavailable(
            _("This computer holds no key for this workstation. Enrol it, or use the one it was copied from.")
        )
    if len(kept) != _BYTES or kept[:4] != _MAGIC:
        raise Damaged(_("The key that this computer keeps for this workstation is damaged. Enrol it again."))
    return DeviceKeys(kept[4:36], Ed25519PrivateKey.from_private_bytes(kept[36:]))

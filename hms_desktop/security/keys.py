# SPDX-License-Identifier: Apache-2.0
"""A person's key pair, and how its private half travels: only wrapped by the person's password."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.security import sealing
from hms_desktop.security.kdf import KdfCost, password_key
from hms_desktop.security.sealing import WontOpen

_WRAPPED = struct.Struct(">4sIBB16s")
_MAGIC = b"HMW\x01"
_PURPOSE = "person key under password"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What everybody may know of a person's or device's keys: X25519 and Ed25519 public keys, 32 bytes each."""

    exchange: bytes
    signing: bytes

    def __post_init__(self) -> None:
        if len(self.exchange) != 32 or len(self.signing) != 32:
            raise ValueError("a public key has 32 bytes")


@dataclass(frozen=True, slots=True)
class PersonKeys:
    """A person's private keys: `exchange` opens what is sealed to them, `signing` signs their change sets."""

    exchange: X25519PrivateKey = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> PersonKeys:
        """A new random pair."""
        return cls(X25519PrivateKey.generate(), Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, private: bytes) -> PersonKeys:
        """The pair from its 64 private bytes."""
        return cls(
            X25519PrivateKey.from_private_bytes(private[:32]), Ed25519PrivateKey.from_private_bytes(private[32:])
        )

    def private_bytes(self) -> bytes:
        """The 64 private bytes: they leave this process only wrapped."""
        return self.exchange.private_bytes_raw() + self.signing.private_bytes_raw()

    @property
    def public(self) -> PublicKeys:
        """The public half."""
        return PublicKeys(self.exchange.public_key().public_bytes_raw(), self.signing.public_key().public_bytes_raw())


def wrap(keys: PersonKeys, password: str, person: UUID, cost: KdfCost) -> bytes:
    """The private keys under the password, bound to the person: what the server keeps and passes on."""
    salt = secrets.token_bytes(16)
    head = _WRAPPED.pack(_MAGIC, cost.memory_kib, cost.passes, cost.lanes, salt)
    key = password_key(password, salt, cost)
    return head + sealing.lock(key, keys.private_bytes(), purpose=_PURPOSE, context=head + person.bytes)


def unwrap(wrapped: bytes, password: str, person: UUID) -> PersonKeys:
    """The private keys again; raises WontOpen for a wrong password, another person's bytes or changed bytes."""
    cost, salt = _read_head(wrapped)
    key = password_key(password, salt, cost)
    head, box = wrapped[: _WRAPPED.size], wrapped[_WRAPPED.size :]
    return PersonKeys.from_bytes(sealing.unlock(key, box, purpose=_PURPOSE, context=head + person.bytes))


def wrapped_cost(wrapped: bytes) -> KdfCost:
    """What unwrapping costs; raises WontOpen for bytes of another make or a cost that no clinic uses."""
    return _read_head(wrapped)[0]


def spend(password: str, cost: KdfCost) -> None:
    """Take the time of a try that can't succeed, so that an unknown name answers as slowly as a known one."""
    password_key(password, bytes(16), cost)


def _read_head(wrapped: bytes) -> tuple[KdfCost, bytes]:
    if len(wrapped) < _WRAPPED.size:
        raise WontOpen
    magic, memory, passes, lanes, salt = _WRAPPED.unpack_from(wrapped)
    if magic != _MAGIC:
        raise WontOpen
    try:
        return KdfCost(memory, passes, lanes, below_floor=True), salt
    except ValueError as odd:
        raise WontOpen from odd

# SPDX-License-Identifier: Apache-2.0
"""What the server passes on of a person, and the second factors that they have set up."""

from __future__ import annotations

from uuid import UUID

import msgspec

from hms_desktop.security import roles


class SecurityKey(msgspec.Struct, frozen=True):
    """A FIDO2 key as it was registered: the credential with its public key (WebAuthn 6.5.1), its owner's name for it.

    `since_ms` is when it was added (ms since 1970), `secret` whether it keeps a secret that can open something
    (CTAP 2.1 hmac-secret).
    """

    credential: bytes
    name: str
    since_ms: int
    secret: bool = False


class SecondFactors(msgspec.Struct, frozen=True):
    """What is set up beside the authenticator app: hashes of recovery codes not yet used, and security keys."""

    recovery: tuple[bytes, ...] = ()
    keys: tuple[SecurityKey, ...] = ()

    def packed(self) -> bytes:
        """The bytes that the account keeps."""
        return msgspec.msgpack.encode(self)


class GrantedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """How a person is named, what they are, and their keys as they travel.

    `must_change` says that somebody else made the password; `former` holds the key statements before this one.
    """

    person: UUID
    login: str
    name: str
    roles: tuple[str, ...]
    active: bool
    needs_code: bool
    wrapped: bytes
    statement: bytes
    sealed_totp: bytes | None = None
    must_change: bool = False
    second: bytes | None = None
    former: bytes | None = None

    def __repr__(self) -> str:
        return f"GrantedPerson({self.person})"

    @property
    def factors(self) -> SecondFactors:
        """Recovery codes and security keys."""
        return read_factors(self.second)

    @property
    def former_statements(self) -> tuple[bytes, ...]:
        """The signed key statements that held before, oldest first."""
        return read_former(self.former)

    @property
    def has_factor(self) -> bool:
        """Whether an authenticator app or a security key is set up."""
        return self.sealed_totp is not None or bool(self.factors.keys)

    @property
    def asks_second(self) -> bool:
        """Whether signing in takes a second factor."""
        return self.needs_code or roles.needs_code(self.roles)


def read_factors(kept: bytes | None) -> SecondFactors:
    """Recovery codes and security keys as an account keeps them."""
    return msgspec.msgpack.decode(kept, type=SecondFactors) if kept else SecondFactors()


def read_former(kept: bytes | None) -> tuple[bytes, ...]:
    """The key statements before the newest as an account keeps them, oldest first."""
    return msgspec.msgpack.decode(kept, type=tuple[bytes, ...]) if kept else ()


def pack_former(statements: tuple[bytes, ...]) -> bytes | None:
    """Key statements as an account keeps them."""
    return msgspec.msgpack.encode(statements) if statements else None

# SPDX-License-Identifier: Apache-2.0
"""The signing keys that a person has had: after a reset, what they signed before it goes on being theirs.

A key is good for change sets stamped while its statement was the newest; a replaced key signs nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from hms_desktop.core.clock import stamp_ms
from hms_desktop.security.signing import Forged, verify_root
from hms_desktop.security.statements import read_statement


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 public key (32 bytes), and until when it signs (ms since 1970); None: it still does."""

    public: bytes
    until_ms: int | None = None


def signing_keys(
    statement: bytes, former: Sequence[bytes], server_public: bytes, clinic: UUID
) -> tuple[SigningKey, ...]:
    """The key in use first, then the earlier ones, latest first. Forged when the server did not sign one of them."""
    newest = read_statement(statement, server_public, clinic)
    found, until = [SigningKey(newest.keys.signing)], newest.since_ms
    for signed in reversed(former):
        earlier = read_statement(signed, server_public, clinic)
        if earlier.person != newest.person or earlier.since_ms > until:
            continue
        found.append(SigningKey(earlier.keys.signing, until))
        until = earlier.since_ms
    return tuple(found)


def device_signing_keys(public: bytes, former: bytes | None) -> tuple[SigningKey, ...]:
    """A workstation's key in use first, then those that it had before it was recovered."""
    earlier = msgspec.msgpack.decode(former, type=tuple[tuple[bytes, int], ...]) if former else ()
    return (SigningKey(public), *(SigningKey(key, until) for key, until in reversed(earlier)))


def with_former(public: bytes, former: bytes | None, until_ms: int) -> bytes:
    """What a workstation's account keeps of its keys once this one is replaced."""
    earlier = msgspec.msgpack.decode(former, type=tuple[tuple[bytes, int], ...]) if former else ()
    return msgspec.msgpack.encode((*earlier, (public, until_ms)))


def verify_signed(keys: Sequence[SigningKey], root: bytes, signature: bytes, stamp: int) -> None:
    """Raise Forged unless one of the person's keys that was good at the stamp signed the change set with this root."""
    good = [key for key in keys if key.until_ms is None or stamp_ms(stamp) < key.until_ms]
    for key in good[1:]:
        try:
            return verify_root(key.public, root, signature)
        except Forged:
            continue
    verify_root(good[0].public, root, signature)

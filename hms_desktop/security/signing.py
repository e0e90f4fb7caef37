# SPDX-License-Identifier: Apache-2.0
"""Signatures: a person's on each change set, a device's on each request; and counters that are good once.

Every signature is Ed25519 (RFC 8032) over a name of what is signed and then the content, so that a signature made
for one purpose is worth nothing for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.security.sealing import framed

CHANGE_SET = "change set"
REQUEST = "request"
WINDOW = 64


class Forged(ClinicError):
    """A signature that was not made by this key over this content."""

    code = "forged"


class Replayed(ClinicError):
    """A request whose counter was already used, or is older than the window."""

    code = "replayed"


def sign(key: Ed25519PrivateKey, purpose: str, content: bytes) -> bytes:
    """64 bytes that bind the key to the content for one purpose."""
    return key.sign(framed(b"hms", purpose.encode(), content))


def verify(public: bytes, purpose: str, content: bytes, signature: bytes) -> None:
    """Raise Forged unless the signature was made by the owner of `public` (32 bytes) for this purpose and content."""
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, framed(b"hms", purpose.encode(), content))
    except (InvalidSignature, ValueError) as wrong:
        raise Forged(_("A signature does not fit what it signs: that was changed, or it is not theirs.")) from wrong


def sign_root(person: Ed25519PrivateKey, root: bytes) -> bytes:
    """A person's signature on a change set, by its root (which covers the author's whole history before it)."""
    return sign(person, CHANGE_SET, root)


def verify_root(person_public: bytes, root: bytes, signature: bytes) -> None:
    """Raise Forged unless this person signed the change set with this root."""
    verify(person_public, CHANGE_SET, root, signature)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it is signed. `session` is empty for the first; `counter` only grows within a session."""

    method: str
    target: str
    body: bytes
    device: UUID
    session: str
    counter: int

    def canonical(self) -> bytes:
        """The bytes that are signed: method in capitals, path with query as sent, SHA-256 of the body, the rest."""
        return framed(
            self.method.upper().encode(),
            self.target.encode(),
            hashlib.sha256(self.body).digest(),
            self.device.bytes,
            self.session.encode(),
            self.counter.to_bytes(8, "big"),
        )


def sign_request(device: Ed25519PrivateKey, request: Request) -> str:
    """The device's signature as it stands in a header (base64url)."""
    return base64.urlsafe_b64encode(sign(device, REQUEST, request.canonical())).decode()


def verify_request(device_public: bytes, request: Request, signature: str) -> None:
    """Raise Forged unless the device signed exactly this request."""
    if not 0 <= request.counter < 1 << 63:
        raise Forged(_("The counter of this request is none that there can be."))
    try:
        raw = base64.b64decode(signature.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as odd:
        raise Forged(_("The signature on this request can't be read.")) from odd
    verify(device_public, REQUEST, request.canonical(), raw)


class Counters:
    """Which counters of one session were used: each is good once, late ones within 64 of the newest; no clock."""

    def __init__(self, newest: int = 0, seen: int = 0) -> None:
        self._newest = newest
        self._seen = seen

    @property
    def state(self) -> tuple[int, int]:
        """What it is made again from: the newest counter, and the window of those used as bits."""
        return self._newest, self._seen

    def take(self, counter: int) -> None:
        """Use a counter (1, 2, 3 …); raises Replayed for one used before or too old to know."""
        behind = self._newest - counter
        if counter < 1 or behind >= WINDOW or (behind >= 0 and self._seen >> behind & 1):
            raise Replayed(_("This request was already answered once; send it again with a new counter."))
        if behind < 0:
            self._seen = (self._seen << -behind | 1) & ((1 << WINDOW) - 1)
            self._newest = counter
        else:
            self._seen |= 1 << behind

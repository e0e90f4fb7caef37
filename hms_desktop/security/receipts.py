# SPDX-License-Identifier: Apache-2.0
"""Chain ends: a workstation signs how far its chain goes, and the server countersigns that it holds it: the receipt.

A receipt names the end of the server's own chain, too, so that a workstation and the server would have to agree to
write one of the two anew.
"""

from __future__ import annotations

import struct

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.security.sealing import framed
from hms_desktop.security.signing import sign, verify
from hms_desktop.storage.change_sets import Author, Milliseconds, Number, Root

_END, _RECEIPT = "chain end", "chain receipt"
_NUMBERS = struct.Struct(">HQQ")


class ChainEnd(msgspec.Struct, array_like=True, frozen=True):
    """The end of an author's chain as its device signed it, at a moment of its own clock (ms since 1970)."""

    author: Author
    number: Number
    root: Root
    at_ms: Milliseconds
    signature: bytes = b""

    def signed_by(self, device: Ed25519PrivateKey) -> ChainEnd:
        """The same with the device's signature."""
        return msgspec.structs.replace(self, signature=sign(device, _END, self._content()))

    def verify(self, public: bytes) -> None:
        """Raise Forged unless the device with this public key (32 bytes) signed it."""
        verify(public, _END, self._content(), self.signature)

    def _content(self) -> bytes:
        return framed(_NUMBERS.pack(self.author, self.number, self.at_ms), self.root)


class Receipt(msgspec.Struct, array_like=True, frozen=True):
    """The server's word that it holds a chain to this end; `own` is where its own chain ended when it said so."""

    end: ChainEnd
    at_ms: Milliseconds
    own: ChainEnd
    signature: bytes = b""

    def signed_by(self, server: Ed25519PrivateKey) -> Receipt:
        """The same with the server's signature."""
        return msgspec.structs.replace(self, signature=sign(server, _RECEIPT, self._content()))

    def verify(self, public: bytes) -> None:
        """Raise Forged unless the server with this public key (32 bytes) signed it."""
        verify(public, _RECEIPT, self._content(), self.signature)

    def _content(self) -> bytes:
        both = [framed(_NUMBERS.pack(end.author, end.number, end.at_ms), end.root) for end in (self.end, self.own)]
        return framed(*both, self.end.signature, struct.pack(">Q", self.at_ms))

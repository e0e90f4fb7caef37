# SPDX-License-Identifier: Apache-2.0
"""Key statements: the server's signed word that these public keys belong to this person.

Nobody seals a file key to a public key, and nobody believes a signature, on less than such a statement.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.text import _
from hms_desktop.security import signing
from hms_desktop.security.keys import PublicKeys
from hms_desktop.security.signing import Forged

_PURPOSE = "key statement"
_BODY = struct.Struct(">4s16s16s32s32sQ")
_MAGIC = b"HMK\x01"


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """Whose keys these are, in which clinic, and since when (ms since 1970); a later one replaces an earlier one."""

    clinic: UUID
    person: UUID
    keys: PublicKeys
    since_ms: int

    def body(self) -> bytes:
        """The bytes that are signed."""
        return _BODY.pack(
            _MAGIC, self.clinic.bytes, self.person.bytes, self.keys.exchange, self.keys.signing, self.since_ms
        )


def sign_statement(server: Ed25519PrivateKey, statement: KeyStatement) -> bytes:
    """The statement with the server's signature: 172 bytes that travel."""
    return statement.body() + signing.sign(server, _PURPOSE, statement.body())


@lru_cache(maxsize=4096)
def read_statement(signed: bytes, server_public: bytes, clinic: UUID) -> KeyStatement:
    """The statement, if the clinic's server signed it; raises Forged for another signer, clinic or changed bytes.

    The same bytes are checked once: every push and every pull asks for the keys of the clinic's people.
    """
    body, signature = signed[: _BODY.size], signed[_BODY.size :]
    signing.verify(server_public, _PURPOSE, body, signature)
    magic, clinic_bytes, person, exchange, sign_key, since = _BODY.unpack(body)
    if magic != _MAGIC or clinic_bytes != clinic.bytes:
        raise Forged(_("This key statement is of another clinic or make."))
    return KeyStatement(clinic, UUID(bytes=person), PublicKeys(exchange, sign_key), since)

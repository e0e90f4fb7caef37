# SPDX-License-Identifier: Apache-2.0
"""Boxes: bytes sealed to a person's public key, or under a secret, for one purpose and one context only.

Public-key boxes are X25519 with a fresh key, HKDF-SHA256 and AES-256-GCM; the purpose, the context and both public
keys enter the key derivation, so a box that is moved to another person, device or use does not open.
"""

from __future__ import annotations

import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
_TO_KEY = b"HMB\x01"
_UNDER_SECRET = b"HMS\x01"


class WontOpen(Exception):
    """The box was sealed for somebody or something else, or was changed; it never says which."""


def framed(*parts: bytes) -> bytes:
    """The parts as one byte string that no other list of parts gives: each with its length before it (4 bytes)."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def derive(secret: bytes, purpose: str, context: bytes, salt: bytes | None = None) -> bytes:
    """A 32-byte key for one purpose and context out of a strong secret (HKDF-SHA256, RFC 5869)."""
    info = framed(b"hms", purpose.encode(), context)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(secret)


def seal_to(public: bytes, plain: bytes, *, purpose: str, context: bytes, also: bytes = b"") -> bytes:
    """Seal to an X25519 public key (32 bytes); opening needs its private key and the secret `also`."""
    fresh = X25519PrivateKey.generate()
    shown = fresh.public_key().public_bytes_raw()
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(public))
    key = derive(shared + also, purpose, context, salt=shown + public)
    nonce = secrets.token_bytes(NONCE_BYTES)
    head = _TO_KEY + shown
    return head + nonce + AESGCM(key).encrypt(nonce, plain, framed(head, context))


def open_sealed(private: X25519PrivateKey, box: bytes, *, purpose: str, context: bytes, also: bytes = b"") -> bytes:
    """What `seal_to` sealed; raises WontOpen for another key, purpose, context or secret, and for changed bytes."""
    head, nonce, body = box[:36], box[36:48], box[48:]
    if head[:4] != _TO_KEY or len(body) < 16:
        raise WontOpen
    public = private.public_key().public_bytes_raw()
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(head[4:]))
        key = derive(shared + also, purpose, context, salt=head[4:] + public)
        return AESGCM(key).decrypt(nonce, body, framed(head, context))
    except (InvalidTag, ValueError) as wrong:
        raise WontOpen from wrong


def lock(secret: bytes, plain: bytes, *, purpose: str, context: bytes) -> bytes:
    """Seal under a strong secret (32 random bytes or a derived key, never a password itself)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    key = derive(secret, purpose, context)
    return _UNDER_SECRET + nonce + AESGCM(key).encrypt(nonce, plain, framed(_UNDER_SECRET, context))


def unlock(secret: bytes, box: bytes, *, purpose: str, context: bytes) -> bytes:
    """What `lock` sealed; raises WontOpen otherwise."""
    head, nonce, body = box[:4], box[4:16], box[16:]
    if head != _UNDER_SECRET or len(body) < 16:
        raise WontOpen
    try:
        return AESGCM(derive(secret, purpose, context)).decrypt(nonce, body, framed(head, context))
    except InvalidTag as wrong:
        raise WontOpen from wrong

# SPDX-License-Identifier: Apache-2.0
"""Recovery codes: ten random codes on paper, each good once, for who has lost the phone or the security key.

A code is 24 base32 characters (120 random bits) and a check character. What has that many random bits can't be guessed
from its hash, so a plain SHA-256, bound to the person, is kept (ASVS 5.0, 6.5.2).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from uuid import UUID

import msgspec

from hms_desktop.core.ids import BASE32, READ_ALIKE, check_character, check_fits
from hms_desktop.security.device_keys import SecretPlace
from hms_desktop.security.sealing import framed

HOW_MANY = 10
_BYTES, _CHARACTERS, _GROUP = 15, 24, 5
_KEPT, _MARK = 40, 8


def new_codes() -> tuple[str, ...]:
    """Ten fresh codes as they are shown and printed: groups of five capitals and digits."""
    return tuple(_shown(base64.b32encode(secrets.token_bytes(_BYTES)).decode()) for _one in range(HOW_MANY))


def _shown(body: str) -> str:
    whole = body + check_character(body)
    return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))


def read_code(typed: str) -> str | None:
    """The 24 characters of a code as somebody typed it, or None when it is none: case, dashes and blanks are free."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    body, check = plain[:_CHARACTERS].translate(READ_ALIKE), plain[_CHARACTERS:]
    if len(body) != _CHARACTERS or not BASE32.issuperset(body):
        return None
    return body if check_fits(body, check) else None


def code_hash(body: str, person: UUID) -> bytes:
    """What the account keeps of a code (32 bytes)."""
    return hashlib.sha256(framed(b"hms recovery code", person.bytes, body.encode())).digest()


def used_here(place: SecretPlace, device: UUID, hashed: bytes) -> bool:
    """Whether a code was used up at this workstation, whatever older files were put back since."""
    return hashed[:_MARK] in _marks(place, device)


def mark_used(place: SecretPlace, device: UUID, hashed: bytes) -> None:
    """Remember in the keyring that a code was used up; the latest forty are remembered."""
    marks = [*(mark for mark in _marks(place, device) if mark != hashed[:_MARK]), hashed[:_MARK]]
    place.put(_name(device), msgspec.msgpack.encode(marks[-_KEPT:]))


def _marks(place: SecretPlace, device: UUID) -> list[bytes]:
    kept = place.get(_name(device))
    return msgspec.msgpack.decode(kept, type=list[bytes]) if kept else []


def _name(device: UUID) -> str:
    return f"{device.hex}.codes"

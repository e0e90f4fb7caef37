# SPDX-License-Identifier: Apache-2.0
"""Ids of records (UUIDv7, or UUIDv5 by rule) and human numbers with a check character."""

from __future__ import annotations

import os
from collections.abc import Callable
from uuid import UUID, uuid5

RULES = UUID("6f1d3c52-4a07-5e0b-9a2b-8c5d0e7f1a33")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
READ_ALIKE = str.maketrans({"0": "O", "1": "I", "8": "B"})
"""Figures that base32 does not have, and the letters for which they are read."""


class IdSource:
    """Makes UUIDv7 (RFC 9562) that never go back within one source; clock and randomness are passed in."""

    def __init__(self, now_ms: Callable[[], int], random: Callable[[int], bytes] = os.urandom) -> None:
        self._now_ms = now_ms
        self._random = random
        self._last = 0

    def new(self) -> UUID:
        """The next id: 48 bits of milliseconds since 1970, then 74 random bits kept increasing."""
        floor = (self._last >> 80) & ((1 << 48) - 1)
        ms = max(self._now_ms(), floor)
        tail = int.from_bytes(self._random(10), "big")
        value = (ms << 80) | (0x7 << 76) | ((tail >> 68 & 0xFFF) << 64) | (0b10 << 62) | (tail & ((1 << 62) - 1))
        if value <= self._last:
            value = self._last + 1
        self._last = value
        return UUID(int=value)


def rule_id(source: UUID, rule: str, ordinal: int = 0) -> UUID:
    """The id of a row made by a rule: the same source, rule and ordinal give the same row everywhere."""
    return uuid5(RULES, f"{source.hex}:{rule}:{ordinal}")


def named_id(kind: str, *parts: str) -> UUID:
    """The id of something named by words from outside, such as a record of an imported system."""
    return uuid5(RULES, "\x1f".join((kind, *parts)))


def check_character(digits: str) -> str:
    """ISO 7064 MOD 37,36 over 0-9 A-Z: finds every single wrong character and every swap of neighbours."""
    product = 36
    for character in digits:
        total = (product + ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return ALPHABET[(37 - product) % 36]


def check_fits(body: str, check: str) -> bool:
    """Whether a base32 body (READ_ALIKE translated) has this check character, which may be typed as one it reads like.

    A wrong sign goes unnoticed where both check characters read alike, one in two hundred: `is_clear` bodies have none.
    """
    return check_character(body).translate(READ_ALIKE) == check.translate(READ_ALIKE)


def is_clear(body: str) -> bool:
    """Whether the check character of a body reads like no other, so that every single wrong sign is found."""
    return check_character(body) not in "0O1I8B"


def author_code(author: int) -> str:
    """An author's number (0 to 16383) as three characters that are read aloud without mistakes."""
    return CODE_ALPHABET[author >> 10 & 31] + CODE_ALPHABET[author >> 5 & 31] + CODE_ALPHABET[author & 31]


def human_number(series: str, author: int, counter: int) -> str:
    """A number for people: series, author code, the author's counter and a check character."""
    body = f"{author_code(author)}{counter:05d}"
    return f"{series}-{body[:3]}-{body[3:]}-{check_character(series + body)}"


def is_human_number(text: str, series: str | None = None) -> bool:
    """Whether the text is a whole human number (of this series) with the right check character."""
    parts = text.strip().upper().split("-")
    if len(parts) != 4 or (series is not None and parts[0] != series):
        return False
    body = "".join(parts[:3])
    return bool(body) and all(c in ALPHABET for c in body) and check_character(body) == parts[3]

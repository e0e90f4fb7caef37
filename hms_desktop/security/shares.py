# SPDX-License-Identifier: Apache-2.0
"""Splitting a secret among holders so that some of them together have it and fewer know nothing (Shamir 1979).

Each byte is the value at 0 of a random polynomial over GF(256) (the field of AES, x^8 + x^4 + x^3 + x + 1); a share is
its value at the holder's number. A share is printed as base32 in groups of four with a check character, and names the
secret that it is of, so that shares of two secrets are never mixed up.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from hms_desktop.core.errors import BadInput
from hms_desktop.core.ids import BASE32, READ_ALIKE, check_character, check_fits
from hms_desktop.core.text import _

SECRET_BYTES = 32
MOST_HOLDERS = 255
_MARK_BYTES, _GROUP = 4, 4


@dataclass(frozen=True, slots=True)
class Share:
    """One holder's part: their number (1 to 255), how many are needed, which secret it is of, and the part itself."""

    number: int
    needed: int
    mark: bytes
    part: bytes = field(repr=False)

    def text(self) -> str:
        """The share for paper: groups of four capitals and digits with dashes, check character last."""
        raw = bytes((self.number, self.needed)) + self.mark + self.part
        body = base64.b32encode(raw).decode().rstrip("=")
        whole = body + check_character(body)
        return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))


def mark_of(secret: bytes) -> bytes:
    """What names a secret on its shares (4 bytes); it tells nothing about it."""
    return hashlib.sha256(b"hms share mark" + secret).digest()[:_MARK_BYTES]


def split(secret: bytes, holders: int, needed: int) -> tuple[Share, ...]:
    """Shares of a 32-byte secret for so many holders, any `needed` of whom have it together."""
    if len(secret) != SECRET_BYTES or not 2 <= needed <= holders <= MOST_HOLDERS:
        raise ValueError("a secret of 32 bytes is split among 2 to 255 holders, of whom at least 2 are needed")
    random = [secrets.token_bytes(SECRET_BYTES) for _power in range(needed - 1)]
    parts = {number: _values((secret, *random), number) for number in range(1, holders + 1)}
    return tuple(Share(number, needed, mark_of(secret), part) for number, part in parts.items())


def join(shares: Sequence[Share]) -> bytes:
    """The secret again. BadInput when there are too few, two of one holder, or shares of different secrets."""
    if len({(share.mark, share.needed) for share in shares}) > 1:
        raise BadInput(_("These shares belong to different recovery keys. Take shares of one."), "share")
    by_holder = {share.number: share for share in shares}
    if not shares or len(by_holder) < shares[0].needed:
        count = shares[0].needed if shares else 2
        raise BadInput(_("The shares of {count} different holders are needed.").format(count=count), "share")
    used = list(by_holder.values())[: shares[0].needed]
    secret = bytes(SECRET_BYTES)
    for share in used:
        weight = _weight(share.number, [one.number for one in used])
        secret = bytes(so_far ^ _times(own, weight) for so_far, own in zip(secret, share.part, strict=True))
    if mark_of(secret) != shares[0].mark:
        raise BadInput(_("These shares don't fit together. One of them was copied wrong."), "share")
    return secret


def read_share(typed: str) -> Share:
    """A share as somebody typed it: case, dashes, blanks and 0/1/8 for O/I/B do not matter. BadInput otherwise.

    Of two hundred wrong signs one is not found here, but by `join`.
    """
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    body, check = plain[:-1].translate(READ_ALIKE), plain[-1:]
    raw_bytes = 2 + _MARK_BYTES + SECRET_BYTES
    length = -(-raw_bytes * 8 // 5)
    if len(body) != length:
        raise BadInput(
            _("The share is not complete: it has {count} letters and digits.").format(count=length + 1), "share"
        )
    if not BASE32.issuperset(body) or not check_fits(body, check):
        raise BadInput(_("The share has a typing mistake. Compare it group by group."), "share")
    raw = base64.b32decode(body + "=" * (-len(body) % 8))
    return Share(raw[0], raw[1], raw[2 : 2 + _MARK_BYTES], raw[2 + _MARK_BYTES :])


def _values(coefficients: Sequence[bytes], at: int) -> bytes:
    """The polynomials with these coefficients (constant first), one a byte, at a point."""
    value = bytes(SECRET_BYTES)
    for coefficient in reversed(coefficients):
        value = bytes(_times(v, at) ^ c for v, c in zip(value, coefficient, strict=True))
    return value


def _weight(number: int, numbers: Sequence[int]) -> int:
    """How much the value at `number` counts in the value at 0 of the polynomial through all of them (Lagrange)."""
    weight = 1
    for other in numbers:
        if other != number:
            weight = _times(weight, _times(other, _inverse(other ^ number)))
    return weight


def _times(a: int, b: int) -> int:
    """The product in GF(256), taking the same steps for all values."""
    product = 0
    for bit in range(8):
        product ^= a * (b >> bit & 1)
        a = a << 1 ^ 0x11B * (a >> 7)
    return product


def _inverse(a: int) -> int:
    """The inverse in GF(256): a to the power of 254."""
    result, power = 1, a
    for _bit in range(7):
        power = _times(power, power)
        result = _times(result, power)
    return result

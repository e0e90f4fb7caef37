# SPDX-License-Identifier: Apache-2.0
"""Renewing a permit over the telephone: a code for one workstation and one day, checked without any network.

Codes are links of a hash chain that only the server can begin. With each standing the workstation gets the chain's far
end (its *anchor*); the code of a day, hashed once for each day since the chain began, must come out there. So the
workstation can tell a right code and can't make one; a code that was overheard is good at no other workstation and on
no other day, and tells nothing of the days to come. Codes are 80 bits: 16 letters and digits, one more catches slips.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import BASE32, READ_ALIKE, check_character, check_fits
from hms_desktop.core.text import _
from hms_desktop.security.sealing import derive, framed

CHAIN_DAYS = 512
LINK_BYTES = 10
CHARACTERS = 16
DAY_MS = 24 * 3_600_000
_BETWEEN = str.maketrans(dict.fromkeys(" -\t\n"))


class Anchor(msgspec.Struct, frozen=True, array_like=True):
    """The far end of one chain: `first` is the day (days since 1970, UTC) whose code hashed once is that."""

    first: int
    end: bytes


def day_of(now_ms: int) -> int:
    """The day (days since 1970, UTC) of a moment."""
    return now_ms // DAY_MS


def anchors_from(server_secret: bytes, device: UUID, day: int) -> tuple[Anchor, ...]:
    """The chain of this day and the next one, for a workstation: good for at least 512 days."""
    first = day - day % CHAIN_DAYS
    return tuple(Anchor(start, _link(server_secret, device, start, 0)) for start in (first, first + CHAIN_DAYS))


def code_for(server_secret: bytes, device: UUID, day: int) -> str:
    """The code of a workstation for a day, in groups of four; only the server's secret can make it."""
    first = day - day % CHAIN_DAYS
    body = base64.b32encode(_link(server_secret, device, first, day - first + 1)).decode()
    whole = body + check_character(body)
    return "-".join((whole[0:4], whole[4:8], whole[8:12], whole[12:17]))


def read_code(typed: str) -> bytes:
    """The link in a code as somebody typed it, with 0/1/8 for O/I/B, too; BadInput names what is wrong with it."""
    whole = typed.upper().strip().translate(_BETWEEN)
    body, check = whole[:-1].translate(READ_ALIKE), whole[-1:]
    if len(body) != CHARACTERS or not BASE32.issuperset(body):
        raise BadInput(_("The code has 17 letters and digits, in four groups. Ask to have it read again."), "code")
    if not check_fits(body, check):
        raise BadInput(_("The code has a slip in it. Have it read again, group by group."), "code")
    return base64.b32decode(body)


def day_of_code(typed: str, device: UUID, anchors: Sequence[Anchor]) -> int:
    """The day for which the code is good at this workstation; Refused when it is none of this workstation's."""
    link = read_code(typed)
    for anchor in anchors:
        for day, end in enumerate(_onward(link, device, anchor.first), start=anchor.first):
            if hmac.compare_digest(end, anchor.end):
                return day
    raise Refused(_("This code is not for this workstation. Say its name and number on the telephone, and ask again."))


def _link(server_secret: bytes, device: UUID, first: int, back: int) -> bytes:
    """The link that is `back` steps before the chain's end."""
    start = framed(device.bytes, first.to_bytes(4, "big"))
    link = derive(server_secret, "permit code chain", start)[:LINK_BYTES]
    for step in range(CHAIN_DAYS, back, -1):
        link = _hash(link, device, first, step - 1)
    return link


def _onward(link: bytes, device: UUID, first: int) -> Iterable[bytes]:
    """For each day of the chain, where the link would come out if it were that day's."""
    for day in range(CHAIN_DAYS):
        out = link
        for step in range(day, -1, -1):
            out = _hash(out, device, first, step)
        yield out


def _hash(link: bytes, device: UUID, first: int, step: int) -> bytes:
    """One step towards the end; `step` is how many are then still to go."""
    place = framed(b"hms permit code", device.bytes, first.to_bytes(4, "big"), step.to_bytes(2, "big"), link)
    return hashlib.sha256(place).digest()[:LINK_BYTES]

# SPDX-License-Identifier: Apache-2.0
"""The mark of a replica, which changes with each greeting, so that no second copy of its file goes on beside it.

Before each greeting the replica writes down a new random mark and counts it; the greeting carries the last mark that
the server confirmed and the new one. The server keeps the newest. A file that was copied, or put back from a disk
image, knows neither; a repeated greeting after a lost answer carries the same new mark; a server that was itself put
back has counted less than its workstations and believes them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.core.errors import ClinicError
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.protocol import Hello

SECOND_COPY = "second-copy"
"""The short name under which a server turns one away."""
TOLD_EVERY_MS = 3_600_000
_OWN, _PENDING = "mark", "mark on its way"
_MARK_BYTES = 16


class SecondCopy(ClinicError):
    """The file that greets is not the one that greeted last: copied, or put back from an older image."""

    code = SECOND_COPY


@dataclass(frozen=True)
class Mark:
    """How many greetings there were, the mark that the server confirmed last, and the one that is on its way."""

    count: int
    before: bytes
    now: bytes


def next_mark(connection: Connection) -> Mark:
    """The mark of the next greeting; the same again until the server has confirmed it."""
    count, before = meta_value(connection, _OWN, (0, b""))
    pending = bytes(meta_value(connection, _PENDING, b""))
    if not pending:
        pending = os.urandom(_MARK_BYTES)
        set_meta(connection, _PENDING, pending)
    return Mark(int(count) + 1, bytes(before), pending)


def confirmed(connection: Connection, mark: Mark) -> None:
    """The server answered the greeting that carried it."""
    set_meta(connection, _OWN, (mark.count, mark.now))
    set_meta(connection, _PENDING, b"")


def first_of_its_kind(connection: Connection, device: UUID, hello: Hello, now_ms: int) -> bool:
    """At a server: whether this is the file that greeted last, whose mark is then kept; else when it was is noted.

    A greeting without a mark (a courier, an older version) is neither.
    """
    if not hello.mark:
        return True
    kept = meta_value(connection, _key(device))
    if kept is not None and not _follows(hello, int(kept[0]), bytes(kept[1])):
        set_meta(connection, _key(device), (kept[0], kept[1], now_ms))
        return False
    turned_away = 0 if kept is None else kept[2]
    set_meta(connection, _key(device), (hello.marks, hello.mark, turned_away))
    return True


def _follows(hello: Hello, count: int, mark: bytes) -> bool:
    if hello.marks == count + 1:
        return hello.mark_before == mark
    return hello.marks > count or (hello.marks == count and hello.mark == mark)


def turned_away_ms(connection: Connection, device: UUID) -> int:
    """At a server: when a second copy of this workstation was last turned away (ms since 1970); 0 for never."""
    kept = meta_value(connection, _key(device))
    return 0 if kept is None else int(kept[2])


def _key(device: UUID) -> str:
    return f"mark of {device.hex}"

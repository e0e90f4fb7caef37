# SPDX-License-Identifier: Apache-2.0
"""Wall time, and the hybrid logical clock whose stamp names a change set (Kulkarni et al. 2014).

A stamp is one signed 64-bit integer: 41 bits of milliseconds since 2020, 8 bits of counter, 14 bits of author
number. An author's stamps only grow, so a stamp names one change set for ever and sorts as (time, author).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

EPOCH_MS = 1_577_836_800_000
AUTHOR_BITS = 14
COUNTER_BITS = 8
OFF_MS = 2 * 60_000
"""So far a computer's clock may be from the server's before somebody is told."""
MAX_AUTHOR = (1 << AUTHOR_BITS) - 1


class Clock(Protocol):
    """Where time comes from: milliseconds since 1970, UTC."""

    def now_ms(self) -> int:
        """Wall time now, in milliseconds."""


class SystemClock:
    """The computer's own clock."""

    def now_ms(self) -> int:
        """Wall time now, in milliseconds since 1970."""
        return time.time_ns() // 1_000_000


class SetClock:
    """A clock that is told the time: for tests, the simulation and the demo day."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        """The time it was last told, in milliseconds since 1970."""
        return self.ms


def instant(ms: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """An aware datetime as whole milliseconds since 1970."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone can't be placed in time")
    return round(moment.timestamp() * 1000)


def stamp(ms: int, counter: int, author: int) -> int:
    """The 64-bit stamp of a time (ms since 1970), a counter (0-255) and an author (0-16383)."""
    return (ms - EPOCH_MS) << (COUNTER_BITS + AUTHOR_BITS) | counter << AUTHOR_BITS | author


def stamp_ms(value: int) -> int:
    """The milliseconds since 1970 inside a stamp."""
    return (value >> (COUNTER_BITS + AUTHOR_BITS)) + EPOCH_MS


def stamp_author(value: int) -> int:
    """The author number inside a stamp."""
    return value & MAX_AUTHOR


def next_stamp(last: int, author: int, wall_ms: int) -> int:
    """The stamp after `last` for this author: wall time, or one tick past `last` when the wall clock is behind."""
    step = 1 << AUTHOR_BITS
    fresh = stamp(max(wall_ms, EPOCH_MS), 0, author)
    floor = (last >> AUTHOR_BITS << AUTHOR_BITS | author) + step
    return max(fresh, floor)

# SPDX-License-Identifier: Apache-2.0
"""Time that was given and runs out: by the clock and by the computer's steady counter, whichever says less.

A wall clock that is set back gives nobody more time: what a process has once seen running only grows less in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID


def steady_ms() -> int:
    """Milliseconds of a counter that nobody can set; it means nothing outside this process."""
    return time.monotonic_ns() // 1_000_000


class Countdowns:
    """What is left of each time that was given, by its id."""

    def __init__(self, steady: Callable[[], int] = steady_ms) -> None:
        self._steady = steady
        self._ends: dict[UUID, int] = {}

    def left_ms(self, id: UUID, until_ms: int, now_ms: int) -> int:
        """Milliseconds left until `until_ms` (ms since 1970), 0 when it is over; it never grows again."""
        ticks = self._steady()
        end = min(self._ends.get(id, ticks + until_ms - now_ms), ticks + until_ms - now_ms)
        self._ends[id] = end
        return max(0, end - ticks)

# SPDX-License-Identifier: Apache-2.0
"""Making the story of a failure short: leave out what it does not need, by halves and then one by one."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.simulation.history import History, lived


def shrunk(failed: History, seconds: float, live: Callable[..., History] = lived) -> History:
    """The shortest history found within so many seconds that fails in the same way."""
    best = live(failed.seed, failed.steps[: failed.at + 1])
    if best.kind_of_failure != failed.kind_of_failure:
        return failed
    end = time.monotonic() + seconds
    size = max(1, len(best.steps) // 2)
    while size:
        place, shorter = 0, False
        while place < len(best.steps) and time.monotonic() < end:
            tried = live(best.seed, [*best.steps[:place], *best.steps[place + size :]])
            if tried.kind_of_failure == failed.kind_of_failure:
                best, shorter = tried, True
            else:
                place += size
        if time.monotonic() >= end:
            break
        size = size if shorter and size == 1 else size // 2
    return best

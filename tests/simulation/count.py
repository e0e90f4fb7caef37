# SPDX-License-Identifier: Apache-2.0
"""A count of histories that goes on where it stopped, over days if it must, and says how fast it goes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import gettempdir

import msgspec

from tests.simulation.history import History, lived
from tests.simulation.steps import drawn

KEPT = Path(os.environ.get("HMS_SIMULATION_COUNT", Path(gettempdir()) / "hms-simulation-count.json"))
"""Where the count lies; histories of another version of the program are counted anew by removing it."""
STEPS = 60
_SAID_EVERY = 50


@dataclass
class Count:
    """How many histories were lived from seed 1 on, which of them failed, and the seconds that all took."""

    lived: int = 0
    failed: list[int] = field(default_factory=list)
    seconds: float = 0

    def __str__(self) -> str:
        rate = self.lived / self.seconds * 60 if self.seconds else 0
        failed = ", ".join(map(str, self.failed)) or "none"
        return f"{self.lived} histories in all, {rate:.0f} a minute, failed: {failed}"


def go_on(
    kept: Path, more: int, up_to: int, say: Callable[[str], object], live: Callable[..., History] = lived
) -> Count:
    """Live so many more histories, or up to a number of them; what was counted is kept after each."""
    count = msgspec.json.decode(kept.read_bytes(), type=Count) if kept.exists() else Count()
    end = up_to or count.lived + more
    while count.lived < end:
        begun = time.monotonic()
        seed = count.lived + 1
        history = live(seed, drawn(seed, STEPS))
        count.lived, count.seconds = seed, count.seconds + time.monotonic() - begun
        if history.failure:
            count.failed.append(seed)
            say(f"seed {seed} failed at step {history.at + 1}: {history.failure}")
        kept.write_bytes(msgspec.json.encode(asdict(count)))
        if seed % _SAID_EVERY == 0:
            say(str(count))
    say(str(count))
    return count

# SPDX-License-Identifier: Apache-2.0
"""A figure beside its floor, and what it has to reach."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass
class Figure:
    """`value` for `what`, seconds unless `unit` says otherwise; the floor was measured in the same run, 0 for none.

    `most` is the value to reach, `most_times` the ratio to its floor to reach; 0 where there is none.
    """

    what: str
    value: float
    floor: float = 0.0
    floor_is: str = ""
    note: str = ""
    most: float = 0.0
    most_times: float = 0.0
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """How many floors it took."""
        return self.value / self.floor if self.floor else 0.0

    @property
    def reached(self) -> bool | None:
        """Whether it is what it has to be; None where nothing was asked."""
        if self.most:
            return self.value <= self.most
        return self.ratio <= self.most_times if self.most_times else None

    def line(self) -> str:
        """One line for people."""
        ratio = f"{self.ratio:5.1f} x  ({self.floor_is} {self._shown(self.floor)})" if self.floor else ""
        wanted = self._shown(self.most) if self.most else f"{self.most_times:g} x" if self.most_times else ""
        verdict = {None: "", True: f"reached ({wanted})", False: f"NOT REACHED ({wanted})"}[self.reached]
        return f"{self.what:62} {self._shown(self.value):>10}  {verdict:22} {ratio} {self.note}".rstrip()

    def _shown(self, value: float) -> str:
        if self.unit != "s":
            return f"{value:.1f} {self.unit}"
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.2f} ms"


def table(figures: Iterable[Figure]) -> str:
    """All lines."""
    return "\n".join(figure.line() for figure in figures)


def at(taken: Sequence[float], part: float) -> float:
    """The value below which this part of the measurements lies."""
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * part))]


class Stopwatch:
    """Seconds by the wall, and seconds of work (of this process, and of another by its id where Linux tells)."""

    def __init__(self, other: int = 0) -> None:
        self._other = other
        self._begun, self._work = time.perf_counter(), self._worked()

    def _worked(self) -> float:
        return time.process_time() + (worked(self._other) if self._other else 0.0)

    def read(self) -> tuple[float, float]:
        """(wall, work) since it was made."""
        return time.perf_counter() - self._begun, self._worked() - self._work


def worked(process: int, *, with_ended: bool = False) -> float:
    """Seconds of work of a process so far, and of those that it started and that ended; 0 where nobody tells."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if with_ended else 13])) / _TICKS


def memory(which: str = "VmRSS") -> float:
    """MB that this process holds now (VmRSS), or held at most (VmHWM); 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(which)), 0.0)

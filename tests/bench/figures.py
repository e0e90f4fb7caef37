# SPDX-License-Identifier: Apache-2.0
"""A figure beside its floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass
class Figure:
    """`seconds` for `what`; the floor was measured in the same run, 0 where there is none."""

    what: str
    seconds: float
    floor: float = 0.0
    floor_is: str = ""
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many floors it took."""
        return self.seconds / self.floor if self.floor else 0.0

    def line(self) -> str:
        """One line for people."""
        ratio = f"{self.ratio:6.1f} x  ({self.floor_is} {_shown(self.floor)})" if self.floor else ""
        return f"{self.what:52} {_shown(self.seconds):>10}  {ratio} {self.note}".rstrip()


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def table(figures: Iterable[Figure]) -> str:
    """All lines."""
    return "\n".join(figure.line() for figure in figures)


def at(taken: Sequence[float], part: float) -> float:
    """The value below which this part of the measurements lies."""
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * part))]

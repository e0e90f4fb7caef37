# SPDX-License-Identifier: Apache-2.0
"""How the columns of a table share its width: words whole first, then what was asked for, then what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnAsk:
    """What one column asks for, in pixels: the width it was drawn with, its title's, its cells' (0 = no rows yet).

    `whole` columns are never narrower than their cells: chips, amounts, dates. Others may end in an ellipsis.
    """

    drawn: int
    title: int
    needed: int
    stretch: int
    whole: bool

    @property
    def least(self) -> int:
        """Below this it says too little."""
        if not self.needed:
            return max(self.drawn, self.title)
        return max(self.title, self.needed if self.whole else min(self.needed, self.drawn))

    @property
    def wanted(self) -> int:
        """With this nothing of it is cut and it looks as drawn."""
        return max(self.drawn, self.title, self.needed)


def shared_widths(asks: Sequence[ColumnAsk], room: int) -> list[int]:
    """A width for each column; they fill the room if one stretches, and are wider only if even the least don't fit."""
    widths = [ask.least for ask in asks]
    left = _fill(widths, [ask.least if ask.whole else max(ask.least, ask.needed) for ask in asks], room)
    if left > 0:
        left = _fill(widths, [ask.wanted for ask in asks], room)
    shares = sum(ask.stretch for ask in asks)
    if left > 0 and shares:
        widths = [width + left * ask.stretch // shares for width, ask in zip(widths, asks, strict=True)]
    return widths


def _fill(widths: list[int], goals: Sequence[int], room: int) -> int:
    """Widen towards the goals, the ones that miss least first; returns the pixels left over."""
    left = room - sum(widths)
    by_miss = sorted(range(len(widths)), key=lambda at: goals[at] - widths[at])
    for done, at in enumerate(by_miss):
        more = max(0, min(goals[at] - widths[at], left // (len(widths) - done)))
        widths[at] += more
        left -= more
    return left

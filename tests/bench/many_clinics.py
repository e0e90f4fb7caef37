# SPDX-License-Identifier: Apache-2.0
"""By simulation: the Mondays of many clinics on more processors than are here, with one order for all or one for each.

What a push takes is measured: work that any processor does beside others, and the time for which it holds its order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from tests.bench.figures import Figure

CLINICS, PROCESSORS = 8, 32


@dataclass(frozen=True)
class Cost:
    """Seconds of a push: of any processor, and within the order."""

    beside: float
    within: float


@dataclass
class _Order:
    taken: bool = False
    waiting: deque[int] = field(default_factory=deque)


class _Mondays:
    """Who is first asked is first served, by processors and by orders alike."""

    def __init__(self, desks: int, pushes: int, processors: int, orders: int, cost: Cost) -> None:
        self._left = [pushes] * desks
        self._free, self._cost = processors, cost
        self._orders = [_Order() for _order in range(orders)]
        self._ready: deque[tuple[int, bool]] = deque((desk, False) for desk in range(desks))
        self._done: list[tuple[float, int, bool]] = []

    def run(self) -> float:
        """Seconds until the last push is through."""
        now = 0.0
        self._begin(now)
        while self._done:
            now, desk, within = heappop(self._done)
            self._free += 1
            if within:
                self._leave(desk)
            else:
                self._enter(desk)
            self._begin(now)
        return now

    def _begin(self, now: float) -> None:
        while self._free and self._ready:
            desk, within = self._ready.popleft()
            self._free -= 1
            heappush(self._done, (now + (self._cost.within if within else self._cost.beside), desk, within))

    def _of(self, desk: int) -> _Order:
        return self._orders[desk % len(self._orders)]

    def _enter(self, desk: int) -> None:
        order = self._of(desk)
        if order.taken:
            order.waiting.append(desk)
        else:
            order.taken = True
            self._ready.append((desk, True))

    def _leave(self, desk: int) -> None:
        order = self._of(desk)
        order.taken = bool(order.waiting)
        if order.waiting:
            self._ready.append((order.waiting.popleft(), True))
        self._left[desk] -= 1
        if self._left[desk]:
            self._ready.append((desk, False))


def seconds(desks: int, pushes: int, processors: int, orders: int, cost: Cost) -> float:
    """Until so many workstations, spread evenly over the orders, have each pushed so often."""
    return _Mondays(desks, pushes, processors, orders, cost).run()


def figures(desks: int, pushes: int, cost: Cost) -> Iterator[Figure]:
    """One order for all clinics beside an order for each; the floor is the work alone, spread over all processors."""
    all_desks = CLINICS * desks
    least = all_desks * pushes * (cost.beside + cost.within) / PROCESSORS
    note = f"(of a push {cost.beside * 1000:.1f} ms beside, {cost.within * 1000:.1f} ms within the order)"
    for orders, what in ((1, "one order for all"), (CLINICS, "an order for each")):
        taken = seconds(all_desks, pushes, PROCESSORS, orders, cost)
        named = f"simulated: {CLINICS} such clinics on {PROCESSORS} processors, {what}"
        yield Figure(named, taken, least, "work over all processors", note)

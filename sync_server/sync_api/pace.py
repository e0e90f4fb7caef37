# SPDX-License-Identifier: Apache-2.0
"""How fast a workstation's work is taken: what comes too fast, or changes too much at once, waits and is never refused.

A clinic's day is far below both paces, and two weeks of one workstation alone are taken within minutes. A program that
writes by itself, or somebody who changes every record, is slowed down until an administrator has looked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from hms_desktop.core.text import _
from hms_desktop.storage.change_sets import ChangeSet, readable_leaves
from sync_server.notebook import Notebook, pace


@dataclass(frozen=True)
class Bounds:
    """So much is taken at once, and so much in each second after that."""

    at_once: float
    each_second: float


RATE, MASS_CHANGE = "rate", "mass change"
SETS, CHANGED = Bounds(20_000, 100), Bounds(5_000, 10)
"""Change sets, and records in them that were there before."""
TOLD_EVERY_SECONDS = 3600.0


@dataclass
class _Left:
    """What a workstation may still send now of each, and when that was counted (seconds)."""

    sets: float
    changed: float
    at: float


class Pace:
    """The pace of every workstation at one server process."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sets: Bounds = SETS, changed: Bounds = CHANGED
    ) -> None:
        self._now, self._sets, self._changed = now, sets, changed
        self._left: dict[UUID, _Left] = {}
        self._told: dict[UUID, float] = {}
        self._lock = Lock()

    def taken(self, device: UUID, sets: Sequence[ChangeSet]) -> tuple[int, str]:
        """How many of these, from the first on, are taken now; and which check lets the next one wait, if any does."""
        with self._held(device) as left:
            for count, change_set in enumerate(sets):
                if left.sets < 1 or left.changed < 1:
                    return count, RATE if left.sets < 1 else MASS_CHANGE
                left.sets -= 1
                left.changed -= sum(leaf.bases is not None for leaf in readable_leaves(change_set.leaves))
        return len(sets), ""

    def is_news(self, device: UUID) -> bool:
        """Whether administrators are to be told of this delay: they were not within the hour."""
        with self._lock:
            now = self._now()
            news = now - self._told.get(device, -TOLD_EVERY_SECONDS) >= TOLD_EVERY_SECONDS
            if news:
                self._told[device] = now
        return news

    @contextmanager
    def _held(self, device: UUID) -> Iterator[_Left]:
        """What is left for a workstation, while nobody else counts it."""
        with self._lock:
            new = _Left(self._sets.at_once, self._changed.at_once, self._now())
            yield self._filled(self._left.setdefault(device, new))

    def _filled(self, left: _Left) -> _Left:
        now = self._now()
        passed = max(0.0, now - left.at)
        left.sets = min(self._sets.at_once, left.sets + passed * self._sets.each_second)
        left.changed = min(self._changed.at_once, left.changed + passed * self._changed.each_second)
        left.at = now
        return left


class SharedPace(Pace):
    """The pace at a server of several processes, counted in its notebook; `now` is a clock that they share (s)."""

    def __init__(
        self, book: Notebook, now: Callable[[], float] = time.time, sets: Bounds = SETS, changed: Bounds = CHANGED
    ) -> None:
        super().__init__(now, sets, changed)
        self._book = book

    @contextmanager
    def _held(self, device: UUID) -> Iterator[_Left]:
        with self._row(device) as (connection, row):
            left = self._filled(_Left(row.sets / 1000, row.changed / 1000, row.at_ms / 1000))
            yield left
            kept = {"sets": left.sets, "changed": left.changed, "at_ms": left.at}
            thousandths = {name: round(value * 1000) for name, value in kept.items()}
            connection.execute(update(pace).where(pace.c.device == device.bytes).values(**thousandths))

    def is_news(self, device: UUID) -> bool:
        """Whether administrators are to be told of this delay: they were not within the hour, by any process."""
        now = self._now()
        with self._row(device) as (connection, row):
            news = bool(now - row.told_ms / 1000 >= TOLD_EVERY_SECONDS)
            if news:
                changed = update(pace).where(pace.c.device == device.bytes).values(told_ms=round(now * 1000))
                connection.execute(changed)
        return news

    @contextmanager
    def _row(self, device: UUID) -> Iterator[tuple[Connection, Any]]:
        wanted = select(pace).where(pace.c.device == device.bytes)
        if self._book.first(wanted) is None:
            at_once = {"sets": self._sets.at_once, "changed": self._changed.at_once, "at_ms": self._now()}
            with self._book.writing() as connection:
                if connection.execute(wanted).first() is None:
                    new = {name: round(value * 1000) for name, value in at_once.items()}
                    connection.execute(insert(pace).values(device=device.bytes, told_ms=0, **new))
        with self._book.touching() as connection:
            yield connection, connection.execute(wanted.with_for_update()).one()


def delay_words(check: str) -> str:
    """What the workstation is told of work that waits."""
    if check == RATE:
        return _("So much comes from this workstation at once that the server takes it slowly (rate). Nothing is lost.")
    return _(
        "This workstation changes so many records at once that the server takes it slowly (mass change). Nothing is "
        "lost; if nobody there knows why, tell the administrator."
    )

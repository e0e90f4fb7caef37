# SPDX-License-Identifier: Apache-2.0
"""What the stock screen shows, gathered in one reading: batches of a place, and one batch with its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hms_desktop.clinic.inventory import queries
from hms_desktop.clinic.inventory.queries import MoveRow, StockLine
from hms_desktop.clinic.inventory.rules import USABLE
from hms_desktop.clinic.inventory.service_check import STOCK_CHECK
from hms_desktop.clinic.patients.queries import TaskRow, tasks
from hms_desktop.core.quantities import show_decimal

TABLES = ("stock_move", "batch", "item", "place", "lease", "lease_spend", "site_setting", "task")
SOON_DAYS = 90


@dataclass(frozen=True)
class StockRow:
    """A batch at the shown place; `stages` are the lists that it stands in."""

    line: StockLine
    stages: frozenset[str]
    days_left: int

    @property
    def id(self) -> UUID:
        """The batch."""
        return self.line.batch


@dataclass(frozen=True)
class StockFacts:
    """The batches of one place, the places there are, and what the night's check found anywhere."""

    place: UUID
    places: tuple[tuple[UUID, str], ...]
    rows: tuple[StockRow, ...]
    today: date
    checks: tuple[TaskRow, ...] = ()

    def count(self, stage: str) -> int:
        """How many stand in a list."""
        return sum(stage in row.stages for row in self.rows)

    @property
    def place_name(self) -> str:
        """What the place is called."""
        return next((name for id, name in self.places if id == self.place), "")


@dataclass(frozen=True)
class BatchFacts:
    """A batch opened: where else it lies, and every move with the balance after it."""

    line: StockLine
    elsewhere: tuple[tuple[str, str], ...]
    ledger: tuple[MoveRow, ...]


def read_stock(reader: Any, place: UUID | None) -> StockFacts:
    """Everything at a place, by default this workstation's own."""
    where = place or queries.own_place(reader)
    today = queries.today(reader)
    lines = queries.stock_lines(reader, where)
    rows = tuple(StockRow(line, _stages(line, today), (line.expires - today).days) for line in lines)
    checks = tuple(task for task in tasks(reader, reader.person.roles) if task.kind == STOCK_CHECK)
    return StockFacts(where, tuple(queries.places(reader)), rows, today, checks)


def _stages(line: StockLine, today: date) -> frozenset[str]:
    stages = set()
    if line.expires < today:
        stages.add("expired")
    elif line.expires <= today + timedelta(days=SOON_DAYS):
        stages.add("soon")
    if line.state != USABLE:
        stages.add("held")
    if line.on_hand < 0:
        stages.add("wrong")
    return frozenset(stages)


def read_batch(reader: Any, batch: UUID, place: UUID) -> BatchFacts:
    """One batch with its ledger."""
    names = dict(queries.places(reader))
    held = {where: quantity for (one, where), quantity in queries.balances(reader).items() if one == batch}
    elsewhere = tuple(
        (names[where], show_decimal(quantity)) for where, quantity in held.items() if where != place and where in names
    )
    return BatchFacts(queries.batch_line(reader, batch, place), elsewhere, tuple(queries.ledger(reader, batch)))

# SPDX-License-Identifier: Apache-2.0
"""Several desks and a centre whose histories meet: change sets go up, follow-ups run, everything comes down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.clinic import follow_ups, modules, reactions
from hms_desktop.clinic.inventory.model import Item, ItemVersion
from hms_desktop.core.clock import SetClock
from hms_desktop.security.roles import policy
from hms_desktop.storage import ledger
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.apply import Applier
from hms_desktop.sync.entries import entry_of
from tests.desk import MONDAY_09_00, Desk, person, rights_of

T = TypeVar("T")
assert modules.MODULES


def write(record: Any, **values: Any) -> Callable[[Unit], UUID]:
    """An action that makes one row, for setting a scene."""

    def make(unit: Unit) -> UUID:
        unit.action = "test.setup"
        return unit.add(record, **values)

    return make


def medicine(**facts: Any) -> Callable[[Unit], UUID]:
    """An action that puts a medicine on the stock list; returns the item."""

    def make(unit: Unit) -> UUID:
        unit.action = "test.setup"
        item = unit.add(Item, code=facts["code"])
        unit.add(ItemVersion, item=item, **{"version": 1, "valid_from": date(2020, 1, 1), **facts})
        return item

    return make


def change(record: Any, id: UUID, **values: Any) -> Callable[[Unit], None]:
    """An action that changes one row, for setting a scene."""

    def alter(unit: Unit) -> None:
        unit.action = "test.setup"
        unit.change(record, id, **values)

    return alter


class Meeting:
    """A centre and desks that share one clock; `meet` lets every history meet at the centre and come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock(MONDAY_09_00)
        self.centre = Desk(
            folder, person("Server", policy().permissions), author=1, name="Server", kind="server", clock=self.clock
        )
        self.desks: list[Desk] = []

    def desk(self, name: str, *roles: str, kind: str = "all") -> Desk:
        """A further desk, with a person of these roles at it; it starts with what the centre holds."""
        acting = person(f"Person at {name}", rights_of(roles), roles)
        desk = Desk(
            self.folder,
            acting,
            author=len(self.desks) + 2,
            name=name,
            kind=kind,
            clock=self.clock,
            react=reactions.react,
        )
        self.desks.append(desk)
        self._copy(self.centre, desk)
        return desk

    def setup(self, action: Callable[[Unit], T]) -> T:
        """Write something at the centre and let every desk have it."""
        done = self.centre.do(action)
        self._down()
        return done

    def pass_minutes(self, minutes: int) -> None:
        """Let time go by for everybody."""
        self.clock.ms += minutes * 60_000

    def meet(self, desks: Iterable[Desk] | None = None) -> None:
        """These desks (or all) push in order; follow-ups run after each; then everybody pulls everything."""
        for desk in desks if desks is not None else self.desks:
            touched = self._copy(desk, self.centre)
            by_table: dict[str, set[UUID]] = {}
            for table, record in touched:
                by_table.setdefault(table, set()).add(record)
            if by_table:
                self.centre.do(partial(self._follow, touched=by_table))
        self._down()

    def close(self) -> None:
        """Close every store."""
        for desk in (self.centre, *self.desks):
            desk.store.close()

    def _follow(self, unit: Unit, *, touched: dict[str, set[UUID]]) -> None:
        follow_ups.after_merge(unit, touched)

    def _down(self) -> None:
        for desk in self.desks:
            self._copy(self.centre, desk)

    def _copy(self, origin: Desk, target: Desk) -> set[tuple[str, UUID]]:
        with origin.store.reading() as connection:
            entries = self._entries(connection)
        with target.store.writing() as connection:
            applier = Applier(connection, frozenset(REGISTRY), self.clock.now_ms())
            for entry in entries:
                applier.take(entry)
            outcome = applier.finish()
        target.store.tell(outcome.changes)
        return outcome.touched

    def _entries(self, connection: Connection) -> list[Any]:
        log = ledger.change_log
        rows = connection.execute(select(log).where(log.c.state < 2).order_by(log.c.pos)).all()
        return [entry_of(row) for row in rows]

# SPDX-License-Identifier: Apache-2.0
"""A list of numbers for tests of the table, and the clerk who brings its rows when told to."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtWidgets import QWidget

from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.row_source import Answer, Ask, Done, Failed
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column


@dataclass
class Clerk:
    """Answers asks only when told to, so that a test sees the time between."""

    rows: list[int]
    asks: list[Ask] = field(default_factory=list)
    open: list[tuple[Ask, Done, Failed]] = field(default_factory=list)
    at_once: bool = True

    def fetch(self, ask: Ask, done: Done, failed: Failed) -> None:
        self.asks.append(ask)
        self.open.append((ask, done, failed))
        if self.at_once:
            self.answer()

    def answer(self) -> None:
        while self.open:
            ask, done, _failed = self.open.pop(0)
            rows = list(reversed(self.rows)) if ask.sort and ask.sort[0].descending else self.rows
            if ask.text:
                rows = [row for row in rows if ask.text in str(row)]
            done(Answer(rows[ask.offset : ask.offset + ask.limit], len(rows)))


COLUMNS = [
    Column("number", "Number", lambda row: Cell(f"N{row}", f"of {row}", strong=True), 120, sort="number"),
    Column("name", "Patient", lambda row: f"Okonkwo {row}", 200, stretch=1, sort="name"),
    Column("state", "Status", lambda row: Cell(chip=ChipFace("info", "Waiting")), 120),
    Column("sum", "Due", lambda row: row, 80, end=True),
]


def table_of(clerk: Clerk, **more: object) -> Table:
    return Table(COLUMNS, clerk.fetch, lambda row: row, name="Appointments", two_lines=True, **more)  # type: ignore[arg-type]


def pane_of(table: Table) -> QWidget | None:
    return table._panes.currentWidget()

# SPDX-License-Identifier: Apache-2.0
"""The versions of a record as a table: when, who at which station, which field, before, after and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _
from hms_desktop.security.versions import VersionRow
from hms_desktop.ui.widgets.older_versions import OlderVersions
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard

Word = Callable[[str], str]


class VersionsTable(QWidget):
    """Shows versions; `field_word` and `part_word` name columns and tables in the reader's language."""

    def __init__(self, zone: ZoneInfo, name: str, field_word: Word, part_word: Word) -> None:
        super().__init__()
        self._zone, self._field_word, self._part_word = zone, field_word, part_word
        self._rows: Sequence[VersionRow] = ()
        columns = [
            Column("when", _("When"), self._when, 112, figures="tables"),
            Column("who", _("Who"), lambda v: Cell(v.person or _("Not known here"), sub=v.station), 132, 2),
            Column("field", _("Field"), lambda v: Cell(field_word(v.field), sub=part_word(v.part)), 128, 2),
            Column("before", _("Before"), lambda v: Cell(_said(v.before), tone="secondary"), 112, 2),
            Column("after", _("After"), lambda v: _said(v.after), 112, 2),
            Column("why", _("Why"), lambda v: Cell(v.why or "", tone="secondary"), 112, 2),
        ]
        self.table = Table(
            columns, from_list(lambda: self._rows, None, self._matches), _key, name=name, two_lines=True,
            nothing_yet=Notice("clock-counter-clockwise", _("This device holds no history of this record.")),
        )  # fmt: skip
        self.list = ListCard(self.table, heading=name)
        self.older = OlderVersions()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        column.addWidget(self.older)
        self.setFocusProxy(self.table)

    def show_versions(self, rows: Sequence[VersionRow]) -> None:
        """Show these versions, newest first."""
        self._rows = rows
        self.table.reload()
        self.older.offer(rows)

    def _when(self, row: VersionRow) -> Cell:
        at = row.at.astimezone(self._zone)
        return Cell(show_day(at.date()), sub=show_time(at.time()))

    def _matches(self, row: VersionRow, ask: Ask) -> bool:
        said = (self._field_word(row.field), row.before, row.after, row.person, row.station, row.why)
        text = " ".join(words or "" for words in said).casefold()
        return all(part in text for part in ask.text.casefold().split())


def _said(value: str | None) -> str:
    """A value as people read it: a day as days are shown."""
    if value and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return show_birth(value)
    return value or ""


def _key(row: VersionRow) -> tuple[object, ...]:
    return row.at, row.part, row.field, row.before, row.after

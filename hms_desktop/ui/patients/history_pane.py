# SPDX-License-Identifier: Apache-2.0
"""Every change of a patient's record: old and new value, who, when, from which station."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries_history import VersionRow, versions
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.patients.record_words import field_word, part_word
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard


class HistoryPane(QWidget):
    """The versions that this device still holds (the last 90 days of its log)."""

    def __init__(self, desk: Desk, patient: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._patient = desk, patient
        self._rows: Sequence[VersionRow] = ()
        columns = [
            Column("when", _("When"), self._when, 124, figures="tables"),
            Column("who", _("Who"), lambda v: Cell(v.person or _("Not known here"), sub=v.station), 150, 2),
            Column("field", _("Field"), lambda v: Cell(field_word(v.field), sub=part_word(v.part)), 150, 2),
            Column("before", _("Before"), lambda v: Cell(v.before or "", tone="secondary"), 150, 2),
            Column("after", _("After"), lambda v: v.after or "", 150, 2),
        ]
        self.table = Table(
            columns, from_list(lambda: self._rows, None, _matches), _key,
            name=_("History of the record"), two_lines=True,
            nothing_yet=Notice("clock-counter-clockwise", _("This device holds no history of this record.")),
        )  # fmt: skip
        self.list = ListCard(self.table, heading=_("History of the record"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)

    def read(self) -> None:
        """Read the versions again."""
        query = partial(versions, patient=self._patient)
        self._desk.tasks.read(query, self._show, self._desk.show_error, owner=self, replaces="versions")

    def _show(self, rows: Sequence[VersionRow]) -> None:
        self._rows = rows
        self.table.reload()

    def _when(self, row: VersionRow) -> Cell:
        at = row.at.astimezone(self._desk.place.zone)
        return Cell(show_day(at.date()), sub=show_time(at.time()))


def _key(row: VersionRow) -> tuple[object, ...]:
    return row.at, row.part, row.field, row.before, row.after


def _matches(row: VersionRow, ask: Ask) -> bool:
    text = f"{field_word(row.field)} {row.before or ''} {row.after or ''} {row.person} {row.station}".casefold()
    return all(part in text for part in ask.text.casefold().split())

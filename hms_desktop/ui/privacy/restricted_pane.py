# SPDX-License-Identifier: Apache-2.0
"""Every record that is restricted, by number: why, since when, who answers for it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries_restricted import RestrictionRow, all_restrictions
from hms_desktop.clinic.patients.rules_restricted import restriction_word
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key
from hms_desktop.ui.routes import PatientRecord
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset({"patient_restriction", "patient_restriction_end"})


class RestrictedPane(QWidget):
    """Enter opens the record, where a restriction is made and lifted."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: Sequence[RestrictionRow] = ()
        columns = [
            Column("record", _("Record"), lambda r: Cell(r.record, strong=True), 140, figures="identifiers"),
            Column("kind", _("Kind"), lambda r: restriction_word(r.kind), 130),
            Column("reason", _("Why"), lambda r: r.reason, 220, 2),
            Column("owner", _("Who answers for it"), lambda r: r.owner_name, 170, 1),
            Column("since", _("Since"), self._since, 180, figures="tables"),
        ]
        nothing = Notice("lock-simple-open", _("No record is restricted."))
        fetch = from_list(lambda: self._rows, matches=_fits)
        self.table = Table(columns, fetch, lambda r: r.id, name=_("Restricted records"), nothing_yet=nothing)
        self.list = ListCard(self.table, heading=_("Restricted records"))
        whole = QVBoxLayout(self)
        pad = theme.space(5)
        whole.setContentsMargins(pad, pad, pad, theme.space(4))
        whole.addWidget(self.list)
        self.table.chosen.connect(lambda row: desk.routes.open(PatientRecord(row.patient)))
        self.setFocusProxy(self.table)

    def keys(self) -> Sequence[Key]:
        """Nothing besides opening the record."""
        return ()

    def read(self) -> None:
        """Read the list again."""
        self._desk.tasks.read(all_restrictions, self._show, self._desk.show_error, owner=self, replaces="restricted")

    def _show(self, rows: Sequence[RestrictionRow]) -> None:
        first = not self._rows
        self._rows = rows
        (self.table.reload if first else self.table.notice_changes)()

    def _since(self, row: RestrictionRow) -> Cell:
        day = show_day(row.since.astimezone(self._desk.place.zone).date())
        return Cell(_("{day}, by {name}").format(day=day, name=row.by))


def _fits(row: RestrictionRow, ask: Ask) -> bool:
    text = ask.text.casefold()
    return not text or text in f"{row.record} {row.owner_name} {row.reason}".casefold()

# SPDX-License-Identifier: Apache-2.0
"""What left the clinic, for whom and why; the accounting that a patient may ask for is printed from here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.privacy.queries import DisclosureRow, disclosures
from hms_desktop.clinic.privacy.rules import basis_word, recipient_word, way_word
from hms_desktop.clinic.privacy.service import open_report
from hms_desktop.clinic.privacy.words import look_word
from hms_desktop.core.dates import show_moment
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key
from hms_desktop.ui.privacy.choosing import ask_disclosure, ask_whose
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset({"disclosure"})


class DisclosuresPane(QWidget):
    """Six years of what left, the latest first; what an accounting must list is marked."""

    told = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: Sequence[DisclosureRow] = ()
        self._read = False
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.new = Button(_("Write one down"), "primary", icon="plus", key="N", clicked=self.add)
        self.list.add_button(Button(_("Accounting for a patient"), icon="printer", key="Ctrl+P", clicked=self.account))
        self.list.add_button(self.new)
        whole = QVBoxLayout(self)
        pad = theme.space(5)
        whole.setContentsMargins(pad, pad, pad, theme.space(4))
        whole.addWidget(self.list)
        self.setFocusProxy(self.table)

    def _make_table(self) -> Table:
        zone = self._desk.place.zone
        columns = [
            Column("at", _("When"), lambda r: show_moment(r.at.astimezone(zone)), 150, figures="tables"),
            Column("record", _("Record"), lambda r: Cell(r.record, strong=True), 130, figures="identifiers"),
            Column("whom", _("To whom"), lambda r: Cell(r.name or recipient_word(r.recipient), sub=r.address), 170, 2),
            Column("what", _("What"), lambda r: Cell(look_word("document", r.what), sub=way_word(r.way)), 180, 2),
            Column("why", _("Why"), lambda r: Cell(basis_word(r.basis), sub=r.why), 180, 2),
            Column("by", _("By"), lambda r: Cell(r.by), 120, 1),
            Column("counted", _("Accounting"), _counted, 120),
        ]
        nothing = Notice("paper-plane-tilt", _("Nothing left the clinic in the last six years."))
        fetch = from_list(lambda: self._rows, matches=_fits)
        return Table(columns, fetch, lambda r: r.id, name=_("Disclosures"), two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """Write one down; print a patient's accounting."""
        return (
            Key("N", _("Write one down"), self.add, "plus", hint=True),
            Key("Ctrl+P", _("Accounting for a patient"), self.account, "printer", hint=True),
        )

    def read(self) -> None:
        """Read the list again."""
        self._desk.tasks.read(disclosures, self._show, self._desk.show_error, owner=self, replaces="disclosures")

    def add(self) -> None:
        """Write down what left by another way."""
        ask_disclosure(self._desk, self, lambda _none: self._desk.toast(_("Written down")))

    def account(self) -> None:
        """The accounting of one patient, on paper."""
        shows = lambda report: show_paper(self._desk, self, "accounting", report.patient)  # noqa: E731
        ask_whose(self._desk, self, _("Whose accounting?"), _("Show the paper"), _acts, shows)

    def _show(self, rows: Sequence[DisclosureRow]) -> None:
        first, self._read = not self._read, True
        self._rows = rows
        self.list.show_counts(self._segments())
        (self.table.reload if first else self.table.notice_changes)()

    def _segments(self) -> list[Segment]:
        counted = sum(row.counted for row in self._rows)
        return [Segment("", _("All"), len(self._rows)), Segment("counted", _("To be listed"), counted)]


def _acts(values: dict[str, Any]) -> Any:
    return partial(open_report, patient=UUID(values["patient"]))


def _counted(row: DisclosureRow) -> Cell:
    return Cell(chip=ChipFace("info", _("To be listed"), "list-bullets") if row.counted else None)


def _fits(row: DisclosureRow, ask: Ask) -> bool:
    if ask.filter and not row.counted:
        return False
    text = ask.text.casefold()
    return not text or text in f"{row.record} {row.name} {row.what} {row.by}".casefold()

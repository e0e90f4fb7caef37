# SPDX-License-Identifier: Apache-2.0
"""Who looked at one patient: when, from where, at what and why; on the screen and as a paper for the patient."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.privacy.queries import AccessReport, LookRow
from hms_desktop.clinic.privacy.service import open_report
from hms_desktop.clinic.privacy.words import kind_word, look_word, purpose_word
from hms_desktop.core.dates import show_moment
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.roles import policy
from hms_desktop.ui.desk import Desk, Key
from hms_desktop.ui.privacy.choosing import ask_whose
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Fact
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TABLES: frozenset[str] = frozenset()
"""The report is what was asked for at a moment; asking again is another look."""


class AccessPane(QWidget):
    """The record that was asked for, by its number, and every look at it, the latest first."""

    told = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.report: AccessReport | None = None
        self.sums = Card()
        self._facts = FlowRow(theme.space(7), theme.space(3))
        self.sums.add(self._facts)
        self.table = self._make_table()
        self.list = ListCard(self.table, heading=_("Who looked"))
        self.whose = Button(_("Choose a patient"), "primary", icon="magnifying-glass", key="O", clicked=self.ask)
        self.paper = Button(_("Print for the patient"), icon="printer", key="Ctrl+P", clicked=self.show_paper)
        self.list.add_button(self.paper)
        self.list.add_button(self.whose)
        whole = QVBoxLayout(self)
        pad = theme.space(5)
        whole.setContentsMargins(pad, pad, pad, theme.space(4))
        whole.setSpacing(theme.space(4))
        whole.addWidget(self.sums)
        whole.addWidget(self.list, 1)
        self.setFocusProxy(self.table)
        self.sums.hide()
        self.paper.hide()

    def _make_table(self) -> Table:
        zone = self._desk.place.zone
        columns = [
            Column("at", _("When"), lambda r: show_moment(r.at.astimezone(zone)), 150, figures="tables"),
            Column("who", _("Who"), lambda r: Cell(r.name or _("Unknown"), sub=_titles(r), strong=True), 180, 2),
            Column("where", _("Where"), lambda r: Cell(r.station), 140, 1),
            Column("what", _("What"), lambda r: Cell(look_word(r.kind, r.detail)), 170, 1),
            Column("why", _("Why"), lambda r: Cell(purpose_word(r.purpose)), 130, 1),
        ]
        nothing = Notice("eye", _("Choose a patient to see who looked at their record in the last six years."))
        fetch = from_list(lambda: self.report.looks if self.report else (), matches=_fits)
        return Table(columns, fetch, lambda r: r.id, name=_("Who looked"), two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """Ask for a patient's report, and print it."""
        return (
            Key("O", _("Choose a patient"), self.ask, "magnifying-glass", hint=True),
            Key("Ctrl+P", _("Print for the patient"), self.show_paper, "printer", enabled=lambda: bool(self.report)),
        )

    def read(self) -> None:
        """Nothing is read until somebody asks, as the report is a look at the record; the empty list says so."""
        if self.report is None:
            self.table.reload()

    def open_for(self, patient: UUID) -> None:
        """Show who looked at this patient's record."""
        act = partial(open_report, patient=patient)
        self._desk.tasks.run(act, self._show, self._desk.show_error, owner=self)

    def ask(self) -> None:
        """Ask whose record it is about."""
        ask_whose(self._desk, self, _("Whose record?"), _("Show who looked"), _acts, self._show)

    def show_paper(self) -> None:
        """The report on paper."""
        if self.report is not None:
            show_paper(self._desk, self, "access-report", self.report.patient)

    def _show(self, report: AccessReport) -> None:
        self.report = report
        looks = ngettext("{n} look", "{n} looks", len(report.looks)).format(n=len(report.looks))
        people = ngettext("{n} person", "{n} people", report.people).format(n=report.people)
        self._facts.fill([Fact(_("Record"), report.record), Fact(_("Looks"), looks), Fact(_("By"), people)])
        self.sums.show()
        self.paper.show()
        self.table.reload()
        self.told.emit()


def _acts(values: dict[str, Any]) -> Any:
    return partial(open_report, patient=UUID(values["patient"]))


def _titles(row: LookRow) -> str:
    known = policy().roles
    return ", ".join(known[role].title for role in row.roles if role in known)


def _fits(row: LookRow, ask: Ask) -> bool:
    text = ask.text.casefold()
    return not text or text in f"{row.name} {row.station} {kind_word(row.kind)}".casefold()

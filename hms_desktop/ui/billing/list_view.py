# SPDX-License-Identifier: Apache-2.0
"""The home of the cash desk: everybody with work to invoice or a debt, and beside it who is chosen and what is next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.billing import queries
from hms_desktop.core.money import Money
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.billing.account_facts import BillLine, read_list
from hms_desktop.ui.billing.side_cards import Refilled
from hms_desktop.ui.billing.words import figures, line_chip, waiting_words
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.labels import Rule
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.patient_banner import BannerData
from hms_desktop.ui.widgets.patient_card import PatientCard
from hms_desktop.ui.widgets.patient_facts import patient_facts
from hms_desktop.ui.widgets.rolling import Rolling
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail


@dataclass(frozen=True)
class Summary:
    """Who is chosen, and what their open work comes to (minor units)."""

    line: BillLine
    patient: BannerData
    total: int
    payers: int
    patient_pays: int


def read_summary(reader: Any, line: BillLine) -> Summary:
    """One line of the list with its patient and an estimate."""
    draft = queries.estimate(reader, line.patient)
    person = patient_facts(reader, line.patient)
    return Summary(line, person, draft.total, draft.payers, draft.patient_pays)


def _whom(lines: tuple[BillLine, ...]) -> set[UUID]:
    return {line.patient for line in lines}


class ListView(QWidget):
    """Calls `open_account(patient)` when a line is opened."""

    def __init__(self, desk: Desk, open_account: Callable[[UUID], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._open = desk, open_account
        self._lines: tuple[BillLine, ...] | None = None
        self._look = ListLook(desk, self, "invoices to finish", _whom, self._show, self._failed, purpose="payment")
        self.table = self._make_table(desk.place.currency)
        self.list = ListCard(self.table, self._segments())
        self.detail = Refilled(top=True)
        self._show_nothing()
        filter_button = Button(_("Filter"), icon="funnel", key="/", clicked=self.list.open_typed)
        self.list.bar.insertWidget(self.list.bar.count() - 1, filter_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.split = WorklistDetail(self.list, self.detail, share=68)
        self.list.setMinimumHeight(theme.grow(220))
        column.addWidget(Rolling(self.split))
        self.table.current_changed.connect(self._choose)
        self.table.chosen.connect(lambda line: self._open(line.patient))
        self.table.opened.connect(lambda line: self._open(line.patient))
        self.setFocusProxy(self.table)

    def _make_table(self, currency: str) -> Table:
        def money(minor: int) -> Cell:
            return Cell(figures(minor, currency), strong=True) if minor else Cell()

        columns = [
            Column("patient", _("Patient"), _patient_cell, 200, 3, sort="name", fixed=True, wraps=True),
            Column("state", _("To do"), lambda n: Cell(chip=line_chip(n)), 124),
            Column("charges", _("Lines to invoice"), lambda n: n.charges or None, 108, end=True, figures="tables",
                   gives_way=2),
            Column(
                "owed", _("Owed on invoices"), lambda n: money(n.outstanding), 128, sort="owed", end=True,
                figures="tables",
            ),
            Column(
                "waiting", _("Waiting"), lambda n: waiting_words(n.since, self._desk.now()), 92, sort="since",
                figures="tables", gives_way=1,
            ),
        ]  # fmt: skip
        sorts = {
            "name": lambda n: n.name.listed.casefold(),
            "owed": lambda n: n.outstanding,
            "since": lambda n: n.since.timestamp() if n.since else 0.0,
        }
        nothing = Notice("invoice", _("Nothing to invoice and nothing owed."))
        return Table(
            columns, from_list(lambda: self._lines or (), sorts, _matches), lambda n: n.patient,
            name=_("Invoices to finish"), two_lines=True, nothing_yet=nothing,
        )  # fmt: skip

    def refresh(self) -> None:
        """Read the list again."""
        self._desk.tasks.read(read_list, self._look.show, self._failed, owner=self, replaces="list")

    def line(self) -> BillLine | None:
        """The line that the keyboard is on."""
        row: Any = self.table.current_row()
        return row if isinstance(row, BillLine) else None

    def beside(self, patient: UUID, by: int) -> UUID | None:
        """Who stands so many lines after (or before) this patient, or None."""
        every = [line.patient for line in self._lines or ()]
        at = every.index(patient) + by if patient in every else 0 if by > 0 else -1
        return every[at] if 0 <= at < len(every) else None

    def open_current(self) -> None:
        """Open the account of the current line."""
        if (line := self.line()) is not None:
            self._open(line.patient)

    def _show(self, lines: tuple[BillLine, ...]) -> None:
        first = self._lines is None
        self._lines = lines
        self.list.show_counts(self._segments())
        if first:
            self.table.reload()
            self.table.select(lines[0].patient if lines else None)
        else:
            self.table.notice_changes()
            if (line := self.line()) is not None:
                self._choose(line)
            elif lines:
                self.table.select(lines[0].patient)
        if not lines:
            self._show_nothing()

    def _failed(self, error: Any) -> None:
        self._desk.show_error(error, self.refresh)

    def _segments(self) -> list[Segment]:
        lines: Sequence[BillLine] = self._lines or ()
        return [
            Segment("", _("All"), len(lines)),
            Segment("to_invoice", _("To invoice"), sum(line.charges > 0 for line in lines)),
            Segment("to_pay", _("To pay"), sum(line.outstanding > 0 for line in lines)),
        ]

    def _choose(self, line: BillLine | None) -> None:
        if line is None:
            self._desk.tasks.forget(self, "summary")
            self._show_nothing()
            return
        query = partial(read_summary, line=line)
        self._desk.tasks.read(query, self._show_summary, self._desk.show_error, owner=self, replaces="summary")

    def _show_nothing(self) -> None:
        card = Card()
        card.add(EmptyState(Notice("invoice", _("Select a patient to see what is to be billed."))), 1)
        self.detail.fill(card)

    def _show_summary(self, summary: Summary) -> None:
        currency = self._desk.place.currency

        def money(minor: int) -> str:
            return str(Money(minor, currency))

        card = Card()
        card.add(PatientCard(summary.patient))
        card.add(Rule())
        line = summary.line
        if line.charges:
            words = ngettext("{n} line to invoice", "{n} lines to invoice", line.charges).format(n=line.charges)
            card.add(Pairs([(words, money(summary.total)), (_("Scheme pays"), money(summary.payers)),
                            (_("Patient pays"), money(summary.patient_pays))], ends=True))  # fmt: skip
        if line.outstanding:
            card.add(Pairs([(_("Owed on invoices"), money(line.outstanding))], ends=True))
        if line.since is not None:
            card.add(Pairs([(_("Waiting"), waiting_words(line.since, self._desk.now()))], ends=True))
        words = _("Make the invoice") if line.charges else _("Take payment")
        go = Button(words, "primary", icon="arrow-right", key="Enter", large=True, clicked=self.open_current)
        card.body.addSpacing(theme.space(3))
        card.add(go)
        self.detail.fill(card)


def _patient_cell(line: BillLine) -> Cell:
    name = line.name
    about = ", ".join(part for part in (name.mrn, name.birth, name.age) if part)
    return Cell(name.listed, sub=about, amended=corrected(name), strong=True)


def _matches(line: Any, ask: Ask) -> bool:
    if ask.filter == "to_invoice" and not line.charges:
        return False
    if ask.filter == "to_pay" and not line.outstanding:
        return False
    text = f"{line.name.listed} {line.name.mrn} {line.name.birth}".casefold()
    return all(part in text for part in ask.text.casefold().split())

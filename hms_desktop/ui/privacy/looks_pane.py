# SPDX-License-Identifier: Apache-2.0
"""Looks that need a question: who looked at which record, what is odd about it, and how it was settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.patients.queries_restricted import owners
from hms_desktop.clinic.privacy.queries_looks import Question, open_questions, questions
from hms_desktop.clinic.privacy.rules_looks import OUTCOMES, flag_word, outcome_word
from hms_desktop.clinic.privacy.service import settle_look
from hms_desktop.clinic.privacy.words import kind_word
from hms_desktop.core.dates import show_day, show_moment
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Key
from hms_desktop.ui.privacy.beside import beside
from hms_desktop.ui.privacy.choosing import ask_own_record
from hms_desktop.ui.routes import Privacy
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.choice_field import Option, RadioField
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Fact
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset({"look_review", "staff_chart", "patient_restriction"})
DAYS = 28


class LooksPane(QWidget):
    """The questions left, one of them right; Enter settles it. It shows record numbers and no patient's name.

    New looks are read with F5 and whenever the section is opened, not with each look that anybody takes.
    """

    told = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: Sequence[Question] = ()
        self._read = False
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.detail, self._column = beside(self, self.list, share=64)
        self.table.current_changed.connect(self._choose)
        self.table.chosen.connect(lambda _row: self.settle())
        self.setFocusProxy(self.table)
        self.list.filter.choose("odd")
        self.table.show_only(filter="odd")
        self._choose(None)

    def _make_table(self) -> Table:
        columns = [
            Column("on", _("Day"), lambda r: show_day(r.on), 116, figures="tables"),
            Column("who", _("Who looked"), lambda r: Cell(r.name, sub=_looks(r), strong=True), 150, 1),
            Column("record", _("At record"), lambda r: Cell(r.record), 130, figures="identifiers"),
            Column("flags", _("What is odd"), lambda r: Cell(_flags(r)), 190, 2),
            Column("state", _("Answer"), lambda r: Cell(chip=state_chip(r)), 136),
        ]
        nothing = Notice("check-circle", _("No look of the last {n} days needs a question.").format(n=DAYS))
        fetch = from_list(lambda: self._rows, matches=_fits)
        name = _("Looks to question")
        return Table(columns, fetch, lambda r: r.key, name=name, two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """Settle the chosen question, or see everybody who looked at that record."""
        return (
            Key("S", _("Settle"), self.settle, "shield-check", hint=True, enabled=self._open),
            Key("W", _("Who looked at this record"), self.everybody, "eye", enabled=self._some),
            Key("C", _("Whose own record it is"), self.name_chart, "user", enabled=self._some),
        )

    def read(self) -> None:
        """Look through the last weeks again."""
        now = self._desk.now()
        query = partial(questions, since=now - timedelta(days=DAYS), until=now + timedelta(minutes=1))
        self._desk.tasks.read(query, self._show, self._desk.show_error, owner=self, replaces="looks")

    def settle(self) -> None:
        """Say how the chosen question was answered."""
        row = self.table.current_row()
        if row is None or row.outcome:
            return

        def acts(values: dict[str, Any]) -> Any:
            return partial(
                settle_look, viewer=row.viewer, patient=row.patient, on=row.on, outcome=values["outcome"],
                words=values["words"],
            )  # fmt: skip

        done = lambda _none: self._desk.toast(_("Settled"))  # noqa: E731
        title = _("Was there a reason for this look?")
        dialog = FormDialog(self._desk, self, title, _("Settle"), acts, done, facts=self._facts(row))
        options = [Option(outcome, outcome_word(outcome)) for outcome in OUTCOMES]
        dialog.form.add(RadioField("outcome", _("What you found"), options, required=True))
        dialog.form.add(TextField("words", _("&What you know of it"), required=True, longest=1000))
        dialog.ask()

    def everybody(self) -> None:
        """Everybody who looked at the chosen record."""
        row = self.table.current_row()
        if row is not None:
            self._desk.routes.open(Privacy("access", row.patient))

    def name_chart(self) -> None:
        """Say which colleague's own record the chosen one is, or nobody's."""
        row = self.table.current_row()
        if row is not None:
            shows = partial(self._ask_whose, row)
            self._desk.tasks.read(owners, shows, self._desk.show_error, owner=self)

    def _ask_whose(self, row: Question, people: Sequence[tuple[UUID, str]]) -> None:
        ask_own_record(self._desk, self, row, people, lambda _none: self._desk.toast(_("Kept")))

    def _some(self) -> bool:
        return self.table.current_row() is not None

    def _open(self) -> bool:
        row = self.table.current_row()
        return row is not None and not row.outcome

    def _show(self, rows: Sequence[Question]) -> None:
        first, self._read = not self._read, True
        self._rows = rows
        self.list.show_counts(self._segments())
        (self.table.reload if first else self.table.notice_changes)()
        self._choose(self.table.current_row())

    def _segments(self) -> list[Segment]:
        alone = sum(not row.outcome and row.flags == ("no_relation",) for row in self._rows)
        return [
            Segment("odd", _("To question"), open_questions(self._rows)),
            Segment("alone", _("No care only"), alone),
            Segment("", _("All"), len(self._rows)),
        ]

    def _facts(self, row: Question) -> list[tuple[str, str]]:
        first = show_moment(row.first.astimezone(self._desk.place.zone))
        found = [
            (_("Who looked"), row.name),
            (_("At record"), row.record),
            (_("First look"), first),
            (_("Looks"), f"{_looks(row)}: {', '.join(kind_word(kind) for kind in row.kinds)}"),
            (_("What is odd"), _flags(row)),
        ]
        if row.outcome:
            found.append((_("Answer"), _("{verdict}, by {name}: {words}").format(
                verdict=outcome_word(row.outcome), name=row.settled_by, words=row.words)))  # fmt: skip
        return found

    def _choose(self, row: Question | None) -> None:
        clear(self._column)
        card = Card(_("Look to question"))
        if row is None:
            card.add(EmptyState(Notice("eye", _("Choose a look to see who, at what and what is odd about it."))), 1)
        else:
            for label, value in self._facts(row):
                card.add(Fact(label, value))
            if not row.outcome:
                card.add(Button(_("Settle"), "primary", icon="shield-check", key="S", clicked=self.settle))
            card.add(Button(_("Who looked at this record"), icon="eye", key="W", clicked=self.everybody))
            card.add(Button(_("Whose own record it is"), icon="user", key="C", clicked=self.name_chart))
        self._column.addWidget(card)
        self._column.addStretch(1)
        self.told.emit()


def state_chip(row: Question) -> ChipFace:
    """How a question stands."""
    if row.outcome:
        family = {"justified": "success", "talked": "info"}.get(row.outcome, "critical")
        return ChipFace(family, outcome_word(row.outcome))
    if row.flags == ("no_relation",):
        return ChipFace("neutral", _("Open"), "eye")
    return ChipFace("warning", _("To question"), "eye")


def _flags(row: Question) -> str:
    return ", ".join(flag_word(flag) for flag in row.flags)


def _looks(row: Question) -> str:
    return ngettext("{n} look", "{n} looks", row.looks).format(n=row.looks)


def _fits(row: Question, ask: Ask) -> bool:
    alone = row.flags == ("no_relation",)
    if ask.filter and (row.outcome or alone is not (ask.filter == "alone")):
        return False
    text = ask.text.casefold()
    return not text or text in f"{row.record} {row.name} {_flags(row)}".casefold()

# SPDX-License-Identifier: Apache-2.0
"""The review queue: who broke the glass over which record, why, and what was found on looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.patients.queries_restricted import GlassRow, glass_rows
from hms_desktop.clinic.patients.rules_restricted import REVIEW_HOURS, VERDICTS, glass_word, verdict_word
from hms_desktop.clinic.patients.service_restricted import review_glass
from hms_desktop.core.dates import show_moment
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key
from hms_desktop.ui.privacy.beside import beside
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

TABLES = frozenset({"broken_glass", "broken_glass_end", "broken_glass_review"})


class GlassPane(QWidget):
    """The queue left, one access right; Enter reviews it. It shows record numbers and never a name of a patient.

    `told` says that what can be done is no longer the same.
    """

    told = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: Sequence[GlassRow] = ()
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.detail, self._column = beside(self, self.list, share=64)
        self.table.current_changed.connect(self._choose)
        self.table.chosen.connect(lambda _row: self.review())
        self.setFocusProxy(self.table)
        self.list.filter.choose("open")
        self.table.show_only(filter="open")
        self._choose(None)

    def _make_table(self) -> Table:
        columns = [
            Column("at", _("When"), self._when, 150, figures="tables"),
            Column("record", _("Record"), lambda r: Cell(r.record, strong=True), 130, figures="identifiers"),
            Column("who", _("Who"), lambda r: Cell(r.name, sub=r.station), 150, 1),
            Column("reason", _("Reason"), lambda r: Cell(glass_word(r.reason), sub=r.words), 200, 2),
            Column("state", _("Review"), lambda r: Cell(chip=state_chip(r)), 150),
        ]
        nothing = Notice("check-circle", _("Nobody broke the glass since the last review."))
        fetch = from_list(lambda: self._rows, matches=_fits)
        name = _("Emergency access")
        return Table(columns, fetch, lambda r: r.id, name=name, two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """Review the chosen access."""
        return (Key("R", _("Review"), self.review, "shield-check", hint=True, enabled=self._some),)

    def read(self) -> None:
        """Read the queue again."""
        query = partial(glass_rows, everything=True)
        self._desk.tasks.read(query, self._show, self._desk.show_error, owner=self, replaces="glass")

    def review(self) -> None:
        """Say what was found on looking at the chosen access."""
        row = self.table.current_row()
        if row is None or row.verdict:
            return

        def acts(values: dict[str, Any]) -> Any:
            return partial(review_glass, glass=row.id, verdict=values["verdict"], words=values["words"])

        title = _("Was this access needed?")
        facts = self._facts(row)
        done = lambda _none: self._desk.toast(_("Reviewed"))  # noqa: E731
        dialog = FormDialog(self._desk, self, title, _("Save the review"), acts, done, facts=facts)
        options = [Option(verdict, verdict_word(verdict)) for verdict in VERDICTS]
        dialog.form.add(RadioField("verdict", _("What you found"), options, required=True))
        dialog.form.add(TextField("words", _("&What you looked at"), required=True, longest=400))
        dialog.ask()

    def _some(self) -> bool:
        row = self.table.current_row()
        return row is not None and not row.verdict

    def _show(self, rows: Sequence[GlassRow]) -> None:
        first = not self._rows
        self._rows = rows
        self.list.show_counts(self._segments())
        (self.table.reload if first else self.table.notice_changes)()
        self._choose(self.table.current_row())

    def _segments(self) -> list[Segment]:
        open_ = sum(not row.verdict for row in self._rows)
        return [Segment("open", _("To review"), open_), Segment("", _("All"), len(self._rows))]

    def _when(self, row: GlassRow) -> Cell:
        return Cell(show_moment(row.at.astimezone(self._desk.place.zone)))

    def _facts(self, row: GlassRow) -> list[tuple[str, str]]:
        zone = self._desk.place.zone
        found = [
            (_("Record"), row.record),
            (_("Who"), f"{row.name}, {row.station}"),
            (_("When"), show_moment(row.at.astimezone(zone))),
            (_("Until"), show_moment(row.until.astimezone(zone))),
            (_("Reason"), glass_word(row.reason)),
            (_("In their words"), row.words),
        ]
        if row.verdict:
            found.append((_("Review"), _("{verdict}, by {name}: {words}").format(
                verdict=verdict_word(row.verdict), name=row.reviewer, words=row.review_words)))  # fmt: skip
        return found

    def _choose(self, row: GlassRow | None) -> None:
        clear(self._column)
        card = Card(_("Emergency access"))
        if row is None:
            card.add(EmptyState(Notice("shield-check", _("Choose an access to see who, why and for how long."))), 1)
        else:
            for label, value in self._facts(row):
                card.add(Fact(label, value))
            if not row.verdict:
                card.add(Button(_("Review"), "primary", icon="shield-check", key="R", clicked=self.review))
        self._column.addWidget(card)
        self._column.addStretch(1)
        self.told.emit()


def state_chip(row: GlassRow) -> ChipFace:
    """How an access stands to its review."""
    if row.verdict:
        family = {"justified": "success", "to_follow_up": "warning"}.get(row.verdict, "critical")
        return ChipFace(family, verdict_word(row.verdict))
    if row.late:
        return ChipFace("critical", _("Over {n} h").format(n=REVIEW_HOURS), "timer")
    return ChipFace("warning", _("To review"), "eye")


def _fits(row: GlassRow, ask: Ask) -> bool:
    if ask.filter == "open" and row.verdict:
        return False
    text = ask.text.casefold()
    return not text or text in f"{row.record} {row.name} {row.words}".casefold()

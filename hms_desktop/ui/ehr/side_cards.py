# SPDX-License-Identifier: Apache-2.0
"""The right column of a chart's summary: current medicines, last results, pending orders and what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.queries import DueItem, OrderRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.rules import priority_name
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.core.dates import show_day
from hms_desktop.core.quantities import shown_unit
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.ehr import words
from hms_desktop.ui.ehr.vitals_cards import Line, Rows
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.detail_rows import CheckRow
from hms_desktop.ui.widgets.labels import Glyph, Rule, Text, appear
from hms_desktop.ui.widgets.medicine_line import MedicineLine
from hms_desktop.ui.widgets.result_cell import flag_words, result_words
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme

Acts = Callable[[MedicineRow], Sequence[tuple[str, Callable[[], object]]]]
SHOWN_RESULTS = 6


class MedicinesCard(Card):
    """What is taken now; each line with its acts behind a button."""

    def __init__(self, prescribe: Callable[[], object] | None, acts: Acts) -> None:
        super().__init__(_("Current medicines"))
        self._acts = acts
        if prescribe is not None:
            self.add_to_head(Button(_("Prescribe"), "quiet", icon="plus", key="R", clicked=prescribe))
        self._rows = Rows()
        self.add(self._rows)

    def show_medicines(self, medicines: Sequence[MedicineRow], now: datetime) -> None:
        """Show the medicines, or that there is none."""
        parts: list[QWidget] = []
        for row in medicines:
            if parts:
                parts.append(Rule())
            parts.append(MedicineEntry(row, now, self._acts(row)))
        self._rows.fill(parts or [Text(_("No current medicine recorded"), tone="secondary")])


class MedicineEntry(QWidget):
    """One medicine with its chip, and every standing dose when two people changed it."""

    def __init__(self, row: MedicineRow, now: datetime, acts: Sequence[tuple[str, Callable[[], object]]] = ()) -> None:
        super().__init__()
        self._actions = list(acts)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, theme.space(1), 0, theme.space(1))
        line.setSpacing(theme.space(3))
        column = QVBoxLayout()
        column.setSpacing(theme.space(1))
        ended = row.status in ("stopped", "cancelled")
        column.addWidget(MedicineLine(words.medicine_face(row, length=False), ended=ended))
        for option in row.doses:
            shown = _("{dose}, {time}").format(dose=option.line, time=words.ago(option.at, now))
            column.addWidget(Text(shown, "label", "warning", wrap=True))
        line.addLayout(column, 1)
        line.addLayout(self._marks(row, now))
        top = Qt.AlignmentFlag.AlignTop
        if acts:
            name = _("Acts on {medicine}").format(medicine=tall_man(row.display))
            self.more = IconButton("dots-three-vertical", name, "quiet", clicked=self._open)
            line.addWidget(self.more, 0, top)

    def _marks(self, row: MedicineRow, now: datetime) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.space(1))
        face = words.medicine_chip(row, now)
        end = Qt.AlignmentFlag.AlignTrailing
        if face is not None:
            column.addWidget(Chip.of(face), 0, end)
        else:
            column.addWidget(Text(words.since_words(row, now), "label", "secondary"), 0, end)
        if row.saved_here:
            column.addWidget(Glyph("hard-drives", "status.local.fg", 16, _("Saved here")), 0, end)
        column.addStretch(1)
        return column

    def _open(self) -> None:
        menu = QMenu(self)
        for text, act in self._actions:
            menu.addAction(text).triggered.connect(lambda _on=False, act=act: act())
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))


class ResultsCard(Card):
    """The last results as a small table; a chip says how many nobody has reviewed."""

    def __init__(self, open_one: Callable[[ChartResult], object], all_of_it: Callable[[], object]) -> None:
        super().__init__(_("Results"), flush=True)
        self._shown: Sequence[ChartResult] = ()
        self.unseen = Chip("warning", "")
        appear(self.unseen, False)
        self.add_to_head(self.unseen)
        self.add_to_head(Button(_("All results"), "quiet", clicked=all_of_it))
        columns = [
            Column(
                "test", _("Test"), lambda r: Cell(words.short_name(r.display), strong=True, spoken=r.display), 110, 1
            ),
            Column("value", _("Result"), result_cell, 74, end=True),
            Column("unit", _("Unit"), lambda r: Cell(shown_unit(r.unit), tone="secondary"), 80),
            Column("before", _("Before"), _before, 60, end=True),
        ]
        self.table = Table(columns, from_list(lambda: self._shown), lambda r: r.test, name=_("Results"))
        self.table.chosen.connect(open_one)
        self.add(self.table, 1)

    def show_results(self, results: Sequence[ChartResult], unseen: int, zone_now: datetime) -> None:
        """Show the last few."""
        self._shown = results[:SHOWN_RESULTS]
        day = show_day(results[0].at.astimezone(zone_now.tzinfo).date()) if results else ""
        self.set_heading(_("Results {day}").format(day=day) if day else _("Results"))
        said = ngettext("{n} not reviewed", "{n} not reviewed", unseen).format(n=unseen)
        self.unseen.show_face(ChipFace("warning", said))
        appear(self.unseen, unseen > 0)
        rows = max(2, len(self._shown))
        self.table.setFixedHeight(theme.row_height() * (rows + 1) + theme.space(2))
        self.table.reload()


def result_cell(row: ChartResult) -> Cell:
    """A value with its letter; what a correction replaced is named behind it."""
    face = words.result_face(row)
    text = f"{face.value} {face.flag}".strip()
    tone = {"": "primary", "LL": "critical", "HH": "critical"}.get(face.flag, "warning")
    spoken = result_words(face) or flag_words(face.flag)
    if row.struck is not None:
        spoken = _("{result}, replaces {old}").format(result=spoken, old=row.struck)
    icon = {"": "", "H": "arrow-up-bold", "L": "arrow-down-bold", "A": "warning"}.get(face.flag, "warning-octagon-fill")
    return Cell(text, tone=tone, strong=True, icon=icon, spoken=spoken)


def _before(row: ChartResult) -> Cell:
    face = words.result_face(row)
    return Cell(face.before, tone="secondary")


class DueCard(Card):
    """What is due and which orders are pending."""

    def __init__(self, act: Callable[[DueItem], Button | None]) -> None:
        super().__init__(_("Care due"))
        self._act = act
        self._rows = Rows()
        self.add(self._rows)

    def show_due(self, due: Sequence[DueItem], pending: Sequence[OrderRow], today: date) -> None:
        """Show what is due, late things first, then orders that wait."""
        parts: list[QWidget] = [self._row(item, today) for item in due]
        for order in pending:
            state = words.order_chip(order.status, order.contested).words
            below = _("{state}, {priority}").format(state=state, priority=priority_name(order.priority).lower())
            parts.append(Line(Glyph("flask", side=16), order.display, below, ""))
        self._rows.fill(parts or [Text(_("Nothing is due"), tone="secondary")])

    def _row(self, item: DueItem, today: date) -> QWidget:
        if item.due is None:
            below = _("Due now") if item.late else ""
        elif item.due < today:
            below = _("Overdue since {day}").format(day=show_day(item.due))
        else:
            below = _("Due {day}").format(day=show_day(item.due))
        return CheckRow("warning" if item.late else "neutral", item.title, below, self._act(item))

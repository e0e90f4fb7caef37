# SPDX-License-Identifier: Apache-2.0
"""The first page of a chart in three columns: what was measured, the note, medicines and results."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.chart_acts import ChartActs
from hms_desktop.ui.ehr.chart_facts import ChartFacts
from hms_desktop.ui.ehr.note_card import NoteCard
from hms_desktop.ui.ehr.side_cards import DueCard, MedicinesCard, ResultsCard
from hms_desktop.ui.ehr.vitals_cards import ProblemsCard, TimelineCard, TrendCard, VitalsCard
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import scrolled

_CHILDHOOD = 18
_SHARES = (35, 57, 39)
_LEAST = (345, 430, 365)


class SummarySection(QWidget):
    """Three columns, each scrolling by itself; one below the other when the text is large or the window narrow."""

    def __init__(self, desk: Desk, acts: ChartActs, go: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lay_out()
        may = desk.may
        self.vitals = VitalsCard(acts.record_vitals if may("vitals.record") else None)
        self.trend = TrendCard()
        self.problems = ProblemsCard(acts.add_problem if may("problem.record") else None, acts.open_problem)
        self.timeline = TimelineCard(lambda: go("timeline"))
        self.note = NoteCard(desk, acts.note_acts())
        self.medicines = MedicinesCard(acts.prescribe if may("medicine.prescribe") else None, acts.on_medicine)
        self.results = ResultsCard(acts.open_result, lambda: go("results"))
        self.due = DueCard(acts.on_due)
        left, middle, right = self._columns
        _fill(left, self.vitals, self.trend, self.problems, self.timeline)
        middle.addWidget(self.note)
        _fill(right, self.medicines, self.results, self.due)
        acts.card = self.note
        self.note.form.edited.connect(acts.begin)

    def _lay_out(self) -> None:
        """The columns are in their places before they are filled: Qt walks through all that a widget holds whenever it
        is given a parent."""
        self._whole = QVBoxLayout(self)
        pad = theme.space(5)
        self._whole.setContentsMargins(pad, pad, pad, 0)
        self._inside = QWidget()
        self._whole.addWidget(self._inside)
        self._outside: QScrollArea | None = None
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._inside)
        self._row.setSpacing(theme.space(4))
        self._row.setContentsMargins(0, 0, 0, 0)
        columns = [QWidget() for _share in _SHARES]
        self._panes = [scrolled(columns[0]), columns[1], scrolled(columns[2])]
        self._columns = [QVBoxLayout(column) for column in columns]
        for pane, column, share, least in zip(self._panes, self._columns, _SHARES, _LEAST, strict=True):
            column.setContentsMargins(0, 0, 0, theme.space(4))
            pane.setMinimumWidth(theme.grow(least))
            self._row.addWidget(pane, share)

    def show_facts(self, facts: ChartFacts, now: datetime) -> None:
        """Show a reading of the chart."""
        summary = facts.summary
        self.vitals.show_vitals(summary.vitals, now)
        born = summary.banner.name.born
        grown_up = born is None or now.year - int(born[:4]) > _CHILDHOOD
        self.trend.show_vitals(summary.vitals, now.tzinfo, grown_up=grown_up)
        self.problems.show_problems(summary.problems)
        self.timeline.show_timeline(facts.timeline, now)
        self.note.offer(facts.words)
        self.note.show_visit(summary.visit, summary.note, summary.basket, now)
        self.note.left.look(facts)
        self.medicines.show_medicines(summary.medicines, now)
        self.results.show_results(facts.results, facts.unseen, now)
        self.due.show_due(summary.due, summary.pending, now.date())
        QTimer.singleShot(0, self, self._reflow_in_sight)

    def take_focus(self) -> None:
        """The keyboard starts in the note, if there is one to write."""
        if not self.note.form.isHidden():
            self.note.form.sections["symptoms"].take_focus()

    def minimumSizeHint(self) -> QSize:
        """One column wide: with less room than three need it stands upright and scrolls."""
        return QSize(theme.grow(max(_LEAST)), theme.grow(160))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand upright or lie down."""
        super().resizeEvent(event)
        self._reflow_in_sight()

    def showEvent(self, event: QShowEvent) -> None:
        """Before it is shown it has no size worth reflowing for."""
        super().showEvent(event)
        self._reflow()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._reflow_in_sight()

    def _reflow_in_sight(self) -> None:
        if self.isVisible():
            self._reflow()

    def _reflow(self) -> None:
        upright = self.width() < theme.grow(sum(_LEAST)) + 2 * theme.space(4) + 2 * theme.space(5)
        if upright != (self._outside is not None):
            self._turn(upright)
        policy = Qt.ScrollBarPolicy
        self.note.show_whole(upright)
        room = self._outside.viewport().width() if self._outside else 0
        for pane, column, least in zip(self._panes, self._columns, _LEAST, strict=True):
            pane.setMinimumWidth(0 if upright else theme.grow(least))
            if isinstance(pane, QScrollArea):
                pane.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOff if upright else policy.ScrollBarAsNeeded)
                high = max(column.heightForWidth(room), column.minimumSize().height()) if upright else 0
                pane.setMinimumHeight(high)

    def _turn(self, upright: bool) -> None:
        """Stand the columns below each other in one scrolling page, or side by side."""
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if upright else ways.LeftToRight)
        if upright:
            self._whole.removeWidget(self._inside)
            self._outside = scrolled(self._inside)
            self._whole.addWidget(self._outside)
        elif self._outside is not None:
            self._whole.removeWidget(self._outside)
            self._whole.addWidget(self._outside.takeWidget())
            self._inside.show()
            self._outside.deleteLater()
            self._outside = None


def _fill(column: QVBoxLayout, *cards: QWidget) -> None:
    column.setSpacing(theme.space(4))
    for card in cards:
        column.addWidget(card)
    column.addStretch(1)

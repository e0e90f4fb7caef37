# SPDX-License-Identifier: Apache-2.0
"""The left column of a chart's summary: last vitals, the trend of the blood pressure, problems, the last happenings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.queries import ProblemRow
from hms_desktop.clinic.ehr.queries_vitals import Reading, Vitals
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.clinic.patients.queries_history import TimelineRow
from hms_desktop.core.dates import show_day
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.ehr.words import TIMELINE_ICONS, ago, pressure_face, reading_face
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.result_cell import Measure, ResultFace
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip
from hms_desktop.ui.widgets.trend_chart import Series, TrendChart

SHOWN_SIGNS = ("pulse", "oxygen", "temperature", "glucose", "weight")
_LATEST = 3
_POINTS = 12
_CELL = 92


class VitalsCard(Card):
    """The last value of each sign; V records new ones."""

    def __init__(self, record: Callable[[], object] | None) -> None:
        super().__init__(_("Vitals"))
        if record is not None:
            self.add_to_head(Button(_("Record"), "quiet", icon="plus", key="V", clicked=record))
        self.measures = {key: Measure(ResultFace("", "")) for key in ("pressure", *SHOWN_SIGNS)}
        self._grid = MeasureGrid(list(self.measures.values()))
        self.add(self._grid)

    def show_vitals(self, vitals: Vitals, now: datetime) -> None:
        """Show the last readings."""
        upper, lower = vitals.last.get("systolic"), vitals.last.get("diastolic")
        self.measures["pressure"].show_result(pressure_face(upper, lower), ago(upper.at, now) if upper else "")
        for key in SHOWN_SIGNS:
            reading = vitals.last.get(key)
            self.measures[key].show_result(reading_face(reading, key), self._below(key, reading, vitals, now))

    def _below(self, key: str, reading: Reading | None, vitals: Vitals, now: datetime) -> str:
        index = vitals.last.get("bmi")
        if reading is None:
            return ""
        if key == "weight" and index is not None and abs((index.at - reading.at).total_seconds()) < 1:
            return _("BMI {value}").format(value=index.rounded)
        return ago(reading.at, now)


class MeasureGrid(QWidget):
    """Measures in as many columns as there is room for, at most three."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        super().__init__()
        self._measures = list(measures)
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.space(4))
        self._grid.setVerticalSpacing(theme.space(3))
        self._place(3)

    def minimumSizeHint(self) -> QSize:
        """One column must fit."""
        return QSize(theme.grow(_CELL), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take another number of columns when the room changes."""
        super().resizeEvent(event)
        columns = next((n for n in (3, 2) if self._needed(n) <= self.width()), 1)
        self._place(columns)
        self._share(columns)

    def _needed(self, columns: int) -> int:
        widths = [
            max((m.minimumSizeHint().width() for m in self._measures[at::columns]), default=0) for at in range(columns)
        ]
        return sum(widths) + theme.space(4) * (columns - 1)

    def _place(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for at, measure in enumerate(self._measures):
            self._grid.removeWidget(measure)
            self._grid.addWidget(measure, at // columns, at % columns, Qt.AlignmentFlag.AlignTop)

    def _share(self, columns: int) -> None:
        """Equally wide columns; where there is no room for that, each by what it needs."""
        needs = [measure.minimumSizeHint().width() for measure in self._measures]
        equal = columns * max(needs, default=0) + theme.space(4) * (columns - 1) <= self.width()
        for column, need in enumerate(needs[:3]):
            self._grid.setColumnStretch(column, 0 if column >= columns else 1 if equal else need)


class TrendCard(Card):
    """The blood pressure over the last readings, with its targets."""

    def __init__(self) -> None:
        super().__init__()
        self.chart: TrendChart | None = None
        self.hide()

    def show_vitals(self, vitals: Vitals, zone: tzinfo | None, *, grown_up: bool) -> None:
        """Draw the last readings in clinic time, with targets for adults; without two there is no trend and no card."""
        upper, lower = vitals.series.get("systolic", ()), vitals.series.get("diastolic", ())
        self.setVisible(len(upper) > 1)
        if len(upper) < 2:
            return
        if self.chart is not None:
            self.body.removeWidget(self.chart)
            self.chart.hide()
            self.chart.deleteLater()
        lines = ((_("systolic"), upper, 140), (_("diastolic"), lower, 90))
        series = [_series(name, readings, target if grown_up else None, zone) for name, readings, target in lines]
        self.chart = TrendChart(_("Blood pressure"), series, "mmHg")
        self.chart.switch.clicked.connect(self._shorten)
        self._shorten()
        self.add(self.chart, 1)

    def _shorten(self) -> None:
        """The switch as an icon with its words as a tip: the card is narrow."""
        if self.chart is not None:
            words = self.chart.switch.words or _("Show as table")
            self.chart.switch.set_words("")
            self.chart.switch.setAccessibleName(words)
            self.chart.switch.setToolTip(tip(words))


def _series(name: str, readings: Sequence[Reading], target: int | None, zone: tzinfo | None) -> Series:
    points = tuple((reading.at.astimezone(zone), reading.rounded) for reading in readings[-_POINTS:])
    if target is None:
        return Series(name, points)
    return Series(name, points, Decimal(target), _("target below {value}").format(value=target))


class ProblemsCard(Card):
    """Live problems with since when and code."""

    def __init__(self, add: Callable[[], object] | None, open_one: Callable[[ProblemRow], object]) -> None:
        super().__init__(_("Problems"))
        self._open = open_one
        if add is not None:
            self.add_to_head(Button(_("Add"), "quiet", icon="plus", clicked=add))
        self._rows = Rows()
        self.add(self._rows)

    def show_problems(self, problems: Sequence[ProblemRow]) -> None:
        """Show the problems, or that there is none."""
        rows = [self._row(problem) for problem in problems]
        self._rows.fill(rows or [Text(_("No problem recorded"), tone="secondary")])

    def _row(self, problem: ProblemRow) -> QWidget:
        since = _("Since {time}").format(time=show_birth(problem.onset)) if problem.onset else _("Onset not recorded")
        doubt = problem.verification_status not in ("confirmed",)
        words = _("{since}, not confirmed").format(since=since) if doubt else since
        words = _("{words}, changed").format(words=words) if problem.reason else words
        shape = "git-merge" if problem.contested else "circle" if doubt else "circle-fill"
        role = "status.warning.fg" if problem.contested else "status.warning.solid" if not doubt else "text.tertiary"
        return Line(Glyph(shape, role, 10), problem.display, words, problem.code or "", lambda: self._open(problem))


class TimelineCard(Card):
    """The last three happenings; the section has all of them."""

    def __init__(self, all_of_it: Callable[[], object]) -> None:
        super().__init__(_("Timeline"))
        self.add_to_head(Button(_("All events"), "quiet", clicked=all_of_it))
        self._rows = Rows()
        self.add(self._rows)

    def show_timeline(self, rows: Sequence[TimelineRow], now: datetime) -> None:
        """Show the last few."""
        parts: list[QWidget] = []
        for row in rows[:_LATEST]:
            day = show_day(row.at.astimezone(now.tzinfo).date())
            parts.append(Line(Glyph(TIMELINE_ICONS.get(row.kind, "circle"), side=16), tall_man(row.title), "", day))
        self._rows.fill(parts or [Text(_("Nothing happened yet"), tone="secondary")])


class Rows(QWidget):
    """A column of parts that is filled anew."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(2))
        self._column.addStretch(1)
        self.parts: list[QWidget] = []

    def fill(self, parts: Sequence[QWidget]) -> None:
        """Replace what is there."""
        for old in self.parts:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.parts = list(parts)
        for at, part in enumerate(self.parts):
            self._column.insertWidget(at, part)


class Line(QWidget):
    """An icon, words over weaker words, and something short at the end; pressed, it opens what it is about."""

    def __init__(self, glyph: Glyph, title: str, below: str, end: str, act: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.setAccessibleName(", ".join(part for part in (title, below, end) if part))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4))
        row.addWidget(glyph, 0, Qt.AlignmentFlag.AlignTop if below else Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(title, "bodyStrong" if below else "body", wrap=True))
        if below:
            words.addWidget(Text(below, "label", "secondary", wrap=True))
        row.addLayout(words, 1)
        if end:
            row.addWidget(Text(end, "label", "secondary", figures="tables"), 0, Qt.AlignmentFlag.AlignTop)
        if act is not None:
            name = _("Open {title}").format(title=title)
            row.addWidget(IconButton("dots-three-vertical", name, "quiet", clicked=act), 0, Qt.AlignmentFlag.AlignTop)

# SPDX-License-Identifier: Apache-2.0
"""A chart of measurements over time: distinct markers, dashed targets with labels, last values written at the end.

Time runs from left to right in every language. “Show as table” gives the same numbers as rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from hms_desktop.core.dates import show_day
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chart_axis import date_ticks, value_ticks
from hms_desktop.ui.widgets.halves import Halves
from hms_desktop.ui.widgets.labels import Painted, Text
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.sparkline import trend_words
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Column
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Series:
    """One line: its name, points oldest first, and a target (`target below 140`) drawn dashed."""

    name: str
    points: tuple[tuple[datetime, Decimal], ...]
    target: Decimal | None = None
    target_words: str = ""

    @property
    def values(self) -> list[Decimal]:
        """The values without their times."""
        return [value for _when, value in self.points]


def chart_summary(title: str, series: Sequence[Series], unit: str) -> str:
    """The chart as a sentence for a screen reader."""
    parts = [
        _("{name} last {value} {unit}, {trend}").format(
            name=line.name, value=show_decimal(line.values[-1]), unit=unit, trend=trend_words(line.values)
        )
        for line in series
        if line.points
    ]
    return f"{title}. {'; '.join(parts)}" if parts else _("{title}. No values yet").format(title=title)


class TrendChart(QWidget):
    """The chart with its heading, key and the switch to a table."""

    def __init__(self, title: str, series: Sequence[Series], unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series = tuple(series)
        self.plot = Plot(self.series, chart_summary(title, series, unit))
        self.table = self._make_table(title, unit)
        self._panes = QStackedWidget()
        self._panes.addWidget(self.plot)
        self._panes.addWidget(self.table)
        self.switch = Button(_("Show as table"), "quiet", icon="table", clicked=self.turn)
        words, keys = QHBoxLayout(), QHBoxLayout()
        words.addWidget(Text(title, "heading"))
        words.addStretch(1)
        if len(self.series) > 1:
            for at, line in enumerate(self.series):
                keys.addWidget(_Key(line.name, at))
        keys.addWidget(self.switch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        head = Halves(words, keys)
        head.set_margins(0, 0, 0, 0)
        column.addWidget(head)
        column.addWidget(self._panes, 1)

    def turn(self) -> None:
        """From chart to table or back."""
        as_table = self._panes.currentWidget() is self.plot
        self._panes.setCurrentWidget(self.table if as_table else self.plot)
        self.switch.set_words(_("Show as chart") if as_table else _("Show as table"))
        if as_table:
            self.table.reload()

    def _make_table(self, title: str, unit: str) -> Table:
        times = sorted({when for line in self.series for when, _value in line.points}, reverse=True)
        columns = [Column("when", _("Date"), lambda when: f"{show_day(when.date())} {when:%H:%M}", 130, stretch=1)]
        for line in self.series:
            known = dict(line.points)
            head = f"{line.name} ({unit})" if unit else line.name
            columns.append(Column(line.name, head, known.get, 90, end=True))
        return Table(columns, from_list(lambda: times), lambda when: when, name=title)


class Plot(QWidget):
    """The lines themselves; never mirrored."""

    def __init__(self, series: Sequence[Series], summary: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series = [line for line in series if line.points]
        self.setAccessibleName(summary)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """As in a card of the chart."""
        return QSize(theme.grow(300), theme.grow(150))

    def minimumSizeHint(self) -> QSize:
        """Large enough to read."""
        return QSize(theme.grow(220), theme.grow(120))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint grid, targets, lines, markers and last values."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("caption", "tables"))
        if not self._series:
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("No values yet"))
            return
        scale = _Scale(self._series, QRectF(self.rect()))
        scale.paint_grid(painter)
        for line in self._series:
            scale.paint_target(painter, line)
        for at, line in enumerate(self._series):
            self._paint_line(painter, scale, at, line)
        for line in self._series:
            scale.name_target(painter, line)

    def _paint_line(self, painter: QPainter, scale: _Scale, at: int, line: Series) -> None:
        colour = theme.colour(f"chart.{at % 6}")
        points = [scale.place(when, value) for when, value in line.points]
        painter.setPen(QPen(colour, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for point in points:
            _paint_marker(painter, point, at)
        painter.setPen(colour)
        painter.setFont(theme.font("bodyStrong", "tables"))
        words = show_decimal(line.values[-1])
        painter.drawText(points[-1] + QPointF(theme.space(3), theme.grow(4)), words)
        painter.setFont(theme.font("caption", "tables"))


class _Key(Painted):
    """The marker of a series with its name."""

    def __init__(self, name: str, at: int) -> None:
        super().__init__()
        self._name = name
        self._at = at

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font("label")).horizontalAdvance(self._name)
        return QSize(theme.grow(14) + width + 2, theme.grow(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(f"chart.{self._at % 6}"))
        _paint_marker(painter, QPointF(theme.grow(5), self.height() / 2), self._at)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.colour("text.secondary"))
        place = self.rect().adjusted(theme.grow(14), 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._name)


class _Scale:
    """Where times and values stand inside the plot."""

    def __init__(self, series: Sequence[Series], rect: QRectF) -> None:
        values = [value for line in series for value in line.values]
        values += [line.target for line in series if line.target is not None]
        self.ticks = value_ticks(min(values), max(values))
        self.low, self.high = self.ticks[0], self.ticks[-1]
        times = sorted(when for line in series for when, _value in line.points)
        self.first, self.last = times[0], times[-1]
        metrics = QFontMetrics(theme.font("caption", "tables"))
        left = max(metrics.horizontalAdvance(show_decimal(tick)) for tick in self.ticks) + theme.space(4)
        right = QFontMetrics(theme.font("bodyStrong")).horizontalAdvance("0000") + theme.space(3)
        self.box = rect.adjusted(left, theme.grow(14), -right, -metrics.height() - theme.space(3))

    def place(self, when: datetime, value: Decimal) -> QPointF:
        """The point of a value at a time."""
        span = (self.last - self.first).total_seconds()
        share = (when - self.first).total_seconds() / span if span else 0.5
        return QPointF(self.box.left() + self.box.width() * share, self.height(value))

    def height(self, value: Decimal) -> float:
        """The height of a value."""
        return self.box.bottom() - self.box.height() * float((value - self.low) / (self.high - self.low))

    def paint_grid(self, painter: QPainter) -> None:
        """Hairlines with their values, and the dates below."""
        for tick in self.ticks:
            top = self.height(tick)
            painter.setPen(QPen(theme.colour("border.subtle"), 1))
            painter.drawLine(QPointF(self.box.left(), top), QPointF(self.box.right(), top))
            painter.setPen(theme.colour("text.secondary"))
            place = QRectF(0, top - 10, self.box.left() - theme.space(3), 20)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, show_decimal(tick))
        for when, words in date_ticks(self.first, self.last, self.box.width() / theme.grow(64)):
            middle = self.place(when, self.low).x()
            place = QRectF(middle - 60, self.box.bottom() + theme.space(2), 120, theme.grow(16))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def paint_target(self, painter: QPainter, line: Series) -> None:
        """A dashed line."""
        if line.target is None:
            return
        top = self.height(line.target)
        painter.setPen(QPen(theme.colour("text.tertiary"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(self.box.left(), top), QPointF(self.box.right(), top))

    def name_target(self, painter: QPainter, line: Series) -> None:
        """The label below the dashed line, on ground of its own where a line of values runs through it."""
        if line.target is None or not line.target_words:
            return
        metrics = QFontMetrics(painter.font())
        wide = metrics.horizontalAdvance(line.target_words) + 2 * theme.space(1)
        place = QRectF(self.box.left() + theme.space(1), self.height(line.target) + 2, wide, metrics.height() - 1)
        painter.fillRect(place, theme.colour("bg.surface"))
        painter.setPen(theme.colour("text.secondary"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, line.target_words)


def _paint_marker(painter: QPainter, point: QPointF, kind: int) -> None:
    reach = 3.2
    if kind % 3 == 0:
        painter.drawEllipse(point, reach, reach)
    elif kind % 3 == 1:
        painter.drawRect(QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach))
    else:
        corners = (QPointF(0, -reach - 1), QPointF(reach + 1, reach), QPointF(-reach - 1, reach))
        painter.drawPolygon(QPolygonF([point + corner for corner in corners]))

# SPDX-License-Identifier: Apache-2.0
"""The last few values of a test as a small line over the band of its reference; fits a table cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.labels import Painted
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Spark:
    """Values from oldest to newest with the reference they are read against; `status` colours the last point."""

    values: tuple[Decimal, ...]
    low: Decimal | None = None
    high: Decimal | None = None
    status: str = "neutral"
    unit: str = ""

    def paint(self, painter: QPainter, rect: QRect) -> None:
        """Paint band, line and last point into `rect`; nothing for fewer than two values."""
        if len(self.values) < 2:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(rect).adjusted(2, 6, -6, -6)
        low, high = self._span()
        self._paint_band(painter, box, low, high)
        points = [_point(box, at, len(self.values), value, low, high) for at, value in enumerate(self.values)]
        painter.setPen(QPen(theme.colour("text.secondary"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(f"status.{self.status}.fg"))
        painter.drawEllipse(points[-1], 3, 3)

    def spoken(self) -> str:
        """The values as a sentence."""
        if not self.values:
            return ""
        shown = ", ".join(show_decimal(value) for value in self.values)
        return _("last {count}: {values} {unit}").format(count=len(self.values), values=shown, unit=self.unit).strip()

    def _span(self) -> tuple[Decimal, Decimal]:
        every = [*self.values, *(edge for edge in (self.low, self.high) if edge is not None)]
        return min(every), max(every)

    def _paint_band(self, painter: QPainter, box: QRectF, low: Decimal, high: Decimal) -> None:
        if self.low is None and self.high is None:
            return
        top = _height(box, self.high if self.high is not None else high, low, high)
        foot = _height(box, self.low if self.low is not None else low, low, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("primary.soft"))
        painter.drawRect(QRectF(box.left(), top, box.width(), max(1.0, foot - top)))


def _point(box: QRectF, at: int, count: int, value: Decimal, low: Decimal, high: Decimal) -> QPointF:
    return QPointF(box.left() + box.width() * at / (count - 1), _height(box, value, low, high))


def _height(box: QRectF, value: Decimal, low: Decimal, high: Decimal) -> float:
    share = float((value - low) / (high - low)) if high != low else 0.5
    return box.bottom() - box.height() * share


class Sparkline(Painted):
    """A spark as a widget of its own."""

    def __init__(self, spark: Spark, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spark = spark
        self.setAccessibleName(spark.spoken())

    def sizeHint(self) -> QSize:
        """As large as in a table."""
        return QSize(theme.grow(84), theme.grow(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        self.spark.paint(QPainter(self), self.rect())


def trend_words(values: Sequence[Decimal]) -> str:
    """Whether values rise, fall or stay, from the first to the last."""
    if len(values) < 2 or values[0] == values[-1]:
        return _("unchanged")
    return _("rising") if values[-1] > values[0] else _("falling")

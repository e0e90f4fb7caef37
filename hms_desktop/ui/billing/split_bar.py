# SPDX-License-Identifier: Apache-2.0
"""The bar that shows how a bill is divided between scheme and patient; the words carry the sums."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme


class SplitBar(QWidget):
    """Two shares side by side; each has its words inside, or a part of none where it is empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first, self._second, self._share = "", "", 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, first: str, second: str, first_minor: int, total_minor: int) -> None:
        """Show the words and how much of the whole the first has; amounts in minor units."""
        self._first, self._second = first, second
        self._share = min(1.0, max(0.0, first_minor / total_minor)) if total_minor > 0 else 0.0
        self.setAccessibleName(f"{first}, {second}")
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for both words."""
        metrics = QFontMetrics(theme.font("bodyStrong"))
        words = metrics.horizontalAdvance(self._first) + metrics.horizontalAdvance(self._second)
        return QSize(words + 6 * theme.space(4), theme.grow(30))

    def minimumSizeHint(self) -> QSize:
        """Words are never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both shares; a share never is narrower than its words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(self.rect().toRectF(), theme.radius("control"), theme.radius("control"))
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), theme.colour("primary.soft"))
        divide = self._divide()
        rtl = mirrored(self)
        left = turned(QRect(0, 0, divide, self.height()), self.rect(), rtl)
        right = turned(QRect(divide, 0, self.width() - divide, self.height()), self.rect(), rtl)
        painter.fillRect(left, theme.colour("primary.base"))
        painter.setFont(theme.font("bodyStrong"))
        pad = theme.space(4)
        for place, words, ink in ((left, self._first, "text.onPrimary"), (right, self._second, "text.primary")):
            painter.setPen(theme.colour(ink))
            if place.width() > 2 * pad:
                write(painter, place.adjusted(pad, 0, -pad, 0), from_start(rtl), words)

    def _divide(self) -> int:
        if self._share in (0.0, 1.0):
            return round(self.width() * self._share)
        metrics, pad = QFontMetrics(theme.font("bodyStrong")), 2 * theme.space(4)
        least = metrics.horizontalAdvance(self._first) + pad
        most = self.width() - metrics.horizontalAdvance(self._second) - pad
        return min(max(round(self.width() * self._share), least), max(most, least))

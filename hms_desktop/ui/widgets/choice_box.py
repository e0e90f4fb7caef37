# SPDX-License-Identifier: Apache-2.0
"""A button-like box that shows the one of a few that is chosen; pressing it opens the others."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme

_MOST = 200


class ChoiceBox(QComboBox):
    """A combo box drawn from the tokens: as high as a button, its words from the start, an arrow at the end."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.view().setProperty("kind", "choices")

    def sizeHint(self) -> QSize:
        """Room for the longest choice, up to 200 px at 100 % text."""
        metrics = QFontMetrics(theme.font("body"))
        words = max((metrics.horizontalAdvance(self.itemText(at)) for at in range(self.count())), default=0)
        return QSize(min(words, theme.grow(_MOST)) + self._beside(), theme.control_height())

    def minimumSizeHint(self) -> QSize:
        """Never squeezed."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, words and arrow."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shut, corner = not self.isEnabled(), theme.radius("control")
        painter.setPen(QPen(theme.colour("border.subtle" if shut else "border.control"), 1))
        ground = "bg.sunken" if shut else "bg.hover" if self.underMouse() else "bg.surface"
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
        side, pad = theme.size("iconSmall"), theme.space(4)
        ink = "text.tertiary" if shut else "text.primary"
        arrow = QRect(self.width() - pad - side, (self.height() - side) // 2, side, side)
        icons.paint_icon(painter, turned(arrow, self.rect(), mirrored(self)), "caret-down", ink)
        room = QRect(pad, 0, self.width() - self._beside() + 1, self.height())
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour(ink))
        words = QFontMetrics(painter.font()).elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width())
        write(painter, turned(room, self.rect(), mirrored(self)), from_start(mirrored(self)), words)

    def _beside(self) -> int:
        return 2 * theme.space(4) + theme.space(3) + theme.size("iconSmall")

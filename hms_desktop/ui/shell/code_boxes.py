# SPDX-License-Identifier: Apache-2.0
"""The six boxes for a one-time code: one text field underneath, so that pasting and screen readers work."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.theme import theme

DIGITS = 6


class CodeBoxes(QLineEdit):
    """Takes six digits, also pasted with spaces; `complete` when the sixth is there."""

    complete = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("6-digit code"))
        self.setProperty("ownFocus", True)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textEdited.connect(self._clean)

    def sizeHint(self) -> QSize:
        """Room for six boxes of 56 px and the gap in the middle."""
        return QSize(theme.grow(460), theme.grow(56))

    def minimumSizeHint(self) -> QSize:
        """As high as it is drawn."""
        return QSize(theme.grow(300), theme.grow(56))

    def box(self, place: int) -> QRect:
        """Where the box of a digit (0 to 5) is drawn."""
        gap, middle = theme.space(3), theme.space(5) + theme.space(1)
        width = (self.width() - 4 * gap - middle) / DIGITS
        left = place * (width + gap) + (middle - gap if place >= DIGITS // 2 else 0)
        return QRect(round(left), 0, round(width), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the boxes, the digits and a bar where the next digit goes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("display", "tables"))
        here = min(len(self.text()), DIGITS - 1) if self.hasFocus() else -1
        for place in range(DIGITS):
            self._paint_box(painter, self.box(place), self.text()[place : place + 1], place == here)

    def _paint_box(self, painter: QPainter, box: QRect, digit: str, here: bool) -> None:
        width = 2 if here else 1
        edge = box.toRectF().adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.setPen(QPen(theme.colour("focus" if here else "border.control"), width))
        painter.setBrush(theme.colour("bg.surface"))
        painter.drawRoundedRect(edge, theme.radius("control"), theme.radius("control"))
        painter.setPen(QPen(theme.colour("text.primary"), 1))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, digit)
        if here and not digit:
            middle, half = box.center(), self.height() // 4
            painter.drawLine(middle.x(), middle.y() - half, middle.x(), middle.y() + half)

    def _clean(self, typed: str) -> None:
        digits = "".join(str(int(sign)) for sign in typed if sign.isdecimal())[:DIGITS]
        if digits != typed:
            self.setText(digits)
        self.setCursorPosition(len(digits))
        if len(digits) == DIGITS:
            self.complete.emit()

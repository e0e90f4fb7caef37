# SPDX-License-Identifier: Apache-2.0
"""One toast at the lower left of the work area: stays 5 s, 8 s with Undo, and while the pointer or focus is on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.theme import theme

DONE, HINT = ("check-circle-fill", "status.success.fg"), ("info", "text.secondary")


class ToastBox(QWidget):
    """`undone` when Undo is pressed; `sign` is its icon and the icon's colour."""

    undone = Signal()
    sign = DONE

    def __init__(self, ground: QWidget) -> None:
        super().__init__(ground)
        self._ground = ground
        self._text = Text("", "bodyStrong")
        self._undo = Button(_("Undo"), "quiet", key="Ctrl+Z", clicked=self.undone.emit)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(5), theme.space(3), theme.space(4), theme.space(3))
        row.setSpacing(theme.space(3))
        self._sign = Glyph(*DONE, 18)
        row.addWidget(self._sign)
        row.addWidget(self._text)
        row.addWidget(self._undo)
        ground.installEventFilter(self)
        theme.changed.connect(self._fit)
        self.hide()

    def show_text(self, text: str, *, can_undo: bool = False, done: bool = True) -> None:
        """Show this toast instead of the one before: something that was done, or only a hint."""
        self.sign = DONE if done else HINT
        self._sign.show_icon(*self.sign)
        self._text.setText(text)
        self._undo.setVisible(can_undo)
        self.setAccessibleName(text)
        self._fit()
        self.show()
        self.raise_()
        self._timer.start(theme.milliseconds("undoSeconds" if can_undo else "toastSeconds"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower left when the work area changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while somebody points at it."""
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        """Go soon after the pointer left."""
        self._timer.start(theme.milliseconds("toastSeconds"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the raised ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("border.strong"))
        painter.setBrush(theme.colour("bg.raised"))
        corner = theme.radius("card")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)

    def _leave(self) -> None:
        if self._undo.hasFocus():
            self._timer.start(theme.milliseconds("toastSeconds"))
        else:
            self.hide()

    def _fit(self) -> None:
        self.adjustSize()
        self._place()

    def _place(self) -> None:
        self.move(theme.space(5), self._ground.height() - self.height() - theme.space(5))

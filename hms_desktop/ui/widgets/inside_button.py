# SPDX-License-Identifier: Apache-2.0
"""A small button or mark inside a text line (calendar, caret, barcode) that grows with the text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.reading import mirrored, turned
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip


class InsideButton(QAbstractButton):
    """Stands at the end of `line` (at its start with `leading`) and keeps the text clear of itself.

    Without `pressed` it is a mark only. It never takes the keyboard: what it does has a key in the line.
    """

    def __init__(
        self,
        line: QLineEdit,
        icon: str,
        name: str,
        pressed: Callable[[], object] | None = None,
        *,
        leading: bool = False,
    ) -> None:
        super().__init__(line)
        self._line = line
        self._icon = icon
        self._leading = leading
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, pressed is None)
        if pressed is not None:
            self.setToolTip(tip(name))
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.clicked.connect(lambda: pressed())
        line.installEventFilter(self)
        self._place()

    def show_as(self, icon: str, name: str) -> None:
        """Another shape with another name: what the next press does."""
        self._icon = icon
        self.setAccessibleName(name)
        self.setToolTip(tip(name))
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place when the line changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutDirectionChange, QEvent.Type.StyleChange):
            self._place()
        return False

    def _place(self) -> None:
        side = theme.grow(16) + theme.space(3)
        box = QRect(
            theme.space(2) if self._leading else self._line.width() - side - theme.space(2),
            0,
            side,
            self._line.height(),
        )
        self.setGeometry(turned(box, self._line.rect(), mirrored(self._line)))
        at_left = self._leading != mirrored(self._line)
        margins = self._line.textMargins()
        if at_left:
            margins.setLeft(side)
        else:
            margins.setRight(side)
        if margins != self._line.textMargins():
            self._line.setTextMargins(margins)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shape."""
        side = theme.grow(16)
        box = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        icons.paint_icon(QPainter(self), box, self._icon, "text.primary" if self.underMouse() else "text.secondary")

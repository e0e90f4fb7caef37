# SPDX-License-Identifier: Apache-2.0
"""The one focus ring of a screen: 2 px in the focus colour, 1 px off the control that has the keyboard.

Text fields thicken their own border and tables mark their row; the ring serves everything else, panes that scroll too.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme

_REACH = 3
_OWN_RING = (QLineEdit, QTextEdit, QAbstractItemView, QAbstractSpinBox, QAbstractScrollArea)
_MOVES = {QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ParentChange}


class FocusRing(QObject):
    """Follows the keyboard focus of the application and frames the control that has it."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._target: QWidget | None = None
        self._frame: _Frame | None = None
        app.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if self._target is not None and isValid(self._target):
            self._target.removeEventFilter(self)
        self._drop_frame()
        if new is not None and isValid(new) and not QApplication.mouseButtons():
            _bring_into_sight(new)
        self._target = new if new is not None and isValid(new) and wants_ring(new) else None
        if self._target is not None:
            self._target.installEventFilter(self)
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the frame on its control when that moves."""
        if event.type() in _MOVES and watched is self._target:
            self._place()
        return False

    def _drop_frame(self) -> None:
        if self._frame is not None and isValid(self._frame):
            self._frame.hide()
            self._frame.deleteLater()
        self._frame = None

    def _place(self) -> None:
        target = self._target
        if target is None or not isValid(target) or not target.isVisible() or target.parentWidget() is None:
            self._drop_frame()
            return
        host = _host(target)
        if self._frame is None or not isValid(self._frame) or self._frame.parentWidget() is not host:
            self._drop_frame()
            self._frame = _Frame(host)
        self._frame.setGeometry(_around(target, host))
        self._frame.raise_()
        self._frame.show()


class _Frame(QWidget):
    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("focus"), 2))
        corner = theme.radius("control") + 2
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), corner, corner)


def _bring_into_sight(part: QWidget) -> None:
    """Whichever way the keyboard came to a part, it is seen there; a pressed mouse points at it already."""
    up = part.parentWidget()
    while up is not None and not up.isWindow():
        if isinstance(up, ScrollPane) and (content := up.widget()) is not None and content.isAncestorOf(part):
            up.bring(part)
        up = up.parentWidget()


def wants_ring(widget: QWidget) -> bool:
    """Whether this control is framed (it does not show focus by itself)."""
    framed = isinstance(widget, QScrollArea) or not isinstance(widget, _OWN_RING)
    return framed and not widget.isWindow() and not widget.property("ownFocus")


def _around(target: QWidget, host: QWidget) -> QRect:
    corner = target.mapTo(host, QPoint(0, 0))
    return QRect(corner, target.size()).adjusted(-_REACH, -_REACH, _REACH, _REACH)


def _host(target: QWidget) -> QWidget:
    """The nearest ancestor with room for the ring; never a splitter, which would take it for a pane."""
    host = target.parentWidget() or target
    while (up := host.parentWidget()) is not None and not host.isWindow():
        if isinstance(up, QAbstractScrollArea) or (
            not isinstance(host, QSplitter) and host.rect().contains(_around(target, host))
        ):
            break
        host = up
    return host

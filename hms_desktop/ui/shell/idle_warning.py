# SPDX-License-Identifier: Apache-2.0
"""Thirty seconds before the lock: a small pane over whatever is in front, with "Stay signed in"."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Glyph, Text, dress
from hms_desktop.ui.widgets.theme import theme


class IdleWarning(QFrame):
    """`stay` when the person wants to go on; any key or click does the same."""

    stay = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        dress(self, surface="dialog")
        self._text = Text("", "subheading")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._text)
        words.addWidget(Text(_("What you typed is kept."), "body", "secondary"))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(6), theme.space(5), theme.space(5), theme.space(5))
        row.setSpacing(theme.space(5))
        row.addWidget(Glyph("lock-simple", "status.warning.fg", 22))
        row.addLayout(words, 1)
        self.button = Button(_("Stay signed in"), "primary", clicked=self.stay.emit)
        row.addWidget(self.button)
        self.hide()

    def show_seconds(self, seconds: int) -> None:
        """Count down, in the middle near the top of the window."""
        words = ngettext("Locks in {count} second", "Locks in {count} seconds", seconds)
        self._text.setText(words.format(count=seconds))
        if self.isHidden():
            self.show()
            self.raise_()
        self.adjustSize()
        self.move((self._window.width() - self.width()) // 2, theme.grow(96))


class IdleWarnings(QObject):
    """Shows the pane in the dialog or preview that covers the window, else in the window that `front` says."""

    stay = Signal()

    def __init__(self, front: Callable[[], QWidget], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._front = front
        self.pane: IdleWarning | None = None

    def show_seconds(self, seconds: int) -> None:
        """Count down."""
        front = QApplication.activeModalWidget() or self._front()
        if self.pane is None or not isValid(self.pane) or self.pane.window() is not front.window():
            self.hide()
            self.pane = IdleWarning(front)
            self.pane.stay.connect(self.stay)
        self.pane.show_seconds(seconds)

    def hide(self) -> None:
        """The person is here, or the time is over."""
        pane, self.pane = self.pane, None
        if pane is not None and isValid(pane):
            pane.hide()
            pane.deleteLater()

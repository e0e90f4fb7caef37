# SPDX-License-Identifier: Apache-2.0
"""Thirty seconds before the lock: a small pane over the window, with "Stay signed in"."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

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

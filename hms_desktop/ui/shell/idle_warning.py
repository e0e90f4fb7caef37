# SPDX-License-Identifier: Apache-2.0
"""Thirty seconds before the lock: a small window on top of everything, dialogs too, with "Stay signed in"."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Glyph, Text, dress
from hms_desktop.ui.widgets.theme import theme


class IdleWarning(QWidget):
    """`stay` when the person wants to go on; any key or click does the same."""

    stay = Signal()

    def __init__(self, window: QWidget) -> None:
        kind = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        super().__init__(window, kind)
        self._window = window
        self.setWindowTitle(_("About to lock"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        dress(self, surface="plain")
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

    def show_seconds(self, seconds: int) -> None:
        """Count down, in the middle near the top of the window."""
        words = ngettext("Locks in {count} second", "Locks in {count} seconds", seconds)
        self._text.setText(words.format(count=seconds))
        if self.isHidden():
            self.adjustSize()
            ground = self._window.frameGeometry()
            self.move(ground.center().x() - self.width() // 2, ground.top() + theme.grow(96))
            self.show()

# SPDX-License-Identifier: Apache-2.0
"""One side to choose: a radio mark, the value in full, what it was before, and the key that picks it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.labels import Glyph, KeyHint, Text, appear
from hms_desktop.ui.widgets.theme import theme


class SideTile(QAbstractButton):
    """A choice that wraps its words and never cuts them; `answer` is what it stands for."""

    def __init__(self, answer: str, words: str, note: str = "", key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer = answer
        self.words = words
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(", ".join(part for part in (words, note) if part))
        self.setAccessibleDescription(_("Key {key}").format(key=key) if key else "")
        self._mark = Glyph("circle", "border.control", 18)
        self._key = KeyHint(key)
        appear(self._key, bool(key))
        self._has_key = bool(key)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        row.setSpacing(theme.space(4))
        row.addWidget(self._mark)
        column = QVBoxLayout()
        column.setSpacing(0)
        self._words = Text(words, "body", wrap=True)
        column.addWidget(self._words)
        if note:
            column.addWidget(Text(note, "label", "secondary", wrap=True))
        row.addLayout(column, 1)
        row.addWidget(self._key)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.toggled.connect(self._marked)

    def show_key(self, shown: bool) -> None:
        """Show the key while it works here."""
        self._key.setVisible(shown and self._has_key)

    def _marked(self, on: bool) -> None:
        self._mark.show_icon("radio-button-fill" if on else "circle", "primary.base" if on else "border.control")
        self._words.set_type("bodyStrong" if on else "body")
        self.update()

    def event(self, event: QEvent) -> bool:
        """Repaint when the pointer comes or goes."""
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground: tinted with a stronger border when chosen."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        ground = "primary.soft" if on else "bg.hover" if self.underMouse() and self.isEnabled() else "bg.surface"
        painter.setPen(QPen(theme.colour("primary.base" if on else "border.control"), 2 if on else 1))
        painter.setBrush(theme.colour(ground))
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), corner, corner)

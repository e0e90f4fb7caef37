# SPDX-License-Identifier: Apache-2.0
"""Cards: the white panes a screen is laid out in, with a heading row and room for actions."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from hms_desktop.ui.widgets.halves import Halves
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.theme import theme


class Card(QFrame):
    """A pane with an optional heading; `body` is the column its content goes into.

    With `flush` the body has no side padding: for tables whose rows run from edge to edge.
    """

    def __init__(self, heading: str = "", *, flush: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, surface="card")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self.head = _Head(heading)
        self._column.addWidget(self.head)
        pad = 0 if flush else theme.space(5)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(pad, theme.space(3) if heading else pad, pad, 0 if flush else theme.space(5) - 2)
        self.body.setSpacing(theme.space(3))
        self._column.addLayout(self.body, 1)
        self.head.setVisible(bool(heading))
        if heading:
            self.setAccessibleName(heading)

    def add(self, part: QWidget | QLayout, stretch: int = 0) -> None:
        """Add a widget or a layout below what is there."""
        if isinstance(part, QLayout):
            self.body.addLayout(part, stretch)
        else:
            self.body.addWidget(part, stretch)

    def add_to_head(self, part: QWidget) -> None:
        """Put a chip, note or button at the end of the heading row."""
        self.head.add(part)
        self.head.show()

    def set_heading(self, heading: str, note: str = "") -> None:
        """Change the heading and the quieter words beside it."""
        self.head.say(heading, note)
        self.head.show()
        self.setAccessibleName(heading)


class _Head(Halves):
    def __init__(self, heading: str) -> None:
        self._words, self._parts = QHBoxLayout(), QHBoxLayout()
        self._words.setSpacing(theme.space(3))
        super().__init__(self._words, self._parts)
        self.set_margins(theme.space(5), theme.space(4), theme.space(4), 0)
        self._heading = Text(heading, "heading")
        self._note = Text("", "body", "secondary")
        self._words.addWidget(self._heading)
        self._words.addWidget(self._note)
        self._words.addStretch(1)
        self._note.hide()

    def minimumSizeHint(self) -> QSize:
        """As high as a row with a button in it, so that headings of neighbouring cards stand level."""
        return super().minimumSizeHint().expandedTo(QSize(0, theme.control_height() + theme.space(4)))

    def say(self, heading: str, note: str) -> None:
        """Show a heading and a note beside it."""
        self._heading.setText(heading)
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def add(self, part: QWidget) -> None:
        """Put a part at the end of the row."""
        self._parts.addWidget(part)

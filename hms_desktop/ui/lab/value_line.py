# SPDX-License-Identifier: Apache-2.0
"""The line a value is typed into: Enter moves on, arrows go up and down, answers in words open a list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from hms_desktop.ui.widgets.drop_list import DropList
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.theme import theme


class ValueLine(QLineEdit):
    """One value of a result table. `moved` carries +1 or -1 (Enter and Down, Up); `left` when the keyboard leaves it.

    With `answers` the text is one of them; typing narrows the list, Down opens it, taking one moves on.
    """

    moved = Signal(int)
    left = Signal()

    def __init__(self, answers: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers = tuple(answers)
        dress(self, figures="" if answers else "number")
        self.setFont(theme.font("body", "tables"))
        self.setAlignment(Qt.AlignmentFlag.AlignLeading if answers else Qt.AlignmentFlag.AlignRight)
        if not answers:
            self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.list = DropList(self, self._take) if answers else None
        if answers:
            self.textEdited.connect(lambda: self._offer())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and the arrows move through the table; with Ctrl they are left to the screen."""
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.moved.emit(1)
        elif plain and key == Qt.Key.Key_Down and self._answers:
            self._offer(whole=True)
        elif plain and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.moved.emit(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Typing replaces what is there."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the value is typed."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()

    def _offer(self, *, whole: bool = False) -> None:
        typed = "" if whole else self.text().strip().casefold()
        assert self.list is not None  # only a line with answers offers them
        self.list.offer([answer for answer in self._answers if answer.casefold().startswith(typed)])

    def _take(self, at: int) -> None:
        assert self.list is not None
        self.setText(self.list.lines[at])
        self.textEdited.emit(self.text())
        self.list.hide()
        self.moved.emit(1)

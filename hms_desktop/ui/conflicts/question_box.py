# SPDX-License-Identifier: Apache-2.0
"""One question with its choices as tiles side by side, one below the other where the room is narrow."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QVBoxLayout, QWidget

from hms_desktop.ui.conflicts.questions import Question
from hms_desktop.ui.conflicts.side_tile import SideTile
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme

_NARROWEST = 190


class QuestionBox(QWidget):
    """`answered(question, answer)` when a choice was made; none is made at first."""

    answered = Signal(str, str)

    def __init__(self, question: Question, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = question
        self.setAccessibleName(question.label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(3))
        column.addWidget(Text(question.label, "subheading"))
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(theme.space(4))
        column.addLayout(self._row)
        self._group = QButtonGroup(self)
        self.tiles: list[SideTile] = []
        for at, choice in enumerate(question.choices, start=1):
            tile = SideTile(choice.key, choice.words, choice.note, str(at) if at < 10 else "")
            tile.clicked.connect(lambda _on, key=choice.key: self.answered.emit(question.key, key))
            self._group.addButton(tile)
            self._row.addWidget(tile, 1)
            self.tiles.append(tile)

    def show_answer(self, answer: str | None) -> None:
        """Mark what was chosen."""
        for tile in self.tiles:
            if tile.answer == answer:
                tile.setChecked(True)

    def show_keys(self, shown: bool) -> None:
        """Show the digits while they choose here."""
        for tile in self.tiles:
            tile.show_key(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand upright where the room is narrow."""
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        narrow = self.width() < len(self.tiles) * theme.grow(_NARROWEST)
        self._row.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)

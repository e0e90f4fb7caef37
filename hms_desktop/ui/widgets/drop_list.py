# SPDX-License-Identifier: Apache-2.0
"""The list of choices under a field: inside the same window, so that the keyboard stays in the line typed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QStringListModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListView

from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.theme import theme

_MOST_SHOWN = 9


class DropList(QListView):
    """Opens below `line` (above, when there is more room); Up, Down, Enter and Escape in the line work on it.

    `picked` is called with the position of the chosen line.
    """

    def __init__(self, line: QLineEdit, picked: Callable[[int], object]) -> None:
        super().__init__(line)
        self._line = line
        self._picked = picked
        self._lines = QStringListModel(self)
        self.setModel(self._lines)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        dress(self, kind="choices")
        line.installEventFilter(self)
        line.destroyed.connect(self.deleteLater)  # an open list has the window for a parent, not the line
        self.clicked.connect(lambda index: self._pick(index.row()))
        self.hide()

    @property
    def lines(self) -> list[str]:
        """What is offered."""
        return self._lines.stringList()

    def offer(self, lines: Sequence[str]) -> None:
        """Show these lines; none closes the list."""
        self._lines.setStringList(list(lines))
        if not lines:
            self.hide()
            return
        self.setParent(self._line.window())
        self.setGeometry(self._place(len(lines)))
        self.setCurrentIndex(self._lines.index(0))
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys of an open list out of the line; close when the keyboard leaves it."""
        if watched is not self._line or not self.isVisible():
            return False
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.Hide, QEvent.Type.Resize):
            self.hide()
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key not in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            return False
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        at = self.currentIndex().row()
        if key == Qt.Key.Key_Escape:
            self.hide()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(at)
        else:
            step = 1 if key == Qt.Key.Key_Down else -1
            self.setCurrentIndex(self._lines.index((at + step) % self._lines.rowCount()))
        return True

    def _pick(self, at: int) -> None:
        self.hide()
        if at >= 0:
            self._picked(at)

    def _place(self, count: int) -> QRect:
        window = self._line.window()
        row = max(self.sizeHintForRow(0), theme.control_height())
        height = row * min(count, _MOST_SHOWN) + theme.space(4)
        top_left = self._line.mapTo(window, QPoint(0, self._line.height() + 2))
        widest = self.sizeHintForColumn(0) + theme.space(7)
        width = min(max(self._line.width(), widest), window.width() - top_left.x() - theme.space(3))
        below = window.height() - top_left.y() - theme.space(3)
        above = top_left.y() - self._line.height() - theme.space(3)
        if below < height and above > below:
            height = min(height, above)
            return QRect(top_left.x(), above + theme.space(2) - height, width, height)
        return QRect(top_left.x(), top_left.y(), width, min(height, max(below, row)))

# SPDX-License-Identifier: Apache-2.0
"""A row whose parts go on to the next line when the width ends, in reading direction."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class FlowRow(QWidget):
    """Parts side by side, wrapping; each keeps the size it asks for and is centred in its line.

    A part that is wider than the whole row and can be higher instead takes the row's width.
    """

    def __init__(self, gap: int = 8, line_gap: int = 4, parent: QWidget | None = None, *, margin: int = 0) -> None:
        super().__init__(parent)
        self._gap = gap
        self._line_gap = line_gap
        self._margin = margin
        self._parts: list[QWidget] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def parts(self) -> list[QWidget]:
        """The parts in reading order."""
        return list(self._parts)

    def fill(self, parts: Iterable[QWidget]) -> None:
        """Replace what is there."""
        for old in self._parts:
            old.hide()
            old.deleteLater()
        self._parts = []
        for part in parts:
            self.add(part)
        self._place()

    def add(self, part: QWidget) -> None:
        """Add one part at the end."""
        part.setParent(self)
        part.show()
        self._parts.append(part)
        self.updateGeometry()
        self._place()

    def sizeHint(self) -> QSize:
        """All parts in one line."""
        width = sum(self._size(part).width() for part in self._shown()) + self._gap * max(0, len(self._shown()) - 1)
        width += 2 * self._margin
        return QSize(width, self.heightForWidth(max(width, 1)))

    def minimumSizeHint(self) -> QSize:
        """As narrow as its widest part."""
        width = max((self._least(part) for part in self._shown()), default=0) + 2 * self._margin
        return QSize(width, self.heightForWidth(max(self.width(), width)))

    def hasHeightForWidth(self) -> bool:
        """Its height depends on its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height in pixels of all lines at a width."""
        return max((rect.bottom() + 1 + self._margin for _part, rect in self._plan(width)), default=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._place()
        self.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        """What parts asked for while nobody saw them was not told."""
        super().showEvent(event)
        self._place()
        self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        """A part asks for another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._place()
        return super().event(event)

    def _place(self) -> None:
        for part, rect in self._plan(self.width()):
            part.setGeometry(self.style().visualRect(self.layoutDirection(), self.rect(), rect))

    def _shown(self) -> list[QWidget]:
        return [part for part in self._parts if not part.isHidden()]

    def _plan(self, width: int) -> list[tuple[QWidget, QRect]]:
        lines: list[list[tuple[QWidget, QSize]]] = []
        room = -1
        whole = width - 2 * self._margin
        for part in self._shown():
            size = self._size(part)
            if size.width() > whole > 0 and part.sizePolicy().hasHeightForWidth():
                size = QSize(whole, part.heightForWidth(whole))
            if not lines or size.width() > room:
                lines.append([])
                room = whole
            lines[-1].append((part, size))
            room -= size.width() + self._gap
        return self._rects(lines)

    def _rects(self, lines: list[list[tuple[QWidget, QSize]]]) -> list[tuple[QWidget, QRect]]:
        placed = []
        top = self._margin
        for line in lines:
            height = max(size.height() for _part, size in line)
            left = self._margin
            for part, size in line:
                placed.append((part, QRect(left, top + (height - size.height()) // 2, size.width(), size.height())))
                left += size.width() + self._gap
            top += height + self._line_gap
        return placed

    def _least(self, part: QWidget) -> int:
        return part.minimumSizeHint().width() if part.sizePolicy().hasHeightForWidth() else self._size(part).width()

    def _size(self, part: QWidget) -> QSize:
        return part.sizeHint().expandedTo(part.minimumSizeHint()).expandedTo(part.minimumSize())

# SPDX-License-Identifier: Apache-2.0
"""The filter row above a list: one choice of several, each with its count (`To arrive 18`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.reading import mirrored, write
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Segment:
    """One choice: the key that is passed on, its words, and how many rows it leaves (None = not counted)."""

    key: str
    words: str
    count: int | None = None

    @property
    def shown(self) -> str:
        """Words with the count behind them."""
        if self.count is None:
            return self.words
        return _("{filter} {count}").format(filter=self.words, count=self.count)


class SegmentedFilter(FlowRow):
    """Segments side by side, on a second line where the first ends; `chosen` carries the key. Left and right move, as
    in a group of radio buttons."""

    chosen = Signal(str)

    def __init__(self, segments: Sequence[Segment] = (), name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(0, 0, parent, margin=2)
        policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(name or _("Filter"))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, _Part] = {}
        self.set_segments(segments)

    def set_segments(self, segments: Sequence[Segment]) -> None:
        """Show these segments; with the same keys only the words and counts change."""
        if list(self._buttons) != [segment.key for segment in segments]:
            self._rebuild(segments)
        for segment in segments:
            self._buttons[segment.key].show_segment(segment)

    def choose(self, key: str) -> None:
        """Choose a segment and tell it."""
        if key in self._buttons and not self._buttons[key].isChecked():
            self._buttons[key].setChecked(True)
            self.chosen.emit(key)

    def current(self) -> str:
        """The key of the chosen segment."""
        return next((key for key, part in self._buttons.items() if part.isChecked()), "")

    def _rebuild(self, segments: Sequence[Segment]) -> None:
        before = self.current()
        for part in self._buttons.values():
            self._group.removeButton(part)
        self._buttons = {segment.key: _Part(segment.key, self) for segment in segments}
        self.fill(self._buttons.values())
        for key, part in self._buttons.items():
            self._group.addButton(part)
            part.clicked.connect(lambda _checked, chosen=key: self.chosen.emit(chosen))
        if segments:
            self._buttons[before if before in self._buttons else segments[0].key].setChecked(True)

    def step(self, by: int) -> None:
        """Choose the segment beside the chosen one."""
        keys = list(self._buttons)
        at = keys.index(self.current()) + by
        if 0 <= at < len(keys):
            self.choose(keys[at])
            self._buttons[keys[at]].setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sunken ground that the segments lie in."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bg.sunken"))
        painter.drawRoundedRect(self.rect(), theme.radius("control"), theme.radius("control"))


class _Part(QAbstractButton):
    def __init__(self, key: str, bar: SegmentedFilter) -> None:
        super().__init__(bar)
        self._bar = bar
        self._segment = Segment(key, key)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_segment(self, segment: Segment) -> None:
        """Show words and count."""
        self._segment = segment
        self.setAccessibleName(segment.shown)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = _width(self._segment.shown, theme.scale) + 2 * theme.space(4)
        return QSize(width, theme.control_height() - theme.space(2))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose the neighbour."""
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = ways.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._bar.step(-step if mirrored(self) else step)

    def event(self, event: QEvent) -> bool:
        """Repaint when the pointer comes or goes."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave, QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        if chosen:
            painter.setPen(QPen(theme.colour("border.strong"), 1))
            painter.setBrush(theme.colour("bg.surface"))
            corner = theme.radius("chip") + 1
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
        painter.setPen(theme.colour("text.primary" if chosen or self.underMouse() else "text.secondary"))
        painter.setFont(_font(chosen))
        write(painter, QRect(0, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignCenter, self._segment.shown)


def _font(chosen: bool) -> QFont:
    font = QFont(theme.font("label", "tables"))
    font.setWeight(QFont.Weight.DemiBold if chosen else QFont.Weight.Medium)
    return font


@lru_cache(maxsize=512)
def _width(words: str, _scale: float) -> int:
    """Pixels of words at a text size; rows that wrap ask for it again and again."""
    return QFontMetrics(_font(True)).horizontalAdvance(words)


theme.changed.connect(_width.cache_clear)

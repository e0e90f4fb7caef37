# SPDX-License-Identifier: Apache-2.0
"""The sections of a chart (Summary, Timeline, Results 2 …): underlined words with counts, Ctrl+1 to Ctrl+9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from hms_desktop.ui.widgets.badge import badge_size, paint_badge
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Section:
    """One section: its key, words, and how many things in it wait for this person."""

    key: str
    words: str
    count: int = 0


class SectionTabs(QWidget):
    """A bar below the banner; `chosen` carries the key. `add_note` puts a chip at its end."""

    chosen = Signal(str)

    def __init__(self, sections: Sequence[Section], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        dress(self, surface="plain")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.space(5), 0, theme.space(5), 0)
        self._row.setSpacing(theme.space(2))
        self._flow = FlowRow(theme.space(2), 0)
        self._group = QButtonGroup(self)
        self._tabs: dict[str, _Tab] = {}
        for section in sections:
            tab = _Tab(self)
            self._tabs[section.key] = tab
            self._group.addButton(tab)
            self._flow.add(tab)
            tab.clicked.connect(lambda _on, key=section.key: self.chosen.emit(key))
            tab.show_section(section)
        self._row.addWidget(self._flow, 1)
        if sections:
            self._tabs[sections[0].key].setChecked(True)

    def show_count(self, section: Section) -> None:
        """Show another count."""
        self._tabs[section.key].show_section(section)

    def add_note(self, part: QWidget) -> None:
        """Put a chip at the end of the bar."""
        self._row.addWidget(part)

    def choose(self, key: str) -> None:
        """Choose a section and tell it."""
        if not self._tabs[key].isChecked():
            self._tabs[key].setChecked(True)
            self.chosen.emit(key)

    def choose_number(self, number: int) -> None:
        """Choose by place, 1 for the first; a place that is not there does nothing."""
        keys = list(self._tabs)
        if 1 <= number <= len(keys):
            self.choose(keys[number - 1])

    def current(self) -> str:
        """The key of the section shown."""
        return next((key for key, tab in self._tabs.items() if tab.isChecked()), "")

    def step(self, by: int) -> None:
        """Choose the neighbour and move the keyboard there."""
        keys = list(self._tabs)
        at = keys.index(self.current()) + by
        if 0 <= at < len(keys):
            self.choose(keys[at])
            self._tabs[keys[at]].setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground and the hairline below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg.surface"))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), theme.colour("border.subtle"))


class _Tab(QAbstractButton):
    def __init__(self, bar: SectionTabs) -> None:
        super().__init__(bar)
        self._bar = bar
        self._section = Section("", "")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_section(self, section: Section) -> None:
        """Show words and count."""
        self._section = section
        self.setAccessibleName(f"{section.words} {section.count}" if section.count else section.words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = _width(self._section.words, theme.scale) + 2 * theme.space(3)
        if self._section.count:
            width += badge_size(str(self._section.count)).width() + theme.space(3)
        return QSize(width, theme.grow(40))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose the neighbour."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._bar.step(-step if mirrored(self) else step)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        on, rtl = self.isChecked(), mirrored(self)
        inner = self.rect().adjusted(theme.space(3), 0, -theme.space(3), 0)
        painter.setFont(_font())
        painter.setPen(theme.colour("text.link" if on else "text.primary" if self.underMouse() else "text.secondary"))
        write(painter, inner, from_start(rtl), self._section.words)
        if self._section.count:
            size = badge_size(str(self._section.count))
            box = QRect(inner.right() - size.width() + 1, 0, size.width(), self.height())
            paint_badge(painter, turned(box, self.rect(), rtl), str(self._section.count), "quiet")
        if on:
            painter.fillRect(QRect(2, self.height() - 2, self.width() - 4, 2), theme.colour("primary.base"))


def _font() -> QFont:
    font = QFont(theme.font("body"))
    font.setWeight(QFont.Weight.DemiBold)
    return font


@lru_cache(maxsize=256)
def _width(words: str, _scale: float) -> int:
    """Pixels of words at a text size; a row that wraps asks for it again and again."""
    return QFontMetrics(_font()).horizontalAdvance(words)


theme.changed.connect(_width.cache_clear)

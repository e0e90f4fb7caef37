# SPDX-License-Identifier: Apache-2.0
"""Tiles: a few large choices side by side with icon, word and key (cash, card, mobile, plan); none chosen at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.buttons import key_words
from hms_desktop.ui.widgets.reading import from_end, from_start, mirrored, write
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class TileFace:
    """One tile: the key that is passed on, its words, icon, and the keyboard key shown in it."""

    key: str
    words: str
    icon: str
    shown_key: str = ""


class Tiles(QWidget):
    """One of a few; `chosen` carries the key."""

    chosen = Signal(str)

    def __init__(self, faces: Sequence[TileFace], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        self._group = QButtonGroup(self)
        self.tiles = {face.key: _Tile(face) for face in faces}
        for key, tile in self.tiles.items():
            self._group.addButton(tile)
            row.addWidget(tile)
            tile.clicked.connect(lambda _on, chosen=key: self.chosen.emit(chosen))

    def choose(self, key: str) -> None:
        """Choose a tile and tell it."""
        self.tiles[key].setChecked(True)
        self.chosen.emit(key)

    def current(self) -> str:
        """The chosen key, "" while none is."""
        return next((key for key, tile in self.tiles.items() if tile.isChecked()), "")


class _Tile(QAbstractButton):
    def __init__(self, face: TileFace) -> None:
        super().__init__()
        self._face = face
        self.setCheckable(True)
        self.setAccessibleName(face.words)
        self.setAccessibleDescription(key_words(face.shown_key))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Icon above words and key."""
        return QSize(self._words_width() + 2 * theme.space(3), theme.grow(54))

    def minimumSizeHint(self) -> QSize:
        """Words are never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tile; the chosen one has a tinted ground and a stronger border."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        painter.setPen(QPen(theme.colour("primary.base" if on else "border.control"), 2 if on else 1))
        painter.setBrush(theme.colour("primary.soft" if on else "bg.hover" if self.underMouse() else "bg.surface"))
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), corner, corner)
        ink = "text.link" if on else "text.primary" if self.isEnabled() else "text.disabled"
        side = theme.size("icon")
        square = QRect((self.width() - side) // 2, theme.space(3), side, side)
        icons.paint_icon(painter, square, self._face.icon, ink)
        self._paint_words(painter, ink, square.bottom())

    def _paint_words(self, painter: QPainter, ink: str, top: int) -> None:
        left = (self.width() - self._words_width()) // 2
        place = QRect(left, top, self._words_width(), self.height() - top)
        painter.setFont(_font())
        painter.setPen(theme.colour(ink))
        rtl = mirrored(self)
        write(painter, place, from_start(rtl), self._face.words)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text.secondary"))
        write(painter, place, from_end(rtl), key_words(self._face.shown_key))

    def _words_width(self) -> int:
        key = key_words(self._face.shown_key)
        gap = theme.space(2) + 2 if key else 0
        width = QFontMetrics(_font()).horizontalAdvance(self._face.words)
        return width + gap + QFontMetrics(theme.font("caption")).horizontalAdvance(key)


def _font() -> QFont:
    font = QFont(theme.font("label"))
    font.setWeight(QFont.Weight.DemiBold)
    return font

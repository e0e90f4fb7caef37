# SPDX-License-Identifier: Apache-2.0
"""Count badges and the round mark with a person's initials."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from hms_desktop.ui.widgets.labels import Painted, appear
from hms_desktop.ui.widgets.reading import write
from hms_desktop.ui.widgets.theme import theme

_GROUND = {"rail": ("rail.badge", "rail.onBadge"), "quiet": ("bg.sunken", "text.secondary")}


def initials(given: str, family: str) -> str:
    """Up to two letters for a person's mark: the first of the given name, then of the family name."""
    letters = [next((sign for sign in name if sign.isalnum()), "") for name in (given, family)]
    return unicodedata.normalize("NFC", "".join(letters)).upper()


def badge_size(words: str) -> QSize:
    """Size in pixels of a painted badge."""
    height = theme.grow(18)
    return QSize(max(height, QFontMetrics(_font()).horizontalAdvance(words) + theme.space(3)), height)


def paint_badge(painter: QPainter, rect: QRect, words: str, kind: str = "rail") -> None:
    """Paint a count into `rect`, centred."""
    ground, ink = _GROUND[kind]
    box = QRect(0, 0, badge_size(words).width(), badge_size(words).height())
    box.moveCenter(rect.center())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(ground))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(theme.colour(ink))
    painter.setFont(_font())
    write(painter, box, Qt.AlignmentFlag.AlignCenter, words)


def _font() -> QFont:
    font = QFont(theme.font("caption", "tables"))
    font.setWeight(QFont.Weight.DemiBold)
    return font


class Badge(Painted):
    """A count that needs this person; hidden at zero. `name` says what is counted (`3 results to verify`)."""

    def __init__(self, count: int = 0, name: str = "", *, kind: str = "rail", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self.set_count(count, name)

    def set_count(self, count: int, name: str = "") -> None:
        """Show a count; more than 99 is shown as `99+`."""
        self._words = "99+" if count > 99 else str(count)
        self.setAccessibleName(name or self._words)
        appear(self, count > 0)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the digits."""
        return badge_size(self._words)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the count."""
        paint_badge(QPainter(self), self.rect(), self._words, self._kind)


class Avatar(Painted):
    """A round mark with initials; decoration beside a name that stands in words."""

    def __init__(self, letters: str = "", side: int = 46, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letters = letters
        self._side = side

    def set_letters(self, letters: str) -> None:
        """Show other initials."""
        self._letters = letters
        self.update()

    def sizeHint(self) -> QSize:
        """A square that grows with the text."""
        return QSize(theme.grow(self._side), theme.grow(self._side))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the disc and the letters."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("primary.soft"))
        painter.drawEllipse(self.rect())
        font = QFont(theme.font("bodyStrong"))
        font.setPixelSize(max(10, round(self.height() * 0.36)))
        painter.setFont(font)
        painter.setPen(theme.colour("text.link"))
        write(painter, self.rect(), Qt.AlignmentFlag.AlignCenter, self._letters)

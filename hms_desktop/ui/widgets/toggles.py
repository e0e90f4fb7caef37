# SPDX-License-Identifier: Apache-2.0
"""Ticks and radio buttons with marks that stand out in every theme: the shape says it, not only the colour."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton, QSizePolicy, QWidget

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme

if TYPE_CHECKING:
    _Button = QAbstractButton
else:  # Qt's class comes with the button that this stands before
    _Button = object


class _Wrapping(_Button):
    """A mark with words that wrap, for a button of Qt's to stand before."""

    def sizeHint(self) -> QSize:
        """Room for the mark and the words."""
        return QSize(_size(self).width(), _least(self).height())

    def minimumSizeHint(self) -> QSize:
        """Words are never cut: they wrap."""
        return _least(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """Narrow, it becomes higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height in pixels of the words at a width."""
        return _height(self, width)

    def hitButton(self, pos: object) -> bool:
        """The whole of it can be pressed."""
        return True


class Radio(_Wrapping, QRadioButton):
    """One of several."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words.replace("&", "&&"), parent)
        _set_up(self, words)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the mark and the words."""
        shape = "radio-button-fill" if self.isChecked() else "circle"
        painter = QPainter(self)
        icons.paint_icon(painter, _mark(self), shape, _ink(self))
        _paint_words(painter, self)


class Tick(_Wrapping, QCheckBox):
    """Yes or not yes."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words.replace("&", "&&"), parent)
        _set_up(self, words)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, the tick and the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = _mark(self).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.colour(_ink(self)), 1.4))
        painter.setBrush(theme.colour("primary.base" if self.isChecked() else "bg.surface"))
        painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if self.isChecked():
            icons.paint_icon(painter, box.adjusted(1, 1, -1, -1), "check-bold", "text.onPrimary")
        _paint_words(painter, self)


def _set_up(toggle: QAbstractButton, words: str) -> None:
    toggle.setAccessibleName(words)
    toggle.setCursor(Qt.CursorShape.PointingHandCursor)
    policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    policy.setHeightForWidth(True)
    toggle.setSizePolicy(policy)


def _words(toggle: QAbstractButton) -> str:
    return toggle.text().replace("&&", "&")


def _size(toggle: QAbstractButton) -> QSize:
    words = _room(_words(toggle), 1, theme.scale).width()
    return QSize(theme.grow(18) + theme.space(3) + words + 2, max(theme.size("targetMin"), theme.grow(28)))


@lru_cache(maxsize=1_000)
def _room(words: str, width: int, scale: float) -> QSize:
    """Width of the words on one line and their height in lines of a width: a layout asks a dozen times."""
    metrics = QFontMetrics(theme.font("body"))
    lines = metrics.boundingRect(QRect(0, 0, width, 10_000), Qt.TextFlag.TextWordWrap, words)
    return QSize(metrics.horizontalAdvance(words), lines.height())


def _least(toggle: QAbstractButton) -> QSize:
    """A few words side by side; the height that all of them need at the width there is now."""
    whole = _size(toggle)
    narrow = min(whole.width(), theme.grow(180))
    return QSize(narrow, _height(toggle, max(toggle.width(), narrow)))


def _height(toggle: QAbstractButton, width: int) -> int:
    lines = _room(_words(toggle), max(1, width - theme.grow(18) - theme.space(3)), theme.scale)
    return max(_size(toggle).height(), lines.height() + theme.space(2))


def _mark(toggle: QAbstractButton) -> QRect:
    side = theme.grow(18)
    square = QRect(0, (toggle.height() - side) // 2, side, side)
    return turned(square, toggle.rect(), mirrored(toggle))


def _ink(toggle: QAbstractButton) -> str:
    if not toggle.isEnabled():
        return "text.disabled"
    return "primary.base" if toggle.isChecked() else "border.control"


def _paint_words(painter: QPainter, toggle: QAbstractButton) -> None:
    rtl = mirrored(toggle)
    place = turned(toggle.rect().adjusted(theme.grow(18) + theme.space(3), 0, 0, 0), toggle.rect(), rtl)
    painter.setFont(theme.font("body"))
    painter.setPen(theme.colour("text.primary" if toggle.isEnabled() else "text.disabled"))
    if place.width() + 2 >= _size(toggle).width() - theme.grow(18) - theme.space(3):
        write(painter, place, from_start(rtl), _words(toggle))
    else:
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        painter.drawText(place, int(from_start(rtl)) | Qt.TextFlag.TextWordWrap, _words(toggle))

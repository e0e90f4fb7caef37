# SPDX-License-Identifier: Apache-2.0
"""Chips: a status as shape, word and colour together; the same painting serves widgets and table cells."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.labels import Painted
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tokens import cue


@dataclass(frozen=True)
class ChipFace:
    """What a chip shows: a status of tokens.json (also conflict, stale, locked, readonly), words, its own icon.

    A `plain` chip has no ground and border (for a note in a table cell), a `strong` one is bold.
    """

    status: str
    words: str
    icon: str = ""
    plain: bool = False
    strong: bool = False

    @property
    def family(self) -> str:
        """The status whose colours it wears."""
        return cue(self.status).status

    @property
    def shape(self) -> str:
        """The name of its icon."""
        return self.icon or cue(self.status).icon


def saved_here() -> ChipFace:
    """The record has changes the server does not have yet."""
    return ChipFace("local", _("Saved here"))


def draft_here(time: str = "") -> ChipFace:
    """A draft kept on this device, with the time (hh:mm) it was last saved."""
    return ChipFace("local", _("Draft saved here {time}").format(time=time) if time else _("Draft here"))


def as_of(time: str) -> ChipFace:
    """What is shown is as old as this time (hh:mm or a date)."""
    return ChipFace("stale", _("As of {time}").format(time=time))


def conflict(words: str = "") -> ChipFace:
    """Two histories of this record stand against each other."""
    return ChipFace("conflict", words or _("Conflict"))


def locked(words: str) -> ChipFace:
    """Somebody else is editing: the words say who, since when."""
    return ChipFace("locked", words)


def view_only(reason: str = "") -> ChipFace:
    """The person may look but not change; the words name the reason."""
    return ChipFace("readonly", _("View only: {reason}").format(reason=reason) if reason else _("View only"))


def chip_size(face: ChipFace) -> QSize:
    """Size in pixels of a painted chip."""
    metrics = QFontMetrics(_font(face))
    width = theme.size("iconSmall") + theme.space(3) - 2 + metrics.horizontalAdvance(face.words)
    height = max(metrics.height() + theme.space(3), theme.size("iconSmall") + theme.space(2))
    return QSize(width + (0 if face.plain else 2 * (theme.space(3) - 1)), height)


def paint_chip(painter: QPainter, rect: QRect, face: ChipFace, *, rtl: bool = False) -> None:
    """Paint a chip at the leading edge of `rect`, centred upright."""
    size = chip_size(face)
    top = rect.top() + (rect.height() - size.height()) // 2
    box = turned(QRect(rect.left(), top, min(size.width(), rect.width()), size.height()), rect, rtl)
    family = f"status.{face.family}"
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pad = 0 if face.plain else theme.space(3) - 1
    if not face.plain:
        painter.setPen(QPen(theme.colour(f"{family}.border"), 1))
        painter.setBrush(theme.colour(f"{family}.bg"))
        corner = theme.radius("chip")
        painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
    inner = box.adjusted(pad, 0, -pad, 0)
    side = theme.size("iconSmall")
    square = QRect(inner.left(), inner.top() + (inner.height() - side) // 2, side, side)
    icons.paint_icon(painter, turned(square, inner, rtl), face.shape, f"{family}.fg")
    _paint_words(painter, inner, face, side + theme.space(3) - 2, rtl)


def _paint_words(painter: QPainter, inner: QRect, face: ChipFace, indent: int, rtl: bool) -> None:
    place = turned(inner.adjusted(indent, 0, 0, 0), inner, rtl)
    font = _font(face)
    painter.setFont(font)
    painter.setPen(theme.colour(f"status.{face.family}.fg"))
    words = QFontMetrics(font).elidedText(face.words, Qt.TextElideMode.ElideRight, place.width() + 1)
    write(painter, place, from_start(rtl), words)


def _font(face: ChipFace) -> QFont:
    font = QFont(theme.font("body" if face.plain else "label", "tables"))
    weight = QFont.Weight.Medium if not face.plain else QFont.Weight.DemiBold if face.strong else QFont.Weight.Normal
    font.setWeight(weight)
    return font


class Chip(Painted):
    """A chip as a widget of its own; never takes the focus, is read out by its words."""

    def __init__(self, status: str, words: str, *, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.show_face(ChipFace(status, words, icon))

    @classmethod
    def of(cls, face: ChipFace) -> Chip:
        """A widget for a face."""
        return cls(face.status, face.words, icon=face.icon)

    @property
    def face(self) -> ChipFace:
        """What it shows."""
        return self._face

    def show_face(self, face: ChipFace) -> None:
        """Show another status."""
        self._face = face
        self.setAccessibleName(face.words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for shape and words."""
        return chip_size(self._face)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the face."""
        paint_chip(QPainter(self), self.rect(), self._face, rtl=mirrored(self))

# SPDX-License-Identifier: Apache-2.0
"""The allergy box of a patient in exactly four states (NHS CUI): known, none, not recorded, unavailable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import appear
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

AllergyState = Literal["known", "none", "not_recorded", "unavailable"]


@dataclass(frozen=True)
class Allergy:
    """One substance with its worst reaction."""

    substance: str
    reaction: str = ""

    @property
    def words(self) -> str:
        """Substance with the reaction in brackets."""
        return f"{self.substance} ({self.reaction})" if self.reaction else self.substance


@dataclass(frozen=True)
class Allergies:
    """What is known of a patient's allergies; `known` worst first.

    `note` is who asked and when (none), or why nothing is shown (unavailable).
    """

    state: AllergyState
    known: tuple[Allergy, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if (self.state == "known") != bool(self.known):
            raise ValueError("known allergies need at least one substance, and only they have any")


# state: (status family, solid, icon)
LOOKS: dict[str, tuple[str, bool, str]] = {
    "known": ("critical", True, "warning-octagon-fill"),
    "none": ("success", False, "check-circle-fill"),
    "not_recorded": ("warning", False, "question-fill"),
    "unavailable": ("neutral", False, "eye-slash"),
}


def heading(allergies: Allergies) -> str:
    """The fixed words of the state."""
    return {
        "known": _("Known allergies"),
        "none": _("No known allergies"),
        "not_recorded": _("Allergies not recorded"),
        "unavailable": _("Allergies unavailable"),
    }[allergies.state]


def fit_names(known: tuple[Allergy, ...], metrics: QFontMetrics, width: int, lines: int = 3) -> list[str]:
    """The allergies in at most `lines` lines of `width` pixels: whole names, then “+2 more”, never a cut name.

    The worst one is always said whole, in as many lines as it takes.
    """
    rows: list[str] = []
    for shown in range(len(known), 0, -1):
        rest = len(known) - shown
        names = [allergy.words for allergy in known[:shown]]
        if rest:
            names.append(ngettext("+{count} more", "+{count} more", rest).format(count=rest))
        rows = _wrap([f"{name}," for name in names[:-1]] + names[-1:], metrics, width)
        if len(rows) <= lines:
            break
    return rows


def _wrap(parts: list[str], metrics: QFontMetrics, width: int) -> list[str]:
    """Parts side by side, each in one piece if a line can hold it, else broken between its words."""
    rows: list[str] = []
    for part in parts:
        for piece in [part] if metrics.horizontalAdvance(part) <= width else part.split():
            grown = f"{rows[-1]} {piece}" if rows else piece
            if rows and metrics.horizontalAdvance(grown) <= width:
                rows[-1] = grown
            else:
                rows.append(piece)
    return rows


class AllergyBox(QWidget):
    """The box at the end of the banner. `opened` when pressed, `ask` for “Ask now”."""

    opened = Signal()
    ask = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._allergies = Allergies("unavailable", note=_("Not read yet"))
        self._askable = True
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        self.panel = _Panel()
        self.panel.clicked.connect(self.opened)
        self.ask_button = Button(_("Ask now"), clicked=self.ask.emit)
        row.addWidget(self.panel, 1)
        row.addWidget(self.ask_button)
        self.show_allergies(self._allergies)

    def offer_asking(self, may: bool) -> None:
        """Whether the person here may write down the answer; who may not is not offered the button."""
        self._askable = may
        self.show_allergies(self._allergies)

    def show_allergies(self, allergies: Allergies) -> None:
        """Show another state."""
        self._allergies = allergies
        self.panel.show_allergies(allergies)
        appear(self.ask_button, self._askable and allergies.state == "not_recorded")
        self.updateGeometry()


class _Panel(QAbstractButton):
    def __init__(self) -> None:
        super().__init__()
        self._allergies = Allergies("unavailable")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_allergies(self, allergies: Allergies) -> None:
        """Show another state; the accessible name holds every substance."""
        self._allergies = allergies
        every = ", ".join(allergy.words for allergy in allergies.known)
        self.setAccessibleName(". ".join(part for part in (heading(allergies), every, allergies.note) if part))
        self.setToolTip(tip(every if len(allergies.known) > 1 else ""))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """From 330 to 420 px at 100 % text, as high as its words at the width it has."""
        left, right = self._room(max(self.width(), theme.grow(330)))
        lines = 1 + max(1, len(self._lines(right - left)))
        return QSize(theme.grow(330), theme.grow(16) * lines + theme.grow(20))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the words elsewhere."""
        super().resizeEvent(event)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, icon, state and substances."""
        family, solid, shape = LOOKS[self._allergies.state]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = ("solid", "onSolid") if solid else ("bg", "fg")
        border = "solid" if solid else "border"
        painter.setPen(QPen(theme.colour(f"status.{family}.{border}"), 1))
        painter.setBrush(theme.colour(f"status.{family}.{ground}"))
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
        role = f"status.{family}.{ink}"
        side = theme.size("icon")
        square = QRect(theme.space(5), (self.height() - side) // 2, side, side)
        icons.paint_icon(painter, self._turned(square), shape, role)
        if solid:
            caret = QRect(self.width() - theme.space(4) - side, square.top(), side, side)
            icons.paint_icon(painter, self._turned(caret), "caret-right", role)
        painter.setPen(theme.colour(role))
        self._paint_words(painter)

    def _room(self, width: int) -> tuple[int, int]:
        """Where the words begin and end in a panel of this width: behind the icon, before the arrow."""
        icon = theme.size("icon")
        arrow = icon + theme.space(3) if self._allergies.known else 0
        return theme.space(5) + icon + theme.space(4), width - theme.space(4) - arrow

    def _paint_words(self, painter: QPainter) -> None:
        left, right = self._room(self.width())
        lines = self._lines(right - left)
        step = theme.grow(16)
        top = (self.height() - step * (1 + len(lines))) // 2
        flags = from_start(mirrored(self))
        painter.setFont(_head_font())
        write(painter, self._turned(QRect(left, top, right - left, step)), flags, heading(self._allergies).upper())
        painter.setFont(self._body_font())
        for line in lines:
            top += step
            write(painter, self._turned(QRect(left, top, right - left, step)), flags, line)

    def _lines(self, width: int) -> list[str]:
        metrics = QFontMetrics(self._body_font())
        if self._allergies.known:
            return fit_names(self._allergies.known, metrics, width)
        return _wrap([self._allergies.note], metrics, width) if self._allergies.note else []

    def _body_font(self) -> QFont:
        font = QFont(theme.font("label"))
        font.setWeight(QFont.Weight.Bold if self._allergies.known else QFont.Weight.Medium)
        return font

    def _turned(self, rect: QRect) -> QRect:
        return turned(rect, self.rect(), mirrored(self))


def _head_font() -> QFont:
    font = QFont(theme.font("caption"))
    font.setWeight(QFont.Weight.DemiBold)
    return font

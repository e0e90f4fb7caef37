# SPDX-License-Identifier: Apache-2.0
"""The allergy box of a patient in exactly four states (NHS CUI): known, none, not recorded, unavailable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import appear
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme

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


def fit_names(known: tuple[Allergy, ...], metrics: QFontMetrics, width: int, lines: int = 2) -> list[str]:
    """The allergies in at most `lines` lines of `width` pixels: whole names, then “+2 more”, never a cut name."""
    rows = [""]
    for index, allergy in enumerate(known):
        rest = len(known) - index - 1
        more = ngettext("+{count} more", "+{count} more", rest + 1).format(count=rest + 1)
        tail = f", {ngettext('+{count} more', '+{count} more', rest).format(count=rest)}" if rest else ""
        grown = f"{rows[-1]}, {allergy.words}" if rows[-1] else allergy.words
        last = len(rows) == lines
        if metrics.horizontalAdvance(grown + (tail if last else ",")) <= width or not rows[-1]:
            rows[-1] = grown
        elif not last:
            rows[-1] += ","
            rows.append(allergy.words)
        else:
            rows[-1] += f", {more}"
            break
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
        self.setToolTip(every if len(allergies.known) > 1 else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """From 330 to 420 px at 100 % text."""
        lines = 2 + (len(self._lines(theme.grow(290))) > 1)
        return QSize(theme.grow(330), theme.grow(16) * lines + theme.grow(20))

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
        self._paint_words(painter, theme.space(5) + side + theme.space(4))

    def _paint_words(self, painter: QPainter, left: int) -> None:
        right = self.width() - theme.space(4) - (theme.size("icon") if self._allergies.known else 0)
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
        if not self._allergies.note:
            return []
        return [metrics.elidedText(self._allergies.note, Qt.TextElideMode.ElideRight, width)]

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

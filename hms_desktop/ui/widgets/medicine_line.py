# SPDX-License-Identifier: Apache-2.0
"""One medicine as two lines in the NHS Common User Interface style; never cut, it wraps between its parts.

`**hydroCHLOROthiazide** - 12.5 mg tablet` over `DOSE **12.5 mg** - oral - once a day - 28 days`, with em dashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.reading import write
from hms_desktop.ui.widgets.stylesheet import TONES
from hms_desktop.ui.widgets.theme import theme

_DASH = " \N{EM DASH} "


@dataclass(frozen=True)
class Medicine:
    """What is ordered: `name` generic, `product` strength and form (`12.5 mg tablet`), `brand` after the generic,
    `dose` as taken (`12.5 mg`), `rest` what follows it: route, frequency, duration, in words."""

    name: str
    product: str = ""
    dose: str = ""
    rest: tuple[str, ...] = ()
    brand: str = ""


@dataclass(frozen=True)
class Run:
    """A piece of a line that stays together: words, weight, tone; `dash` is set before it on the same line."""

    words: str
    strong: bool = False
    tone: str = "primary"
    small: bool = False
    dash: bool = True


def medicine_words(medicine: Medicine) -> str:
    """The medicine as plain text in two lines, as it is copied and read out."""
    first = _DASH.join(part for part in (_full_name(medicine), medicine.product) if part)
    second = _DASH.join(part for part in (medicine.dose, *medicine.rest) if part)
    return f"{first}\n{_('DOSE')} {second}" if second else first


def medicine_runs(medicine: Medicine) -> tuple[list[Run], list[Run]]:
    """The pieces of the two lines."""
    first = [Run(tall_man(medicine.name), strong=True, dash=False)]
    if medicine.brand:
        first.append(Run(f"({medicine.brand})", tone="secondary", dash=False))
    if medicine.product:
        first.append(Run(medicine.product, tone="secondary"))
    second = []
    if medicine.dose:
        second = [Run(_("DOSE"), tone="secondary", small=True, dash=False), Run(medicine.dose, strong=True, dash=False)]
    for part in filter(None, medicine.rest):
        second.append(Run(part, tone="secondary", dash=bool(second)))
    return first, second


def _full_name(medicine: Medicine) -> str:
    name = tall_man(medicine.name)
    return f"{name} ({medicine.brand})" if medicine.brand else name


class MedicineLine(QWidget):
    """Shows one medicine; its accessible name is the whole of it. Latin script keeps its direction in any language."""

    def __init__(self, medicine: Medicine, *, ended: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.show_medicine(medicine, ended=ended)

    def show_medicine(self, medicine: Medicine, *, ended: bool = False) -> None:
        """Show another medicine; an ended one is struck through."""
        self.medicine = medicine
        self._ended = ended
        spoken = medicine_words(medicine).replace(_DASH, ", ").replace("\n", ", ")
        self.setAccessibleName(_("Ended: {medicine}").format(medicine=spoken) if ended else spoken)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Its height depends on its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height in pixels with every part whole."""
        return len(self._lines(width)) * _line_height()

    def sizeHint(self) -> QSize:
        """Two lines side by side with the longer."""
        width = max((sum(_width(run) for run in runs) for runs in medicine_runs(self.medicine) if runs), default=0)
        return QSize(min(width, theme.grow(420)), self.heightForWidth(min(width, theme.grow(420)) + 1))

    def minimumSizeHint(self) -> QSize:
        """As narrow as the longest single word."""
        words = [word for runs in medicine_runs(self.medicine) for run in runs for word in run.words.split()]
        widest = max((QFontMetrics(_font(Run("", strong=True))).horizontalAdvance(word) for word in words), default=0)
        return QSize(widest, self.heightForWidth(max(self.width(), widest)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for the height that this width needs."""
        super().resizeEvent(event)
        if event.oldSize().width() != self.width():
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the parts, line by line."""
        painter = QPainter(self)
        top = 0
        for line in self._lines(self.width()):
            left = 0
            for run in line:
                place = QRect(left, top, _width(run), _line_height())
                self._paint_run(painter, place, run)
                left += place.width()
            top += _line_height()

    def _paint_run(self, painter: QPainter, place: QRect, run: Run) -> None:
        font = _font(run)
        font.setStrikeOut(self._ended)
        painter.setFont(font)
        painter.setPen(theme.colour(TONES[run.tone]))
        words = f"{_DASH.lstrip() if run.dash else ''}{run.words} "
        write(painter, place, _LEFT, words)

    def _lines(self, width: int) -> list[list[Run]]:
        return [line for runs in medicine_runs(self.medicine) if runs for line in broken(runs, width)]


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute


def broken(runs: Sequence[Run], width: int) -> list[list[Run]]:
    """The runs in lines of at most `width` pixels, broken between parts; a part wider than that, between its words."""
    lines: list[list[Run]] = [[]]
    room = width
    for run in _split(runs, width):
        needed = _width(run)
        if lines[-1] and needed > room:
            lines.append([])
            room = width
        lines[-1].append(run)
        room -= needed
    return lines


def _split(runs: Sequence[Run], width: int) -> list[Run]:
    pieces = []
    for run in runs:
        if _width(run) <= width:
            pieces.append(run)
            continue
        for at, word in enumerate(run.words.split()):
            pieces.append(Run(word, run.strong, run.tone, run.small, run.dash and at == 0))
    return pieces


def _width(run: Run) -> int:
    words = f"{_DASH.lstrip() if run.dash else ''}{run.words} "
    return QFontMetrics(_font(run)).horizontalAdvance(words)


def _font(run: Run) -> QFont:
    font = QFont(theme.font("caption" if run.small else "body"))
    font.setWeight(QFont.Weight.DemiBold if run.strong else QFont.Weight.Normal)
    return font


def _line_height() -> int:
    return theme.line_height("body")

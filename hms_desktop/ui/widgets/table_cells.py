# SPDX-License-Identifier: Apache-2.0
"""What stands in a table: columns, and cells with one or two lines, an icon or a chip; as picture, speech and copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.theme import Figures

AMENDED_ICON = "pencil-simple"
"""The sign of what was written anew, the same in lists, on the banner and on cards."""


class Drawing(Protocol):
    """Something a cell paints by itself, such as a sparkline."""

    def paint(self, painter: QPainter, rect: QRect) -> None:
        """Paint into `rect`."""

    def spoken(self) -> str:
        """The same in words."""


@dataclass(frozen=True)
class Cell:
    """One cell. An empty cell means “not recorded”; zero is `0`.

    `sub` is a weaker second line, `tone` a colour name of stylesheet.TONES. A chip stands in place of the text, an
    icon before it; `spoken` replaces what is read out when the written form is short for it. `amended` says what of it
    was written anew (`Corrected: name`) and puts the sign of that behind the first line.
    """

    text: str = ""
    sub: str = ""
    chip: ChipFace | None = None
    tone: str = "primary"
    sub_tone: str = "secondary"
    strong: bool = False
    icon: str = ""
    drawing: Drawing | None = None
    spoken: str = ""
    amended: str = ""

    @property
    def words(self) -> str:
        """What the cell says, for a screen reader and for a copy."""
        drawn = self.drawing.spoken() if self.drawing else ""
        parts = (self.spoken or self.text, self.sub, self._chip_words(), drawn, self.amended)
        return ", ".join(part for part in parts if part)

    @property
    def copied(self) -> str:
        """What a copy of the cell holds: its words in one line."""
        parts = (self.text, self.sub, self._chip_words(), self.amended)
        return " ".join(", ".join(part for part in parts if part).split())

    def _chip_words(self) -> str:
        return self.chip.words if self.chip else ""


Shown = Cell | str | int | Decimal | None


def as_cell(shown: Shown) -> Cell:
    """A plain value as a cell; None is an empty one."""
    if isinstance(shown, Cell):
        return shown
    if shown is None:
        return Cell()
    return Cell(show_decimal(shown) if isinstance(shown, Decimal) else str(shown))


@dataclass(frozen=True)
class Column:
    """One column: `cell` makes what is shown of a row.

    `width` is in pixels at 100 % text and the least the column takes; `stretch` shares what is left over. `sort` names
    the column in an Ask ("" = can't be sorted). Numbers stand at the end (`end=True`) in equally wide figures. The
    first column, and `fixed` ones right after it, stay in place when the table is scrolled sideways. In a column that
    `wraps`, words that need more room go on in further lines and the row grows: for names that must not be cut, in
    lists of some hundred rows at most. Where large text or a narrow window leaves too little room, columns that say so
    give way, the greatest number first, before the table scrolls sideways: only what the detail of a row shows as well.
    """

    key: str
    title: str
    cell: Callable[[Any], Shown]
    width: int = 100
    stretch: int = 0
    end: bool = False
    sort: str = ""
    figures: Figures = ""
    shown: bool = True
    fixed: bool = False
    wraps: bool = False
    gives_way: int = 0

    def of(self, row: Any) -> Cell:
        """The cell of a row."""
        return as_cell(self.cell(row))


def row_summary(columns: Sequence[Column], row: Any) -> str:
    """A row as one sentence for a screen reader, cells in their order, empty ones left out."""
    return ", ".join(words for words in (column.of(row).words for column in columns) if words)


def row_as_text(columns: Sequence[Column], row: Any) -> str:
    """Headings and cells as two lines divided by tabs, as a spreadsheet takes them."""
    heads = "\t".join(column.title or _("Mark") for column in columns)
    return f"{heads}\n" + "\t".join(column.of(row).copied for column in columns)

# SPDX-License-Identifier: Apache-2.0
"""How text looks on paper: ink colours of the light theme, paragraph styles, and the small blocks built from them."""

from __future__ import annotations

from functools import cache
from typing import Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from hms_desktop.documents import fonts, wording

INK, QUIET, HAIRLINE, LINE = HexColor("#12232A"), HexColor("#43565E"), HexColor("#C9D3D7"), HexColor("#7A8B93")
PRIMARY, SOFT = HexColor("#0B6077"), HexColor("#EEF5F7")
CRITICAL, CRITICAL_SOFT = HexColor("#98201A"), HexColor("#FDF3F2")
WARNING, WARNING_SOFT, WARNING_LINE = HexColor("#734600"), HexColor("#FFF7E3"), HexColor("#C99A2E")
SUCCESS = HexColor("#16603A")
WHITE = HexColor("#FFFFFF")
Align = Literal[0, 1, 2]
LEFT: Align = TA_LEFT
CENTRE: Align = TA_CENTER
RIGHT: Align = TA_RIGHT
LEADING = 1.28


@cache
def style(
    size: float = 9,
    font: str = fonts.TEXT,
    ink: Color = INK,
    align: Align = LEFT,
    shaped: bool = False,
    leading: float = LEADING,
) -> ParagraphStyle:
    """A paragraph style: size in points, leading as a multiple of it; `shaped` for scripts whose letters join."""
    fonts.register()
    return ParagraphStyle(
        f"{font}-{size}-{align}",
        fontName=font,
        fontSize=size,
        leading=size * leading,
        textColor=ink,
        alignment=align,
        splitLongWords=1,
        shaping=int(shaped),
        allowWidows=0,
        allowOrphans=0,
    )


def text(
    words: str, size: float = 9, font: str = fonts.TEXT, ink: Color = INK, align: Align = LEFT, leading: float = LEADING
) -> Paragraph:
    """A paragraph of plain words: anything in them that looks like markup is printed, not obeyed."""
    shaped = wording.needs_shaping(words)
    return Paragraph(wording.markup(words) or "&nbsp;", style(size, font, ink, align, shaped, leading))


def rich(parts: tuple[tuple[str, str], ...], size: float = 9, ink: Color = INK, align: Align = LEFT) -> Paragraph:
    """One paragraph from (words, font) parts, each made safe by itself."""
    shaped = any(wording.needs_shaping(words) for words, _font in parts)
    inner = "".join(f'<font name="{font}">{wording.markup(words)}</font> ' for words, font in parts if words)
    return Paragraph(inner.rstrip() or "&nbsp;", style(size, fonts.TEXT, ink, align, shaped))


def struck(words: str, size: float = 9, align: Align = LEFT) -> Paragraph:
    """Words that no longer hold: readable, with a line through them."""
    inner = f"<strike>{wording.markup(words)}</strike>"
    return Paragraph(inner, style(size, fonts.TEXT, QUIET, align, wording.needs_shaping(words)))


def heading(words: str) -> Paragraph:
    """The heading of a section; it stays with what follows."""
    made = text(words, 10.5, fonts.STRONG, PRIMARY, leading=1.5)
    made.keepWithNext = 1
    return made


def gap(millimetres: float) -> Spacer:
    """Empty height."""
    return Spacer(1, millimetres * 72 / 25.4)


def stacked(blocks: list[Flowable], width: float) -> Table:
    """Blocks one below the other in a cell of this width (points), without padding."""
    table = Table([[block] for block in blocks], colWidths=[width], splitInRow=1)
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return table


def boxed(blocks: list[Flowable], width: float, edge: Color, fill: Color, thick: float = 0.8) -> Table:
    """Blocks in a box with round corners; the edge carries the meaning in greyscale, the fill only supports it."""
    table = Table([[block] for block in blocks], colWidths=[width])
    last = len(blocks) - 1
    table.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), thick, edge),
                ("BACKGROUND", (0, 0), (-1, -1), fill),
                ("ROUNDEDCORNERS", [4] * 4),
                ("LEFTPADDING", (0, 0), (-1, -1), 7),
                ("RIGHTPADDING", (0, 0), (-1, -1), 7),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ("TOPPADDING", (0, 0), (0, 0), 5),
                ("BOTTOMPADDING", (0, last), (0, last), 6),
            ]
        )
    )
    return table

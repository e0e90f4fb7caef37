# SPDX-License-Identifier: Apache-2.0
"""Tables on paper: hairlines, no zebra, headings repeated on every page, figures to the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.platypus import Flowable, Table, TableStyle

from hms_desktop.documents import fonts, styles

Cell = str | Flowable | list[Flowable]
Command = tuple[str, tuple[int, int], tuple[int, int], *tuple[Any, ...]]


@dataclass(frozen=True)
class Column:
    """A column: heading, its share of the width, and how its cells are set."""

    title: str
    share: float
    align: styles.Align = styles.LEFT
    font: str = fonts.TEXT
    size: float = 9


def listing(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], width: float, extra: Sequence[Command] = ()
) -> Flowable:
    """A table with a heading row; plain strings are set as the column says, blocks are taken as they are."""
    total = sum(column.share for column in columns)
    heads = [styles.text(column.title, 7.5, fonts.STRONG, styles.QUIET, column.align) for column in columns]
    body = [[_cell(column, cell) for column, cell in zip(columns, row, strict=True)] for row in rows]
    table = Table(
        [heads, *body], colWidths=[width * column.share / total for column in columns], repeatRows=1, splitInRow=1
    )
    table.setStyle(TableStyle([*_RULES, *extra]))
    return table


def facts(pairs: Sequence[tuple[str, str]], width: float, columns: int = 2) -> Flowable:
    """Label and value beside each other, in reading order, in so many columns; empty values are left out."""
    shown = [(label, value) for label, value in pairs if value]
    rows = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    cells: list[list[Cell]] = [[part for label, value in row for part in _fact(label, value)] for row in rows]
    for row in cells:
        row += [""] * (columns * 2 - len(row))
    share = width / columns
    left = min(max((fonts.width(label, fonts.TEXT, 8) for label, _value in shown), default=0) + 10, share / 2)
    table = Table(cells or [[""] * columns * 2], colWidths=[left, share - left] * columns, splitInRow=1)
    table.setStyle(TableStyle(_FACTS))
    return table


def totals(rows: Sequence[tuple[str, str, bool]], width: float) -> Flowable:
    """Sums at the foot, right: (label, amount, whether it is the one to look at)."""
    cells: list[list[Cell]] = [
        [
            "",
            styles.text(label, 10.5 if main else 9, fonts.STRONG if main else fonts.TEXT),
            styles.text(amount, 12 if main else 9, fonts.STRONG, align=styles.RIGHT),
        ]
        for label, amount, main in rows
    ]
    table = Table(cells, colWidths=[width * 0.5, width * 0.25, width * 0.25])
    ruled: list[Command] = [
        ("LINEABOVE", (1, index), (-1, index), 0.8, styles.LINE)
        for index, (_label, _amount, main) in enumerate(rows)
        if main
    ]
    table.setStyle(TableStyle([*_TIGHT, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *ruled]))
    return table


def inset(blocks: list[Flowable], width: float) -> Flowable:
    """Blocks that belong together, with a rule down their left side."""
    table = Table([[block] for block in blocks], colWidths=[width], splitInRow=1, spaceAfter=4)
    table.setStyle(
        TableStyle(
            [
                ("LINEBEFORE", (0, 0), (0, -1), 2, styles.PRIMARY),
                ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ("NOSPLIT", (0, 0), (-1, min(1, len(blocks) - 1))),
            ]
        )
    )
    return table


def line(left: Flowable, right: Flowable, width: float, pad: float = 1, share: float = 0.6) -> Flowable:
    """One row of two blocks, such as words and an amount; `share` is the left one's part of the width."""
    table = Table([[left, right]], colWidths=[width * share, width * (1 - share)])
    table.setStyle(
        TableStyle(
            [
                *_TIGHT,
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("TOPPADDING", (0, 0), (-1, -1), pad),
                ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
            ]
        )
    )
    return table


def _cell(column: Column, cell: Cell) -> Flowable | list[Flowable]:
    return styles.text(cell, column.size, column.font, align=column.align) if isinstance(cell, str) else cell


def _fact(label: str, value: str) -> tuple[Flowable, Flowable]:
    return styles.text(label, 8, ink=styles.QUIET, leading=1.45), styles.text(value, 9, fonts.MEDIUM)


_TIGHT: list[Command] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]
_FACTS: list[Command] = [
    *_TIGHT,
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, -1), 1.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
]
_RULES: list[Command] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("LEFTPADDING", (0, 0), (0, -1), 0),
    ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 3.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ("LINEBELOW", (0, 0), (-1, 0), 0.9, styles.LINE),
    ("LINEBELOW", (0, 1), (-1, -1), 0.4, styles.HAIRLINE),
]

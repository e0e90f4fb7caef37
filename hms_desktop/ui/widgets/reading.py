# SPDX-License-Identifier: Apache-2.0
"""Reading direction for painted widgets: which side is the start, and where a box stands when mirrored."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

Align = Qt.AlignmentFlag

# Isolates a run of Latin script (a medicine, a record number) inside right-to-left text (Unicode UAX 9).
FIRST_STRONG_ISOLATE, LEFT_TO_RIGHT_ISOLATE, POP_ISOLATE = "\u2068", "\u2066", "\u2069"


def mirrored(widget: QWidget) -> bool:
    """Whether the widget reads from right to left."""
    return widget.layoutDirection() == Qt.LayoutDirection.RightToLeft


def from_start(is_mirrored: bool) -> Qt.AlignmentFlag:
    """Alignment at the start of the reading direction, centred upright, fixed in place."""
    return (Align.AlignRight if is_mirrored else Align.AlignLeft) | Align.AlignVCenter | Align.AlignAbsolute


def from_end(is_mirrored: bool) -> Qt.AlignmentFlag:
    """Alignment at the end of the reading direction, centred upright, fixed in place."""
    return from_start(not is_mirrored)


def turned(rect: QRect, within: QRect, is_mirrored: bool) -> QRect:
    """The box mirrored inside `within` when reading from right to left, else as it is."""
    if not is_mirrored:
        return rect
    return QRect(within.left() + within.right() - rect.right(), rect.top(), rect.width(), rect.height())


def write(painter: QPainter, place: QRect, align: Qt.AlignmentFlag, words: str) -> None:
    """Paint one line of words in the direction of their own script, so that `12.5 mg` never becomes `mg 12.5`."""
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    painter.drawText(place, int(align) | Qt.TextFlag.TextSingleLine, words)


def isolated(text: str) -> str:
    """The text kept left to right inside any direction: drug names, record numbers, phone numbers."""
    return f"{LEFT_TO_RIGHT_ISOLATE}{text}{POP_ISOLATE}"

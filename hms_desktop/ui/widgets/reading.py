# SPDX-License-Identifier: Apache-2.0
"""How words reach a reader: start of line, mirrored boxes, text in its own direction, and what is said aloud."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter
from PySide6.QtWidgets import QWidget

Align = Qt.AlignmentFlag


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


def announce(widget: QWidget, words: str) -> None:
    """Let a screen reader say something politely, without moving the keyboard."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))

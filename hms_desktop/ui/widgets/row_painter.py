# SPDX-License-Identifier: Apache-2.0
"""Painting a table row: ground, hairline, accent bar, one or two lines, chips, and grey bars for rows not here yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.chip import chip_size, paint_chip
from hms_desktop.ui.widgets.marked_rows import MarkedRows
from hms_desktop.ui.widgets.reading import from_end, from_start, turned, write
from hms_desktop.ui.widgets.stylesheet import TONES
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON, Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

if TYPE_CHECKING:
    from hms_desktop.ui.widgets.lazy_rows import AnyIndex


class RowPainter(QStyledItemDelegate):
    """Paints the cells of a table from the Cell objects of its model."""

    def __init__(self, view: MarkedRows) -> None:
        super().__init__(view)
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        rtl = self._view.isRightToLeft()
        rect: QRect = option.rect
        column = self._view.rows.columns[index.column()]
        cell = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        self._paint_ground(painter, rect, index, option)
        inner = rect.adjusted(theme.space(3) + 2, 0, -theme.space(3) - 2, 0)
        if isinstance(cell, Cell):
            _paint_cell(painter, inner, cell, column, rtl)
        elif self._view.rows.late:
            _paint_bar(painter, inner, column, rtl)
        painter.restore()

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """Show the whole of a cell that has too little room."""
        cell = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(cell, Cell):
            return False
        needed = cell_width(cell, self._view.rows.columns[index.column()]) + 2 * (theme.space(3) + 2)
        QToolTip.showText(event.globalPos(), tip(cell.words if needed > option.rect.width() else ""), view)
        return True

    def _paint_ground(self, painter: QPainter, rect: QRect, index: AnyIndex, option: QStyleOptionViewItem) -> None:
        state = option.state
        if bool(state & QStyle.StateFlag.State_Selected) or self._view.is_marked(index.row()):
            painter.fillRect(rect, theme.colour("bg.selected"))
        elif index.row() == self._view.hovered_row:
            painter.fillRect(rect, theme.colour("bg.hover"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.colour("border.subtle"))


def paint_row_marks(painter: QPainter, row: QRect, view: MarkedRows, at: int) -> None:
    """Over a whole row: the accent bar of the current one, and its focus ring while the table has the keyboard."""
    if at == view.current_row_number:
        bar = QRect(row.left(), row.top(), 3, row.height() - 1)
        painter.fillRect(turned(bar, row, view.isRightToLeft()), theme.colour("primary.base"))
    if at == view.current_row_number and view.hasFocus():
        painter.setPen(QPen(theme.colour("focus"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(row.adjusted(1, 1, -1, -2))


def _paint_cell(painter: QPainter, inner: QRect, cell: Cell, column: Column, rtl: bool) -> None:
    if cell.drawing is not None:
        cell.drawing.paint(painter, inner)
        return
    if cell.chip is not None:
        room = inner.adjusted(0, 0, -_mark_width(), 0) if cell.amended else inner
        paint_chip(painter, turned(room, inner, rtl), cell.chip, rtl=rtl)
        if cell.amended:
            _paint_sign(painter, inner, min(chip_size(cell.chip).width(), room.width()) + theme.space(2), rtl)
        return
    if cell.icon:
        side, gap = theme.size("iconSmall"), theme.space(3) - 2
        before = max(0, inner.width() - cell_width(cell, column)) if column.end else 0
        square = QRect(inner.left() + before, inner.top() + (inner.height() - side) // 2, side, side)
        icons.paint_icon(painter, turned(square, inner, rtl), cell.icon, TONES[cell.tone])
        inner = turned(inner.adjusted(before + side + gap, 0, 0, 0), inner, rtl)
    if column.wraps:
        _paint_wrapped(painter, inner, cell, column, rtl)
    elif not cell.sub:
        _paint_alone(painter, inner, cell, column, rtl)
    else:
        _paint_both(painter, inner, cell, column, rtl)


def _paint_both(painter: QPainter, inner: QRect, cell: Cell, column: Column, rtl: bool) -> None:
    """The first line and the weaker one beneath, in the middle of the row."""
    upper, lower = QFontMetrics(cell_font(cell, column)).height(), QFontMetrics(theme.font("label")).height()
    top = inner.top() + (inner.height() - upper - lower) // 2
    _paint_first(painter, QRect(inner.left(), top, inner.width(), upper), cell, column, rtl)
    place = QRect(inner.left(), top + upper, inner.width(), lower)
    _paint_line(painter, place, cell.sub, sub_font(column), cell.sub_tone, column, rtl)


def _paint_wrapped(painter: QPainter, inner: QRect, cell: Cell, column: Column, rtl: bool) -> None:
    """Every word, in as many lines as it takes; the row was made high enough."""
    parts = _wrapped(cell, column, inner.width())
    top = inner.top() + (inner.height() - sum(QFontMetrics(font).height() for _words, font, _tone in parts)) // 2
    for number, (words, font, tone) in enumerate(parts):
        place = QRect(inner.left(), top, inner.width(), QFontMetrics(font).height())
        if number == 0:
            _paint_first(painter, place, replace(cell, text=words), column, rtl)
        else:
            _paint_line(painter, place, words, font, tone, column, rtl)
        top += place.height()


def _wrapped(cell: Cell, column: Column, width: int) -> list[tuple[str, QFont, str]]:
    """The lines of a cell as words, font and tone; the sign of what was written anew stands behind the first."""
    first, sub = cell_font(cell, column), sub_font(column)
    room = width - (_mark_width() if cell.amended else 0)
    upper = [(words, first, cell.tone) for words in lines_of(cell.text, first, room)]
    lower = [(words, sub, cell.sub_tone) for words in lines_of(cell.sub, sub, width)] if cell.sub else []
    return [*upper, *lower]


def lines_of(words: str, font: QFont, width: int) -> list[str]:
    """The words in as few lines as the width allows; a word that is too wide alone parts at a hyphen, else anywhere."""
    lines, metrics = [""], QFontMetrics(font)
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if metrics.horizontalAdvance(longer) <= width + 1:
            lines[-1] = longer
        else:
            lines += _parted(word, font, width)
    return [line for line in lines if line] or [""]


def _parted(word: str, font: QFont, width: int) -> list[str]:
    layout, parts = QTextLayout(word, font), []
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width + 1)
        parts.append(word[line.textStart() : line.textStart() + line.textLength()])
    layout.endLayout()
    return parts


def wrapped_height(cell: Cell, column: Column, width: int) -> int:
    """Pixels that a row needs for every word of this cell in a column of a width."""
    icon = theme.size("iconSmall") + theme.space(3) - 2 if cell.icon else 0
    inner = width - icon - 2 * (theme.space(3) + 2)
    return sum(QFontMetrics(font).height() for _words, font, _tone in _wrapped(cell, column, inner)) + theme.space(3)


def _paint_alone(painter: QPainter, inner: QRect, cell: Cell, column: Column, rtl: bool) -> None:
    """Words without a second line beneath: what is too long for one line goes on in a second if the row has room."""
    font = cell_font(cell, column)
    metrics = QFontMetrics(font)
    lines = broken(cell.text, metrics, inner.width()) if inner.height() >= 2 * metrics.height() else (cell.text,)
    if len(lines) == 1 or cell.amended:
        _paint_first(painter, inner, cell, column, rtl)
        return
    top = inner.top() + (inner.height() - 2 * metrics.height()) // 2
    for number, words in enumerate(lines):
        place = QRect(inner.left(), top + number * metrics.height(), inner.width(), metrics.height())
        _paint_line(painter, place, words, font, cell.tone, column, rtl)


def broken(words: str, metrics: QFontMetrics, width: int) -> tuple[str, ...]:
    """The words in one line, or in two when they are wider and can be parted at a space; the second may be cut."""
    if metrics.horizontalAdvance(words) <= width + 1:
        return (words,)
    first, _space, rest = words.partition(" ")
    while rest:
        following, _space, later = rest.partition(" ")
        longer = f"{first} {following}"
        if metrics.horizontalAdvance(longer) > width:
            break
        first, rest = longer, later
    return (first, rest) if rest and metrics.horizontalAdvance(first) <= width else (words,)


def _paint_first(painter: QPainter, place: QRect, cell: Cell, column: Column, rtl: bool) -> None:
    """The first line, and right behind it the sign that it was written anew; that never gives way to the words."""
    font = cell_font(cell, column)
    room = QRect(place)
    if cell.amended:
        taken = min(QFontMetrics(font).horizontalAdvance(cell.text), place.width() - _mark_width())
        last = place.width() - theme.size("iconSmall")
        _paint_sign(painter, place, last if column.end else max(0, taken) + theme.space(2), rtl)
        room = turned(place.adjusted(0, 0, -_mark_width(), 0), place, rtl)
    _paint_line(painter, room, cell.text, font, cell.tone, column, rtl)


def _paint_sign(painter: QPainter, place: QRect, left: int, rtl: bool) -> None:
    """The sign of what was written anew, so many pixels from where the place begins."""
    side = theme.size("iconSmall")
    square = QRect(place.left() + left, place.top() + (place.height() - side) // 2, side, side)
    icons.paint_icon(painter, turned(square, place, rtl), AMENDED_ICON, "text.secondary")


def _mark_width() -> int:
    return theme.size("iconSmall") + theme.space(2)


def _paint_line(painter: QPainter, place: QRect, words: str, font: QFont, tone: str, column: Column, rtl: bool) -> None:
    painter.setFont(font)
    painter.setPen(theme.colour(TONES[tone]))
    shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, place.width() + 1)
    write(painter, place, from_end(rtl) if column.end else from_start(rtl), shown)


def _paint_bar(painter: QPainter, inner: QRect, column: Column, rtl: bool) -> None:
    """A grey bar where words will stand."""
    bar = QRect(inner.left(), 0, min(inner.width(), theme.grow(90)), theme.grow(8))
    bar.moveTop(inner.top() + (inner.height() - bar.height()) // 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("bg.sunken"))
    painter.drawRoundedRect(turned(bar, inner, rtl != column.end), 4, 4)


def cell_width(cell: Cell, column: Column) -> int:
    """Pixels a cell needs for its words to stand whole."""
    if cell.chip is not None:
        return chip_size(cell.chip).width() + (_mark_width() if cell.amended else 0)
    icon = theme.size("iconSmall") + theme.space(3) - 2 if cell.icon else 0
    upper = icon + QFontMetrics(cell_font(cell, column)).horizontalAdvance(cell.text)
    upper += _mark_width() if cell.amended else 0
    return max(upper, QFontMetrics(sub_font(column)).horizontalAdvance(cell.sub) if cell.sub else 0)


def cell_font(cell: Cell, column: Column) -> QFont:
    """The font of a cell's first line."""
    font = QFont(theme.font("body", column.figures or ("tables" if column.end else "")))
    if cell.strong:
        font.setWeight(QFont.Weight.DemiBold)
    elif cell.sub:
        font.setWeight(QFont.Weight.Medium)
    return font


def sub_font(column: Column) -> QFont:
    """The font of a cell's second line."""
    font = QFont(theme.font("label", column.figures or "tables"))
    font.setWeight(QFont.Weight.Normal)
    return font

# SPDX-License-Identifier: Apache-2.0
"""The columns that stay in place while the others are scrolled sideways: the first, and those a person pinned."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionViewItem

from hms_desktop.ui.widgets.marked_rows import MarkedRows
from hms_desktop.ui.widgets.reading import mirrored, turned
from hms_desktop.ui.widgets.theme import theme


def pinned_places(header: QHeaderView, count: int) -> list[tuple[int, QRect]]:
    """Logical number and place in the viewport of the first `count` columns, where they have been scrolled away."""
    if header.offset() == 0:
        return []
    places, left = [], 0
    for visual in range(count):
        at = header.logicalIndex(visual)
        if not header.isSectionHidden(at):
            width = header.sectionSize(at)
            place = QRect(left, 0, width, header.viewport().height())
            places.append((at, turned(place, header.viewport().rect(), mirrored(header))))
            left += width
    return places


def paint_pinned_titles(painter: QPainter, header: QHeaderView, count: int) -> None:
    """The titles of pinned columns, over those that scrolled under them."""
    places = pinned_places(header, count)
    for at, place in places:
        header.paintSection(painter, place, at)
    _paint_edge(painter, [place for _at, place in places], mirrored(header), header.height())


def paint_pinned_cells(painter: QPainter, view: MarkedRows, count: int) -> None:
    """The cells of pinned columns in all rows on the screen."""
    places = pinned_places(view.horizontalHeader(), count)
    if not places:
        return
    first, last = view.rows.looking_at
    for row in range(first, min(last + 1, view.rows.rowCount())):
        for at, place in places:
            _paint_cell(painter, view, row, at, place)
    _paint_edge(painter, [place for _at, place in places], mirrored(view), view.viewport().height())


def _paint_cell(painter: QPainter, view: MarkedRows, row: int, at: int, place: QRect) -> None:
    option = QStyleOptionViewItem()
    option.rect = QRect(place.left(), view.rowViewportPosition(row), place.width(), view.rowHeight(row))
    if view.selectionModel().isRowSelected(row):
        option.state = option.state | QStyle.StateFlag.State_Selected
    painter.fillRect(option.rect, theme.colour("bg.surface"))
    view.itemDelegate().paint(painter, option, view.rows.index(row, at))


def _paint_edge(painter: QPainter, places: list[QRect], rtl: bool, height: int) -> None:
    if places:
        end = min(place.left() for place in places) - 1 if rtl else max(place.right() for place in places)
        painter.fillRect(QRect(end, 0, 1, height), theme.colour("border.strong"))

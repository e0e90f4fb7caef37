# SPDX-License-Identifier: Apache-2.0
"""The heading row of a table: click or keys sort, the arrow and the accessible text tell the order."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.lazy_rows import LazyRows
from hms_desktop.ui.widgets.pinned import paint_pinned_titles
from hms_desktop.ui.widgets.reading import from_end, from_start, turned, write
from hms_desktop.ui.widgets.row_source import SortKey
from hms_desktop.ui.widgets.theme import theme

_MOST_KEYS = 3


def resort(order: tuple[SortKey, ...], name: str, descending: bool | None = None) -> tuple[SortKey, ...]:
    """The order after a sort by `name`: it becomes the first key and the others stay as tie-breaks.

    Without a direction, a column that leads already turns round and another starts ascending.
    """
    if descending is None:
        descending = bool(order) and order[0].name == name and not order[0].descending
    rest = tuple(key for key in order if key.name != name)
    return (SortKey(name, descending), *rest)[:_MOST_KEYS]


def order_words(order: tuple[SortKey, ...], name: str) -> str:
    """How a column takes part in the order, for a screen reader; empty when it does not."""
    for rank, key in enumerate(order):
        if key.name == name:
            way = _("sorted descending") if key.descending else _("sorted ascending")
            return way if rank == 0 else _("{way}, as tie-break").format(way=way)
    return ""


class TableHeader(QHeaderView):
    """Paints the titles; `sort_asked` carries the logical column that was clicked."""

    sort_asked = Signal(int)

    def __init__(self, rows: LazyRows, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._rows = rows
        self.pinned = 1
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(theme.grow(32))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sectionClicked.connect(self._clicked)

    def sizeHint(self) -> QSize:
        """A row of labels."""
        return QSize(super().sizeHint().width(), theme.grow(30))

    def title_width(self, at: int) -> int:
        """Pixels a title needs with its arrow, so that no heading is cut."""
        column = self._rows.columns[at]
        arrow = theme.grow(14) if column.sort else 0
        return QFontMetrics(_font()).horizontalAdvance(column.title) + arrow + 2 * (theme.space(3) + 2) + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """All titles, the pinned ones over the others."""
        super().paintEvent(event)
        paint_pinned_titles(QPainter(self.viewport()), self, self.pinned)

    def _clicked(self, at: int) -> None:
        if self._rows.columns[at].sort:
            self.sort_asked.emit(at)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint one title, with the arrow of its sort."""
        column = self._rows.columns[logicalIndex]
        rtl = self.isRightToLeft()
        painter.save()
        painter.fillRect(rect, theme.colour("bg.surface"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.colour("border.strong"))
        inner = rect.adjusted(theme.space(3) + 2, 0, -theme.space(3) - 2, 0)
        order = self._rows.ask.sort
        sorted_by = bool(order) and column.sort == order[0].name
        if sorted_by:
            side = theme.grow(12)
            square = QRect(0, inner.top() + (inner.height() - side) // 2, side, side)
            words = QFontMetrics(_font()).horizontalAdvance(column.title)
            square.moveLeft(inner.right() - words - side - 2 if column.end else inner.left() + words + 3)
            shape = "arrow-down" if order[0].descending else "arrow-up"
            icons.paint_icon(painter, turned(square, inner, rtl), shape, "text.secondary")
        painter.setFont(_font())
        painter.setPen(theme.colour("text.secondary"))
        write(painter, inner, from_end(rtl) if column.end else from_start(rtl), column.title)
        painter.restore()


def _font() -> QFont:
    font = QFont(theme.font("caption"))
    font.setWeight(QFont.Weight.DemiBold)
    return font

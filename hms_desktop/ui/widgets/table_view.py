# SPDX-License-Identifier: Apache-2.0
"""The view of a table: keys of lists, copying, marks, and a selection that follows its row through new readings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import takewhile
from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from hms_desktop.ui.widgets.column_widths import ColumnAsk, shared_widths
from hms_desktop.ui.widgets.lazy_rows import LazyRows
from hms_desktop.ui.widgets.letters import letters
from hms_desktop.ui.widgets.marked_rows import MarkedRows
from hms_desktop.ui.widgets.pinned import paint_pinned_cells
from hms_desktop.ui.widgets.row_painter import RowPainter, cell_width, paint_row_marks, wrapped_height
from hms_desktop.ui.widgets.table_cells import row_as_text
from hms_desktop.ui.widgets.table_header import TableHeader, resort
from hms_desktop.ui.widgets.theme import theme

_KEY = Qt.Key
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_NONE = Qt.KeyboardModifier.NoModifier
_IN_SIGHT, _MOST_NEEDED, _MOST_GROWN = 30, 280, 500


class TableView(MarkedRows):
    """Shows a LazyRows. Signals carry the row object: `chosen` on Enter or double click, `peeked` on Space, `opened`
    on Ctrl+O, `opened_beside` on Ctrl+Enter; `current_changed` carries it or None; `marks_changed` the marked keys."""

    chosen = Signal(object)
    peeked = Signal(object)
    opened = Signal(object)
    opened_beside = Signal(object)
    current_changed = Signal(object)
    filter_wanted = Signal()
    copied = Signal(str)
    layout_edited = Signal()

    def __init__(self, rows: LazyRows, *, two_lines: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(rows, parent)
        self._two_lines = two_lines
        self._held_key: Hashable | None = None
        self._held_top = 0
        self._moving = False
        self.by_hand: dict[int, int] = {}
        self.left_out: frozenset[int] = frozenset()
        """Columns that a person wants and that gave way: they come back with the room for them."""
        self._set_up()
        self.setModel(rows)
        self._connect()
        self.fit_rows()

    def _set_up(self) -> None:
        self.header = TableHeader(self.rows, self)
        self.header.pinned = 1 + len(list(takewhile(lambda column: column.fixed, self.rows.columns[1:])))
        self.setHorizontalHeader(self.header)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setItemDelegate(RowPainter(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setCornerButtonEnabled(False)

    def _connect(self) -> None:
        self.rows.modelAboutToBeReset.connect(self._hold)
        self.rows.reordered.connect(self._find_again)
        self.rows.arrived.connect(self._rows_came)
        self.header.sort_asked.connect(self.sort_by)
        self.header.sectionResized.connect(self._resized)
        self.header.sectionMoved.connect(self._edited)
        self.doubleClicked.connect(lambda index: self._emit(self.chosen, index.row()))
        self.verticalScrollBar().valueChanged.connect(self._look)
        self.horizontalScrollBar().valueChanged.connect(self.header.viewport().update)

    def minimumSizeHint(self) -> QSize:
        """The heading and two rows: less is no list."""
        return QSize(theme.grow(120), theme.grow(32) + 2 * theme.row_height(self._two_lines))

    def fit_rows(self) -> None:
        """Take the row height of the density and text size in use."""
        self.verticalHeader().setDefaultSectionSize(theme.row_height(self._two_lines))
        self.fit_columns()

    def fit_columns(self) -> None:
        """Give each column what it asks for and its words need, and share the rest among those that stretch."""
        asks = {at: self._asked(at) for at in range(len(self.rows.columns)) if self.is_wanted(at)}
        self._moving = True
        self.left_out = self._without_room(asks)
        for at in asks:
            self.setColumnHidden(at, at in self.left_out)
        shown = [at for at in asks if at not in self.left_out]
        widths = shared_widths([asks[at] for at in shown], self.viewport().width())
        for at, width in zip(shown, widths, strict=True):
            self.setColumnWidth(at, width)
        self._moving = False
        self._grow_rows()

    def is_wanted(self, at: int) -> bool:
        """Whether a person has not hidden this column, though it may have given way."""
        return at in self.left_out or not self.isColumnHidden(at)

    def _without_room(self, asks: Mapping[int, ColumnAsk]) -> frozenset[int]:
        """The columns that give way, the first to do so first, until the least that the others need has room."""
        columns, out = self.rows.columns, set[int]()
        for at in sorted((at for at in asks if columns[at].gives_way), key=lambda at: -columns[at].gives_way):
            if sum(ask.least for other, ask in asks.items() if other not in out) <= self.viewport().width():
                break
            out.add(at)
        return frozenset(out)

    def _grow_rows(self) -> None:
        """Rows with a name that wraps are as high as it needs."""
        wrapping = [at for at, column in enumerate(self.rows.columns) if column.wraps and not self.isColumnHidden(at)]
        usual = theme.row_height(self._two_lines)
        for number in range(min(self.rows.rowCount(), _MOST_GROWN) if wrapping else 0):
            if (row := self.rows.row(number)) is not None:
                asked = (self._wrapped_height(at, row) for at in wrapping)
                self.setRowHeight(number, max(usual, *asked))

    def _wrapped_height(self, at: int, row: Any) -> int:
        column = self.rows.columns[at]
        return wrapped_height(column.of(row), column, self.columnWidth(at))

    def _asked(self, at: int) -> ColumnAsk:
        """What a column asks for, as far as its rows are in sight; a width that a person gave it stays."""
        if at in self.by_hand:
            given = theme.grow(self.by_hand[at])
            return ColumnAsk(given, 0, given, 0, True)
        column, first = self.rows.columns[at], max(0, self.rowAt(0))
        rows = (self.rows.row(number) for number in range(first, min(first + _IN_SIGHT, self.rows.rowCount())))
        cells = [column.of(row) for row in rows if row is not None]
        widest = max((cell_width(cell, column) for cell in cells), default=0)
        needed = min(widest + 2 * (theme.space(3) + 2) + 1, theme.grow(_MOST_NEEDED)) if widest else 0
        whole = not column.stretch or any(cell.chip for cell in cells)
        return ColumnAsk(theme.grow(column.width), self.header.title_width(at), needed, column.stretch, whole)

    def _rows_came(self) -> None:
        self.fit_columns()
        self.viewport().update()

    def _resized(self, at: int, _before: int, now: int) -> None:
        if not self._moving:
            self.by_hand[at] = round(now / theme.scale)
            self.layout_edited.emit()

    def _edited(self) -> None:
        if not self._moving:
            self.layout_edited.emit()

    def go_to(self, at: int) -> None:
        """Make the row at a position the current one and bring it into view."""
        if 0 <= at < self.rows.rowCount():
            index, flags = self.rows.index(at, max(0, self.currentIndex().column())), QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def sort_by(self, at: int, descending: bool | None = None) -> None:
        """Sort by a column; the order before it becomes the tie-break."""
        name = self.rows.columns[at].sort
        if name:
            self.rows.read_again(sort=resort(self.rows.ask.sort, name, descending))
            self.header.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of lists; what is not one of them goes on to the screen."""
        if not (self._sort_key(event) or self._row_key(event) or self._move_key(event)):
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys here, not a search in the first column."""

    def _sort_key(self, event: QKeyEvent) -> bool:
        if event.modifiers() != _CTRL or event.key() not in (_KEY.Key_Up, _KEY.Key_Down):
            return False
        self.sort_by(max(0, self.currentIndex().column()), event.key() == _KEY.Key_Down)
        return True

    def _row_key(self, event: QKeyEvent) -> bool:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        signals = {
            (_KEY.Key_Return, _NONE): self.chosen,
            (_KEY.Key_Enter, _NONE): self.chosen,
            (_KEY.Key_Space, _NONE): self.peeked,
            (_KEY.Key_O, _CTRL): self.opened,
            (_KEY.Key_Return, _CTRL): self.opened_beside,
            (_KEY.Key_Enter, _CTRL): self.opened_beside,
        }
        if signal := signals.get((_KEY(key), held)):
            self._emit(signal, self.current_row_number)
            return True
        if key == _KEY.Key_Escape and self.marked:
            self.clear_marks()
            return True
        if key == _KEY.Key_C and held in (_CTRL, _CTRL | _SHIFT):
            self.copy(whole_row=held != _CTRL)
            return True
        return False

    def _move_key(self, event: QKeyEvent) -> bool:
        if not letters.on or event.modifiers() not in (_NONE, _SHIFT):
            return False
        key = event.text().lower()
        if key in ("j", "k") and event.modifiers() == _NONE:
            self.go_to(self.current_row_number + (1 if key == "j" else -1))
        elif key == "x" and event.modifiers() == _NONE:
            self.mark_selected()
        elif key == "/":
            self.filter_wanted.emit()
        else:
            return False
        return True

    def _emit(self, signal: Any, at: int) -> None:
        row = self.rows.row(at) if at >= 0 else None
        if row is not None:
            signal.emit(row)

    def copy(self, *, whole_row: bool = False) -> None:
        """Copy the current cell, or the row with its headings."""
        row = self.current_row()
        if row is None:
            return
        shown = [self.header.logicalIndex(at) for at in range(self.header.count())]
        columns = [self.rows.columns[at] for at in shown if not self.isColumnHidden(at)]
        one = self.rows.columns[self.currentIndex().column()]
        text = row_as_text(columns, row) if whole_row else one.of(row).copied
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell which row is current now; a reading that is under way tells nothing."""
        super().currentChanged(current, previous)
        self.viewport().update()
        if not self._moving and current.row() != previous.row():
            self.current_changed.emit(self.current_row())

    def _hold(self) -> None:
        self._moving = True
        self._held_key = self.rows.key_at(self.current_row_number) if self.current_row_number >= 0 else None
        self._held_top = self.rowViewportPosition(self.current_row_number)
        self._held_scroll = self.verticalScrollBar().value()

    def _find_again(self) -> None:
        """Put the current row back under its key, at the same height on the screen."""
        at = self.rows.find(self._held_key) if self._held_key is not None else -1
        gone = self._held_key is not None and at < 0
        if at >= 0:
            flags = QItemSelectionModel.SelectionFlag
            index = self.rows.index(at, max(0, self.currentIndex().column()))
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.doItemsLayout()
        kept = self.verticalHeader().sectionPosition(at) - self._held_top if at >= 0 else self._held_scroll
        self.verticalScrollBar().setValue(0 if self.rows.from_top else kept)
        self._moving = False
        self.fit_columns()
        self._look()
        if gone:
            self.current_changed.emit(None)

    def _look(self) -> None:
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        self.rows.looking_at = (first, last if last >= 0 else max(first, self.rows.rowCount() - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns that stretch take the new width."""
        super().resizeEvent(event)
        self.fit_columns()
        self._look()

    def changeEvent(self, event: QEvent) -> None:
        """Follow text size and density."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange) and hasattr(self, "header"):
            self.fit_rows()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which row the pointer is on."""
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(int(event.position().y())))

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer."""
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, at: int) -> None:
        if at != self.hovered_row:
            self.hovered_row = at
            self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The first row becomes current when the keyboard comes into a table that has none."""
        fresh = self.current_row_number < 0
        super().focusInEvent(event)
        if self.rows.rowCount() and (fresh or not self.selectionModel().hasSelection()):
            self.go_to(max(0, self.rowAt(0)) if fresh else self.current_row_number)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, then bar and ring of the current row over them."""
        super().paintEvent(event)
        paint_pinned_cells(QPainter(self.viewport()), self, self.header.pinned)
        at = self.current_row_number
        if at < 0:
            return
        row = QRect(0, self.rowViewportPosition(at), self.viewport().width(), self.rowHeight(at))
        paint_row_marks(QPainter(self.viewport()), row, self, at)

# SPDX-License-Identifier: Apache-2.0
"""The table of every list: lazy rows, sort, marks, new rows told and not forced, and all states of an empty pane."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.column_layout import ColumnChooser, layout_of, use_layout
from hms_desktop.ui.widgets.lazy_rows import LazyRows
from hms_desktop.ui.widgets.row_source import Fetch
from hms_desktop.ui.widgets.states import EmptyState, Notice, Skeleton, could_not_read, nothing_matches
from hms_desktop.ui.widgets.table_cells import Column
from hms_desktop.ui.widgets.table_parts import NewRowsBar, SelectionBar, TotalsRow
from hms_desktop.ui.widgets.table_view import TableView
from hms_desktop.ui.widgets.theme import theme


class Table(QWidget):
    """A list of rows from `fetch`; `key` names a row across readings (its id).

    Signals carry the row object: `current_changed` (or None), `chosen` (Enter, double click), `peeked` (Space),
    `opened` (Ctrl+O), `opened_beside` (Ctrl+Enter). `filter_wanted` when `/` was pressed, `filter_cleared` when the
    person pressed “Clear filter”, `layout_changed` when there is a layout to remember, `counted` the number of rows.
    `nothing_in` gives the empty state of filters that are lists of their own (a queue's “To do”), by filter key.
    """

    current_changed = Signal(object)
    chosen = Signal(object)
    peeked = Signal(object)
    opened = Signal(object)
    opened_beside = Signal(object)
    marks_changed = Signal(object)
    filter_wanted = Signal()
    filter_cleared = Signal()
    layout_changed = Signal()
    counted = Signal(int)

    def __init__(
        self,
        columns: Sequence[Column],
        fetch: Fetch,
        key: Callable[[Any], Hashable],
        *,
        name: str,
        two_lines: bool = False,
        nothing_yet: Notice | None = None,
        nothing_in: Mapping[str, Notice] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows = LazyRows(columns, fetch, key, self)
        self.view = TableView(self.rows, two_lines=two_lines)
        self.view.setAccessibleName(name)
        self.nothing_yet = nothing_yet or Notice("tray", _("Nothing here yet."))
        self._nothing_in = nothing_in or {}
        self._go_to: Hashable | None = None
        self._lay_out(two_lines)
        self._connect()
        self.view.left_out = frozenset()
        for at, column in enumerate(columns):
            self.view.setColumnHidden(at, not column.shown)
        self.setFocusProxy(self._panes)

    def _lay_out(self, two_lines: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.selection_bar = SelectionBar()
        self.new_rows = NewRowsBar(self.reload)
        self.totals = TotalsRow(self.view)
        self._empty = EmptyState()
        self._blank = QWidget()
        self._skeleton = Skeleton(theme.row_height(two_lines))
        self._panes = QStackedWidget()
        for pane in (self.view, self._empty, self._skeleton, self._blank):
            self._panes.addWidget(pane)
        self._panes.setCurrentWidget(self._blank)
        self._panes.setProperty("ownFocus", True)
        column.addWidget(self.selection_bar)
        column.addWidget(self.new_rows)
        column.addWidget(self._panes, 1)
        column.addWidget(self.totals)

    def _connect(self) -> None:
        view, rows = self.view, self.rows
        for name in ("current_changed", "chosen", "peeked", "opened", "opened_beside", "filter_wanted"):
            getattr(view, name).connect(getattr(self, name))
        view.marks_changed.connect(self._marked)
        view.layout_edited.connect(self.layout_changed)
        self.selection_bar.cleared.connect(view.clear_marks)
        rows.reordered.connect(self._read)
        rows.drifted.connect(self._drifted)
        rows.failed.connect(self._failed)
        self._late = QTimer(self, singleShot=True, interval=theme.milliseconds("skeletonDelayMs"))
        self._late.timeout.connect(lambda: self._panes.setCurrentWidget(self._skeleton))

    def reload(self) -> None:
        """Read again after something the person did; the current row keeps its place."""
        self.new_rows.hide()
        if self.rows.total is None:
            self._late.start()
        self.rows.read_again()

    def notice_changes(self) -> None:
        """Something changed elsewhere (sync, another desk): rows are refreshed in place. While the person works in
        the table, rows that came or went are only told; else they are brought in."""
        if self.rows.total is None or not (self._in_use() or self.new_rows.isVisible()):
            self.reload()
        else:
            self.rows.look_quietly()

    def show_only(self, *, filter: str | None = None, text: str | None = None) -> None:
        """Narrow the list by a filter chip or typed text and go to its top."""
        changes = {name: value for name, value in (("filter", filter), ("text", text)) if value is not None}
        self.new_rows.hide()
        if self.rows.total is None:
            self._late.start()
        self.rows.read_again(**changes)

    def select(self, key: Hashable | None) -> None:
        """Make the row with this key current, now or when it is next read."""
        at = self.rows.find(key) if key is not None else -1
        self._go_to = key if at < 0 else None
        if at >= 0:
            self.view.go_to(at)

    def current_row(self) -> Any | None:
        """The current row's object, or None."""
        return self.view.current_row()

    def offer(self, words: str, act: Callable[[Sequence[Any]], object]) -> None:
        """Offer an act on marked rows in the selection bar."""
        self.selection_bar.offer(words, act, lambda: list(self.view.marked.values()))

    def choose_columns(self, corner: QPoint) -> None:
        """Open the column chooser at a place on the screen."""
        ColumnChooser(self.view).open_at(corner)

    def layout_state(self) -> dict[str, Any]:
        """The layout as JSON values, to be remembered per person and screen."""
        return layout_of(self.view)

    def use_layout_state(self, layout: Mapping[str, Any]) -> None:
        """Lay out as remembered."""
        use_layout(self.view, layout)

    @property
    def narrowed(self) -> bool:
        """Whether a filter or typed text leaves rows out."""
        return bool(self.rows.ask.filter or self.rows.ask.text)

    def _in_use(self) -> bool:
        over = self.view.viewport().underMouse() and self.view.hovered_row >= 0
        return over or QApplication.focusWidget() is self.view

    def _read(self) -> None:
        self._late.stop()
        total = self.rows.total or 0
        self.new_rows.hide()
        if total:
            self._show_pane(self.view)
        else:
            self._say_empty()
        self.counted.emit(total)
        if self._go_to is not None:
            self.select(self._go_to)

    def _say_empty(self) -> None:
        """What is true of no rows: a filter is named only when it hides some."""
        ask = self.rows.ask
        self._say_nothing(self.nothing_yet)
        if not ask.text and ask.filter in self._nothing_in:
            self._say_nothing(self._nothing_in[ask.filter])
        elif self.narrowed:
            self.rows.count_all(self._filter_hides)

    def _filter_hides(self, total: int) -> None:
        if total and not self.rows.total:
            self._say_nothing(nothing_matches(self._clear))

    def _say_nothing(self, notice: Notice) -> None:
        self._empty.show_notice(notice)
        self._show_pane(self._empty)

    def _show_pane(self, pane: QWidget) -> None:
        """Show rows or an empty state; the keyboard, if it is here, goes to the rows, to the button of the empty pane
        or rests on the pane: hidden rows would lose it to the first button of the window."""
        keyboard = self.window().focusWidget()
        button = self._panes if self._empty.button.isHidden() else self._empty.button
        self.setFocusProxy(self.view if pane is self.view else button)
        self._panes.setCurrentWidget(pane)
        if _holds(self, keyboard) and not _holds(pane, QApplication.focusWidget()):
            self.setFocus()

    def _clear(self) -> None:
        self.filter_cleared.emit()
        self.show_only(filter="", text="")

    def _drifted(self, new: int) -> None:
        if self._in_use():
            self.new_rows.tell(new)
        else:
            self.reload()

    def _failed(self, error: ClinicError) -> None:
        self._late.stop()
        self._empty.show_notice(could_not_read(str(error), self.reload))
        self._show_pane(self._empty)

    def _marked(self, marked: list[Any]) -> None:
        self.selection_bar.tell(len(marked))
        self.marks_changed.emit(marked)


def _holds(pane: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (pane is widget or pane.isAncestorOf(widget))

# SPDX-License-Identifier: Apache-2.0
"""Which columns a person sees, in which order and width: the chooser, and the layout as JSON values to remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.icons import icon
from hms_desktop.ui.widgets.row_source import SortKey
from hms_desktop.ui.widgets.table_view import TableView
from hms_desktop.ui.widgets.theme import theme


def layout_of(view: TableView) -> dict[str, Any]:
    """The layout as JSON values: order, hidden columns, widths at 100 % text, sort."""
    header, columns = view.header, view.rows.columns
    return {
        "order": [columns[header.logicalIndex(at)].key for at in range(header.count())],
        "hidden": [column.key for at, column in enumerate(columns) if not view.is_wanted(at)],
        "widths": {
            column.key: round(view.columnWidth(at) / theme.scale)
            for at, column in enumerate(columns)
            if not view.isColumnHidden(at)
        },
        "pinned": header.pinned,
        "sort": [[key.name, key.descending] for key in view.rows.ask.sort],
    }


def use_layout(view: TableView, layout: Mapping[str, Any]) -> None:
    """Lay out as remembered and read again if the sort differs; unknown columns are ignored."""
    places = {column.key: at for at, column in enumerate(view.rows.columns)}
    with QSignalBlocker(view):
        for target, key in enumerate(key for key in layout.get("order", ()) if key in places):
            view.header.moveSection(view.header.visualIndex(places[key]), target)
        hidden = set(layout.get("hidden", ()))
        view.left_out = frozenset()
        for key, at in places.items():
            view.setColumnHidden(at, key in hidden and at > 0)
    pinned = layout.get("pinned")
    view.header.pinned = pinned if isinstance(pinned, int) and 1 <= pinned < len(places) else view.header.pinned
    view.fit_columns()
    names = {column.sort for column in view.rows.columns}
    sort = tuple(SortKey(str(name), bool(down)) for name, down in layout.get("sort", ()) if name in names)
    if sort and sort != view.rows.ask.sort:
        view.rows.read_again(sort=sort)


def first_layout(view: TableView) -> None:
    """Back to the columns as the screen declares them."""
    for at in range(view.header.count()):
        view.header.moveSection(view.header.visualIndex(at), at)
    view.header.pinned = 1
    view.by_hand.clear()
    view.left_out = frozenset()
    for at, column in enumerate(view.rows.columns):
        view.setColumnHidden(at, not column.shown)
    view.fit_columns()
    view.layout_edited.emit()


class ColumnChooser(QMenu):
    """Show or hide columns, move the current one, go back to the first layout. The first column always stays."""

    def __init__(self, view: TableView) -> None:
        super().__init__(view)
        self._view = view
        self.setAccessibleName(_("Columns"))
        for visual in range(view.header.count()):
            self._add(view.header.logicalIndex(visual))
        self.addSeparator()
        at = max(0, view.currentIndex().column())
        title = view.rows.columns[at].title
        self._add_move(_("Move {column} forward").format(column=title), at, -1, "arrow-left")
        self._add_move(_("Move {column} back").format(column=title), at, 1, "arrow-right")
        self._add_pin(title, at)
        reset = self.addAction(icon("arrow-counter-clockwise"), _("Back to the first layout"))
        reset.triggered.connect(lambda: first_layout(view))

    def _add(self, at: int) -> QAction:
        column = self._view.rows.columns[at]
        action = self.addAction(column.title or column.key)
        action.setCheckable(True)
        action.setChecked(self._view.is_wanted(at))
        action.setEnabled(at > 0)
        action.toggled.connect(lambda shown: self._show_column(at, shown))
        return action

    def _show_column(self, at: int, shown: bool) -> None:
        self._view.left_out -= {at}
        self._view.setColumnHidden(at, not shown)
        self._view.fit_columns()
        self._view.layout_edited.emit()

    def _add_move(self, words: str, at: int, step: int, shape: str) -> None:
        header = self._view.header
        target = header.visualIndex(at) + step
        action = self.addAction(icon(shape), words)
        action.setEnabled(at > 0 and 1 <= target < header.count())
        action.triggered.connect(lambda: header.moveSection(header.visualIndex(at), target))

    def _add_pin(self, title: str, at: int) -> None:
        visual = self._view.header.visualIndex(at)
        action = self.addAction(icon("push-pin"), _("Keep {column} in place").format(column=title))
        action.setCheckable(True)
        action.setChecked(visual < self._view.header.pinned)
        action.setEnabled(visual > 0)
        action.toggled.connect(lambda pinned: self._pin(visual, pinned))

    def _pin(self, visual: int, pinned: bool) -> None:
        header = self._view.header
        if pinned:
            header.moveSection(visual, header.pinned)
        else:
            header.moveSection(visual, header.pinned - 1)
        header.pinned += 1 if pinned else -1
        header.viewport().update()
        self._view.viewport().update()
        self._view.layout_edited.emit()

    def open_at(self, corner: QPoint) -> None:
        """Open with its corner at a place on the screen."""
        self.popup(corner)

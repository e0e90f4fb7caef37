# SPDX-License-Identifier: Apache-2.0
"""A view over lazy rows that knows which row is current, which the pointer is on, and which a person marked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTableView, QWidget

from hms_desktop.ui.widgets.lazy_rows import LazyRows


class MarkedRows(QTableView):
    """What painting asks of a table; `marks_changed` carries the marked rows, `marked` holds them by their keys."""

    marks_changed = Signal(object)

    def __init__(self, rows: LazyRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = rows
        self.hovered_row = -1
        self.marked: dict[Hashable, Any] = {}

    @property
    def current_row_number(self) -> int:
        """The position of the current row, -1 for none."""
        return self.currentIndex().row()

    def current_row(self) -> Any | None:
        """The current row's object, or None."""
        return self.rows.row(self.current_row_number) if self.current_row_number >= 0 else None

    def selected_rows(self) -> list[Any]:
        """The objects of the selected rows that are here, top first."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [row for row in (self.rows.row(number) for number in numbers) if row is not None]

    def is_marked(self, at: int) -> bool:
        """Whether the row at a position is marked."""
        return bool(self.marked) and self.rows.key_at(at) in self.marked

    def mark(self, at: int) -> None:
        """Mark a row, or take its mark away."""
        row, key = self.rows.row(at), self.rows.key_at(at)
        if row is None or key is None:
            return
        if self.marked.pop(key, None) is None:
            self.marked[key] = row
        self._tell_marks()

    def mark_selected(self) -> None:
        """Mark every row of the selected range, or take all their marks away when each has one."""
        numbers = [index.row() for index in self.selectionModel().selectedRows()]
        every = all(self.is_marked(number) for number in numbers)
        for number in numbers:
            if every or not self.is_marked(number):
                self.mark(number)

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.marked.clear()
        self._tell_marks()

    def _tell_marks(self) -> None:
        self.viewport().update()
        self.marks_changed.emit(list(self.marked.values()))

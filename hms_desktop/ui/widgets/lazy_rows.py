# SPDX-License-Identifier: Apache-2.0
"""The table model that holds only what is looked at: pages of rows, asked for when painted, dropped when far away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from hms_desktop.core.errors import ClinicError
from hms_desktop.ui.widgets.row_source import Answer, Ask, Fetch
from hms_desktop.ui.widgets.table_cells import Column, row_summary
from hms_desktop.ui.widgets.theme import theme

PAGE = 64
KEPT_PAGES = 24
_SETTLE_MS = 12
_NOWHERE = QModelIndex()
AnyIndex = QModelIndex | QPersistentModelIndex


class LazyRows(QAbstractTableModel):
    """Rows by position, fetched a page at a time.

    `key` names a row across readings; `looking_at` is set by the view to the first and last row on the screen, and
    `from_top` tells it that the order is another one. Signals:
    `arrived` when pages came, `reordered` after a whole new reading, `drifted` when
    a quiet look found rows that came or went (number of new ones), `failed` with the error of a reading.
    """

    arrived = Signal()
    reordered = Signal()
    drifted = Signal(int)
    failed = Signal(object)

    def __init__(
        self,
        columns: Sequence[Column],
        fetch: Fetch,
        key: Callable[[Any], Hashable],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = list(columns)
        self.ask = Ask(0, PAGE)
        self.total: int | None = None
        self.looking_at = (0, 0)
        self.from_top = True
        self._fetch = fetch
        self._key = key
        self._pages: OrderedDict[int, list[Any]] = OrderedDict()
        self._under_way: set[int] = set()
        self._wanted: list[int] = []
        self._reading = 0
        self._soon = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._soon.timeout.connect(self._fetch_wanted)
        self._late = QTimer(self, singleShot=True, interval=theme.milliseconds("skeletonDelayMs"))
        self._late.timeout.connect(self.arrived)

    @property
    def late(self) -> bool:
        """Whether something asked for has not come within 150 ms: time for grey bars."""
        return bool(self._under_way) and not self._late.isActive()

    @property
    def loaded(self) -> int:
        """How many rows are held now."""
        return sum(len(page) for page in self._pages.values())

    def row(self, at: int) -> Any | None:
        """The row at a position, or None when it is not here yet."""
        page = self._pages.get(at // PAGE)
        place = at % PAGE
        return page[place] if page is not None and place < len(page) else None

    def key_at(self, at: int) -> Hashable | None:
        """The key of the row at a position, or None when it is not here yet."""
        row = self.row(at)
        return None if row is None else self._key(row)

    def find(self, key: Hashable) -> int:
        """The position of a key among the rows that are here; -1 when it is not among them."""
        for number, page in self._pages.items():
            for place, row in enumerate(page):
                if self._key(row) == key:
                    return number * PAGE + place
        return -1

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """All rows that match, fetched or not."""
        return 0 if parent.isValid() else self.total or 0

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """All columns, shown or hidden."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The cell as text (DisplayRole), object (UserRole) or speech (AccessibleTextRole); None until it is here."""
        if not index.isValid():
            return None
        row = self.row(index.row())
        if row is None:
            if role == Qt.ItemDataRole.UserRole:
                self.want(index.row())
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.UserRole:
            return column.of(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return column.of(row).copied
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = column.of(row).words
            return row_summary(self.columns, row) if index.column() == 0 else f"{column.title} {words}".strip()
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles; the accessible text adds the direction of the sort."""
        if orientation != Qt.Orientation.Horizontal or role not in _HEAD_ROLES:
            return None
        return self.columns[section].title

    def read_again(self, **changes: Any) -> None:
        """Read from the start with another ask (sort, filter, text); what is shown stays until the answer is here."""
        self.ask = replace(self.ask, **changes)
        self.from_top = bool(changes)
        self._reading += 1
        self._under_way.clear()
        self._wanted.clear()
        self._request(0 if changes else self.looking_at[0] // PAGE, self._take_all)

    def count_all(self, told: Callable[[int], object]) -> None:
        """Tell how many rows there are without filter and text; a count that cannot be read is not told."""
        reading = self._reading

        def done(answer: Answer) -> None:
            if reading == self._reading:
                told(answer.total)

        self._fetch(replace(self.ask, offset=0, limit=1, filter="", text=""), done, lambda error: None)

    def look_quietly(self) -> None:
        """Read what is shown once more: rows with the same key are refreshed in place, none moves (see `drifted`)."""
        if self.total is None:
            self.read_again()
        elif not self._under_way:
            first, last = self.looking_at
            for page in range(first // PAGE, last // PAGE + 1):
                self._request(page, self._compare)

    def want(self, at: int) -> None:
        """Ask for the page of a position soon; while scrolling only the last places wanted are asked for."""
        page = at // PAGE
        if page in self._under_way or page in self._pages:
            return
        if page in self._wanted:
            self._wanted.remove(page)
        self._wanted.append(page)
        self._soon.start()

    def _fetch_wanted(self) -> None:
        wanted, self._wanted = self._wanted[-4:], []
        for page in wanted:
            self._request(page, self._take_page)

    def _request(self, page: int, take: Callable[[int, Answer], None]) -> None:
        self._under_way.add(page)
        self._late.start()
        reading = self._reading

        def done(answer: Answer) -> None:
            if reading == self._reading:
                self._under_way.discard(page)
                take(page, answer)

        def failed(error: ClinicError) -> None:
            if reading == self._reading:
                self._under_way.discard(page)
                self.failed.emit(error)

        self._fetch(replace(self.ask, offset=page * PAGE, limit=PAGE), done, failed)

    def _take_all(self, page: int, answer: Answer) -> None:
        if page and not answer.rows and answer.total:
            self._request(0, self._take_all)
            return
        self.beginResetModel()
        self._pages.clear()
        self.total = answer.total
        self._keep(page, answer)
        self.endResetModel()
        self.reordered.emit()

    def _take_page(self, page: int, answer: Answer) -> None:
        if answer.total != self.total:
            self.drifted.emit(max(0, answer.total - (self.total or 0)))
        self._keep(page, answer)
        self._tell_changed(page)
        self.arrived.emit()

    def _compare(self, page: int, answer: Answer) -> None:
        held = self._pages.get(page, [])
        fresh = {self._key(row): row for row in answer.rows}
        same = [self._key(row) for row in held] == list(fresh)
        self._pages[page] = [fresh.get(self._key(row), row) for row in held]
        self._tell_changed(page)
        if not same or answer.total != self.total:
            self.drifted.emit(max(0, answer.total - (self.total or 0)))

    def _keep(self, page: int, answer: Answer) -> None:
        self._pages[page] = list(answer.rows)
        self._pages.move_to_end(page)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def _tell_changed(self, page: int) -> None:
        last = min((page + 1) * PAGE, self.rowCount()) - 1
        if last >= page * PAGE:
            self.dataChanged.emit(self.index(page * PAGE, 0), self.index(last, self.columnCount() - 1))


_HEAD_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)

# SPDX-License-Identifier: Apache-2.0
"""What a person sees and does not see in the lists of a window: rows that say certain words, and that none does."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView

from installer.day import hands
from installer.day.seat import Seat

_SHOWN_SECONDS = 0.2
"""Time for what was read to be shown, before its absence is believed."""


def row_says(seat: Seat, name: str, *words: str) -> None:
    """Wait until a row of the list of this name says all these words."""
    hands.until(lambda: _met(seat, name, words), f"a row of “{name}” at {seat.station} says {', '.join(words)}")


def no_row_says(seat: Seat, name: str, *words: str) -> None:
    """Wait until everything asked for is shown and no row of the list of this name, if there is one, says the words."""
    seat.workstation.tasks.settle()
    hands.breathe(_SHOWN_SECONDS)
    hands.until(lambda: not _met(seat, name, words), f"no row of “{name}” at {seat.station} says {', '.join(words)}")


def _met(seat: Seat, name: str, words: tuple[str, ...]) -> bool:
    view = _list(seat, name)
    said = _rows(view.model()) if view else []
    return any(all(word.casefold() in row for word in words) for row in said)


def _list(seat: Seat, name: str) -> QAbstractItemView | None:
    views = seat.window.findChildren(QAbstractItemView)
    return next((v for v in views if v.isVisibleTo(seat.window) and v.accessibleName().startswith(name)), None)


def _rows(model: QAbstractItemModel) -> list[str]:
    """Every row as a screen reader says it."""
    columns, whole = range(model.columnCount(QModelIndex())), range(model.rowCount(QModelIndex()))
    role = Qt.ItemDataRole.AccessibleTextRole
    return [" | ".join(str(model.index(r, c).data(role) or "") for c in columns).casefold() for r in whole]

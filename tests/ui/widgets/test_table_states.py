# SPDX-License-Identifier: Apache-2.0
"""What stands in place of rows: nothing yet, nothing that matches, still reading, could not be read."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.core.errors import Unavailable
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.states import EmptyState, Notice, Skeleton
from hms_desktop.ui.widgets.table import Table
from tests.ui.widgets.conftest import Shows
from tests.ui.widgets.lists import COLUMNS, Clerk, pane_of, table_of


def test_nothing_yet_and_nothing_matches_are_told_apart(shows: Shows, qtbot: QtBot) -> None:
    clerk = Clerk([])
    booked: list[int] = []
    nothing = Notice("calendar-blank", "No bookings today.", "Book", lambda: booked.append(1))
    table = table_of(clerk, nothing_yet=nothing)
    shows(table)
    table.reload()
    pane = pane_of(table)
    assert isinstance(pane, EmptyState)
    assert (pane.sentence.text(), pane.button.words) == ("No bookings today.", "Book")
    clerk.rows = [1, 2, 3]
    table.show_only(text="zzz")
    assert pane.sentence.text() == "Nothing matches the filter."
    with qtbot.waitSignal(table.filter_cleared):
        pane.button.click()
    assert pane_of(table) is table.view
    assert table.rows.rowCount() == 3


def test_grey_rows_stand_in_after_a_while_and_not_before(shows: Shows, qtbot: QtBot) -> None:
    clerk = Clerk([1], at_once=False)
    table = table_of(clerk)
    shows(table)
    table.reload()
    assert not isinstance(pane_of(table), Skeleton)
    qtbot.waitUntil(lambda: isinstance(pane_of(table), Skeleton))
    clerk.answer()
    assert pane_of(table) is table.view


def test_a_reading_that_failed_says_why_and_tries_again(shows: Shows) -> None:
    clerk = Clerk([1, 2], at_once=False)
    table = table_of(clerk)
    shows(table)
    table.reload()
    clerk.open.pop()[2](Unavailable("The list can't be read: the file is busy. Try again."))
    pane = pane_of(table)
    assert isinstance(pane, EmptyState)
    assert pane.sentence.text().startswith("The list can't be read")
    clerk.at_once = True
    pane.button.click()
    assert table.rows.rowCount() == 2


def test_a_filter_is_named_only_when_it_hides_something(shows: Shows) -> None:
    table = table_of(Clerk([]), nothing_yet=Notice("tray", "Nobody waits."))
    shows(table)
    table.show_only(filter="todo")
    pane = pane_of(table)
    assert isinstance(pane, EmptyState) and pane.sentence.text() == "Nobody waits."
    assert pane.button.isHidden()


def test_a_filter_that_is_a_list_of_its_own_has_its_own_empty_state(shows: Shows) -> None:
    rows = from_list(lambda: [1, 2], {}, lambda row, ask: not ask.filter)
    table = Table(
        COLUMNS, rows, lambda row: row, name="Queue", nothing_in={"owing": Notice("tray", "Nothing is owed.")}
    )
    shows(table)
    table.show_only(filter="owing")
    pane = pane_of(table)
    assert isinstance(pane, EmptyState) and pane.sentence.text() == "Nothing is owed."
    table.show_only(filter="rare")
    assert pane.sentence.text() == "Nothing matches the filter."


def within(table: Table) -> bool:
    """Whether the keyboard is in the table."""
    focus = QApplication.focusWidget()
    return focus is not None and table.isAncestorOf(focus)


def test_an_empty_list_keeps_the_keyboard_and_gives_it_to_the_first_rows(shows: Shows, qtbot: QtBot) -> None:
    clerk = Clerk([], at_once=False)
    table = table_of(clerk)
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.addWidget(QPushButton("Home"))
    column.addWidget(table)
    shows(whole)
    table.setFocus()
    table.reload()
    clerk.answer()
    assert within(table)
    clerk.rows = [1, 2]
    table.reload()
    clerk.answer()
    assert QApplication.focusWidget() is table.view
    clerk.rows = []
    table.reload()
    clerk.answer()
    assert within(table)

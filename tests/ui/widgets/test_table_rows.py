# SPDX-License-Identifier: Apache-2.0
"""The table fetches only what is looked at and keeps a person's place when rows come, change or go."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.lazy_rows import KEPT_PAGES, PAGE
from hms_desktop.ui.widgets.row_source import Answer, Ask, from_list, from_tasks
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Column
from tests.ui.widgets.conftest import Shows
from tests.ui.widgets.lists import Clerk, table_of


def test_of_100_000_rows_only_those_on_the_screen_are_fetched(shows: Shows, qtbot: QtBot) -> None:
    clerk = Clerk(list(range(100_000)))
    table = table_of(clerk)
    shows(table)
    table.reload()
    table.view.grab()
    assert table.rows.rowCount() == 100_000
    assert [ask.offset for ask in clerk.asks] == [0]
    bar = table.view.verticalScrollBar()
    for step in range(200):
        bar.setValue(bar.maximum() * step // 200)
    bar.setValue(bar.maximum())
    table.view.grab()
    qtbot.waitUntil(lambda: table.rows.row(99_999) == 99_999)
    assert len(clerk.asks) <= 6
    assert all(ask.limit == PAGE for ask in clerk.asks)


def test_rows_far_from_the_screen_are_let_go(table: Table, clerk: Clerk, qtbot: QtBot) -> None:
    clerk.rows = list(range(100_000))
    table.reload()
    for page in range(0, 60):
        table.rows.want(page * PAGE)
        qtbot.waitUntil(lambda at=page: table.rows.row(at * PAGE) is not None)  # type: ignore[misc]
    assert table.rows.loaded <= KEPT_PAGES * PAGE


def test_an_answer_to_an_older_question_is_dropped(shows: Shows) -> None:
    clerk = Clerk(list(range(500)), at_once=False)
    table = table_of(clerk)
    shows(table)
    table.reload()
    stale = clerk.open.pop()
    table.show_only(text="49")
    clerk.answer()
    stale[1](Answer(list(range(64)), 500))
    assert table.rows.rowCount() == 15
    assert table.rows.row(0) == 49


def test_the_current_row_keeps_its_place_when_rows_come_before_it(table: Table, clerk: Clerk, qtbot: QtBot) -> None:
    table.view.go_to(20)
    before = table.view.rowViewportPosition(20)
    clerk.rows = [-1, -2, -3, *clerk.rows]
    told: list[object] = []
    table.current_changed.connect(told.append)
    table.reload()
    assert table.current_row() == 20
    assert table.view.current_row_number == 23
    assert table.view.rowViewportPosition(23) == before
    assert told == []


def test_a_current_row_that_is_gone_is_told(table: Table, clerk: Clerk) -> None:
    table.view.go_to(2)
    told: list[object] = []
    table.current_changed.connect(told.append)
    clerk.rows = [row for row in clerk.rows if row != 2]
    table.reload()
    assert told[-1] is None


def test_rows_that_came_while_a_person_works_are_only_told(table: Table, clerk: Clerk, qtbot: QtBot) -> None:
    table.view.setFocus()
    table.view.go_to(3)
    clerk.rows = [-4, -3, -2, -1, *clerk.rows]
    table.notice_changes()
    assert table.new_rows.words == "4 new, show"
    assert table.rows.row(0) == 0
    assert table.current_row() == 3
    QTest.mouseClick(table.new_rows, Qt.MouseButton.LeftButton)
    assert table.rows.row(0) == -4
    assert table.current_row() == 3
    assert not table.new_rows.isVisible()


def test_rows_that_went_are_told_too(table: Table, clerk: Clerk) -> None:
    table.view.setFocus()
    clerk.rows = clerk.rows[1:]
    table.notice_changes()
    assert table.new_rows.words == "The list has changed, show"


def test_changed_rows_are_refreshed_in_place(shows: Shows) -> None:
    names = {1: "Booked", 2: "Booked"}
    columns = [Column("state", "Status", lambda row: row[1], 100)]
    table = Table(columns, from_list(lambda: list(names.items())), lambda row: row[0], name="List")
    shows(table)
    table.reload()
    table.view.setFocus()
    names[2] = "Arrived"
    table.notice_changes()
    assert table.rows.index(1, 0).data() == "Arrived"
    assert not table.new_rows.isVisible()


def test_changes_are_brought_in_when_nobody_works_in_the_table(table: Table, clerk: Clerk, shows: Shows) -> None:
    table.view.clearFocus()
    clerk.rows = [-1, *clerk.rows]
    table.notice_changes()
    assert table.rows.row(0) == -1


def test_a_row_can_be_selected_before_it_is_read(shows: Shows) -> None:
    table = table_of(Clerk(list(range(50))))
    shows(table)
    table.select(7)
    table.reload()
    assert table.current_row() == 7


def test_rows_from_tasks_are_asked_with_the_reader() -> None:
    class Reads:
        def read(
            self, query: Callable[[object], object], done: Callable[[object], None], failed: object, owner: object
        ) -> None:
            done(query("reader"))

    got: list[Answer] = []
    fetch = from_tasks(Reads(), lambda reader, ask: Answer([reader, ask.offset], 2), None)  # type: ignore[arg-type]
    fetch(Ask(64, PAGE), got.append, print)
    assert got[0].rows == ["reader", 64]

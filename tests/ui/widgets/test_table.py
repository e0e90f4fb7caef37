# SPDX-License-Identifier: Apache-2.0
"""The table fetches only what is looked at, keeps a person's place, and can be worked by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.core.errors import Unavailable
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.column_layout import ColumnChooser, first_layout
from hms_desktop.ui.widgets.lazy_rows import KEPT_PAGES, PAGE
from hms_desktop.ui.widgets.letters import letters
from hms_desktop.ui.widgets.row_source import Answer, Ask, Done, Failed, SortKey, from_list, from_tasks
from hms_desktop.ui.widgets.states import EmptyState, Notice, Skeleton
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.table_header import order_words, resort
from tests.ui.widgets.conftest import Shows

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


@dataclass
class Clerk:
    """Answers asks only when told to, so that a test sees the time between."""

    rows: list[int]
    asks: list[Ask] = field(default_factory=list)
    open: list[tuple[Ask, Done, Failed]] = field(default_factory=list)
    at_once: bool = True

    def fetch(self, ask: Ask, done: Done, failed: Failed) -> None:
        self.asks.append(ask)
        self.open.append((ask, done, failed))
        if self.at_once:
            self.answer()

    def answer(self) -> None:
        while self.open:
            ask, done, _failed = self.open.pop(0)
            rows = list(reversed(self.rows)) if ask.sort and ask.sort[0].descending else self.rows
            if ask.text:
                rows = [row for row in rows if ask.text in str(row)]
            done(Answer(rows[ask.offset : ask.offset + ask.limit], len(rows)))


COLUMNS = [
    Column("number", "Number", lambda row: Cell(f"N{row}", f"of {row}", strong=True), 120, sort="number"),
    Column("name", "Patient", lambda row: f"Okonkwo {row}", 200, stretch=1, sort="name"),
    Column("state", "Status", lambda row: Cell(chip=ChipFace("info", "Waiting")), 120),
    Column("sum", "Due", lambda row: row, 80, end=True),
]


def table_of(clerk: Clerk, **more: object) -> Table:
    return Table(COLUMNS, clerk.fetch, lambda row: row, name="Appointments", two_lines=True, **more)  # type: ignore[arg-type]


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(list(range(1000)))


@pytest.fixture
def table(clerk: Clerk, shows: Shows) -> Table:
    table = table_of(clerk)
    shows(table)
    table.reload()
    return table


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


def test_letters_and_arrows_move_and_enter_chooses(table: Table) -> None:
    view = table.view
    told: list[object] = []
    for signal in (table.chosen, table.peeked, table.opened, table.opened_beside):
        signal.connect(told.append)
    view.setFocus()
    assert view.current_row_number == 0
    QTest.keyClick(view, KEY.Key_J)
    QTest.keyClick(view, KEY.Key_Down)
    QTest.keyClick(view, KEY.Key_K)
    assert table.current_row() == 1
    QTest.keyClick(view, KEY.Key_Return)
    QTest.keyClick(view, KEY.Key_Space)
    QTest.keyClick(view, KEY.Key_O, CTRL)
    QTest.keyClick(view, KEY.Key_Return, CTRL)
    assert told == [1, 1, 1, 1]


def test_letters_rest_when_they_are_switched_off(table: Table) -> None:
    letters.on = False
    table.view.setFocus()
    QTest.keyClick(table.view, KEY.Key_J)
    QTest.keyClick(table.view, KEY.Key_X)
    assert table.view.current_row_number == 0
    assert not table.view.marked


def test_x_marks_and_the_selection_bar_offers_what_to_do(table: Table, qtbot: QtBot) -> None:
    sent: list[object] = []
    table.offer("Send", sent.extend)
    table.view.setFocus()
    QTest.keyClick(table.view, KEY.Key_X)
    QTest.keyClick(table.view, KEY.Key_J)
    QTest.keyClick(table.view, KEY.Key_X)
    assert table.selection_bar.isVisible()
    button = next(part for part in table.selection_bar.findChildren(QWidget) if part.accessibleName() == "Send")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert sent == [0, 1]
    QTest.keyClick(table.view, KEY.Key_X)
    assert list(table.view.marked) == [0]
    table.view.clear_marks()
    assert not table.selection_bar.isVisible()


def test_slash_asks_for_the_filter(table: Table, qtbot: QtBot) -> None:
    table.view.setFocus()
    with qtbot.waitSignal(table.filter_wanted):
        QTest.keyClick(table.view, KEY.Key_Slash)


def test_a_cell_or_a_row_with_headings_is_copied(table: Table) -> None:
    table.view.setFocus()
    QTest.keyClick(table.view, KEY.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "N0, of 0"
    QTest.keyClick(table.view, KEY.Key_C, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "Number\tPatient\tStatus\tDue\nN0, of 0\tOkonkwo 0\tWaiting\t0"


def test_the_heading_sorts_and_the_order_before_breaks_ties(table: Table, clerk: Clerk) -> None:
    table.view.sort_by(0)
    table.view.setFocus()
    table.view.setCurrentIndex(table.rows.index(0, 1))
    QTest.keyClick(table.view, KEY.Key_Down, CTRL)
    assert clerk.asks[-1].sort == (SortKey("name", True), SortKey("number"))
    assert order_words(clerk.asks[-1].sort, "name") == "sorted descending"
    assert order_words(clerk.asks[-1].sort, "number") == "sorted ascending, as tie-break"
    asked = len(clerk.asks)
    table.view.sort_by(2)
    assert len(clerk.asks) == asked


def test_sorting_twice_turns_the_order_round() -> None:
    once = resort((), "name")
    assert resort(once, "name") == (SortKey("name", True),)
    assert len(resort((SortKey("a"), SortKey("b"), SortKey("c")), "d")) == 3


def test_a_row_is_read_out_as_one_sentence(table: Table) -> None:
    role = Qt.ItemDataRole.AccessibleTextRole
    assert table.rows.index(0, 0).data(role) == "N0, of 0, Okonkwo 0, Waiting, 0"
    assert table.rows.index(0, 2).data(role) == "Status Waiting"
    assert table.view.accessibleName() == "Appointments"


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


def pane_of(table: Table) -> QWidget | None:
    return table._panes.currentWidget()


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


def test_a_row_can_be_selected_before_it_is_read(shows: Shows) -> None:
    table = table_of(Clerk(list(range(50))))
    shows(table)
    table.select(7)
    table.reload()
    assert table.current_row() == 7


def test_the_layout_is_remembered(table: Table, shows: Shows, qtbot: QtBot) -> None:
    table.view.setColumnHidden(2, True)
    table.view.header.moveSection(3, 1)
    table.view.sort_by(1, True)
    state = table.layout_state()
    assert state["order"] == ["number", "sum", "name", "state"]
    other = table_of(Clerk([1, 2]))
    shows(other)
    other.use_layout_state(state | {"order": [*state["order"], "unknown"]})
    assert other.layout_state()["hidden"] == ["state"]
    assert other.layout_state()["order"] == state["order"]
    assert other.rows.ask.sort == (SortKey("name", True),)
    with qtbot.waitSignal(other.layout_changed):
        first_layout(other.view)
    assert other.layout_state()["hidden"] == []


def test_the_chooser_hides_and_moves_columns_but_never_the_first(table: Table, qtbot: QtBot) -> None:
    table.view.setCurrentIndex(table.rows.index(0, 1))
    chooser = ColumnChooser(table.view)
    actions = {action.text(): action for action in chooser.actions()}
    assert not actions["Number"].isEnabled()
    with qtbot.waitSignal(table.layout_changed):
        actions["Status"].trigger()
    assert table.view.isColumnHidden(2)
    actions["Move Patient back"].trigger()
    assert table.layout_state()["order"][:3] == ["number", "state", "name"]


def test_a_width_that_a_person_gave_stays_until_the_first_layout(table: Table, shows: Shows) -> None:
    table.view.header.resizeSection(1, 333)
    table.reload()
    table.window().resize(900, 500)
    assert table.view.columnWidth(1) == 333
    first_layout(table.view)
    assert table.view.columnWidth(1) != 333


def test_pinned_columns_stay_in_place_when_the_table_is_scrolled_sideways(table: Table, shows: Shows) -> None:
    window = table.window()
    window.resize(300, 400)
    bar = table.view.horizontalScrollBar()
    before = table.view.grab().toImage()
    bar.setValue(bar.maximum())
    after = table.view.grab().toImage()
    row = table.view.header.height() + table.view.rowHeight(0) // 2
    across = range(4, table.view.columnWidth(0) - 4)  # behind that stands the edge of what is pinned
    first = [before.pixelColor(x, y) for x in across for y in (row - 6, row, row + 6)]
    assert bar.maximum() > 0
    assert first == [after.pixelColor(x, y) for x in across for y in (row - 6, row, row + 6)]
    table.view.setCurrentIndex(table.rows.index(0, 2))
    actions = {action.text(): action for action in ColumnChooser(table.view).actions()}
    actions["Keep Status in place"].trigger()
    assert table.layout_state()["pinned"] == 2
    assert table.layout_state()["order"] == ["number", "state", "name", "sum"]
    actions = {action.text(): action for action in ColumnChooser(table.view).actions()}
    actions["Keep Status in place"].trigger()
    assert table.layout_state()["pinned"] == 1


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_cell_without_room_is_whole_in_its_tool_tip(shows: Shows, qtbot: QtBot) -> None:
    names = ["Abrahams-Okonkwo, Yusuf", "Al"]
    table = Table([Column("name", "Patient", str, 60)], from_list(lambda: names), str, name="Patients")
    shows(table)
    table.reload()
    table.view.setColumnWidth(0, 60)
    for number, shown in ((0, "Abrahams-Okonkwo, Yusuf"), (1, "")):
        place = QPoint(20, table.view.rowViewportPosition(number) + 10)
        event = QHelpEvent(QEvent.Type.ToolTip, place, table.view.viewport().mapToGlobal(place))
        QApplication.sendEvent(table.view.viewport(), event)
        qtbot.waitUntil(lambda words=shown: QToolTip.text() == words)  # type: ignore[misc]


def test_a_range_is_marked_at_once_and_escape_clears(table: Table) -> None:
    table.view.setFocus()
    for _step in range(2):
        QTest.keyClick(table.view, KEY.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table.view, KEY.Key_X)
    assert list(table.view.marked) == [0, 1, 2]
    QTest.keyClick(table.view, KEY.Key_X)
    assert not table.view.marked
    QTest.keyClick(table.view, KEY.Key_X)
    QTest.keyClick(table.view, KEY.Key_Escape)
    assert not table.view.marked


def test_totals_stand_at_the_foot(table: Table) -> None:
    table.totals.show_totals({"name": "Total", "sum": "R 714.00"})
    assert table.totals.isVisible()
    assert table.totals.accessibleName() == "Total, R 714.00"
    assert not table.grab().isNull()


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


def test_a_double_click_chooses_the_row(table: Table, qtbot: QtBot) -> None:
    view = table.view
    place = QPoint(30, view.rowViewportPosition(2) + 10)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    with qtbot.waitSignal(table.chosen) as chosen:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert chosen.args == [2]


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
    assert table.isAncestorOf(QApplication.focusWidget())
    clerk.rows = [1, 2]
    table.reload()
    clerk.answer()
    assert QApplication.focusWidget() is table.view
    clerk.rows = []
    table.reload()
    clerk.answer()
    assert table.isAncestorOf(QApplication.focusWidget())

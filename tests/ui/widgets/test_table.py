# SPDX-License-Identifier: Apache-2.0
"""The table is worked by keys alone: moving, marking, copying, sorting, and what it says aloud."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.letters import letters
from hms_desktop.ui.widgets.row_painter import broken, cell_font
from hms_desktop.ui.widgets.row_source import SortKey, from_list
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.table_header import order_words, resort
from tests.ui.widgets.conftest import Shows
from tests.ui.widgets.lists import Clerk

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


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


def test_a_double_click_chooses_the_row(table: Table, qtbot: QtBot) -> None:
    view = table.view
    place = QPoint(30, view.rowViewportPosition(2) + 10)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    with qtbot.waitSignal(table.chosen) as chosen:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert chosen.args == [2]


def test_words_without_a_second_line_go_on_in_one(shows: Shows) -> None:
    long = "Diabetes annual check and foot examination"
    columns = [
        Column("reason", "Reason", lambda row: row, 90),
        Column("moved", "Moved", lambda row: Cell(row, amended="moved"), 90),
    ]
    table = Table(columns, from_list(lambda: [long]), lambda row: row, name="Reasons", two_lines=True)
    shows(table)
    metrics = QFontMetrics(cell_font(Cell(long), columns[0]))
    assert broken(long, metrics, metrics.horizontalAdvance(long)) == (long,)
    assert broken(long, metrics, metrics.horizontalAdvance("Diabetes annual check")) == (
        "Diabetes annual check", "and foot examination",
    )  # fmt: skip
    assert broken("Immunisation", metrics, 20) == ("Immunisation",), "a word is never broken"
    assert not table.grab().isNull()

# SPDX-License-Identifier: Apache-2.0
"""List and detail: filters, the typed filter behind a slash, a splitter that remembers, and large text."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail
from tests.ui.widgets.conftest import Shows
from tests.ui.widgets.test_gallery import cut

NAMES = ["Abrahams", "Okonkwo", "Van Wyk", "Mokoena"]


def matches(row: str, ask: Ask) -> bool:
    return ask.text.casefold() in row.casefold() and (not ask.filter or row.startswith(ask.filter))


def card_of() -> ListCard:
    table = Table([Column("name", "Patient", str, 200)], from_list(lambda: NAMES, None, matches), str, name="Patients")
    table.reload()
    return ListCard(table, [Segment("", "All", 4), Segment("O", "With O", 1)])


def test_a_segment_narrows_the_list_and_counts_follow(shows: Shows) -> None:
    card = card_of()
    shows(card)
    card.filter.choose("O")
    assert card.table.rows.rowCount() == 1
    card.show_counts([Segment("", "All", 5), Segment("O", "With O", 2)])
    assert card.filter.current() == "O"


def test_slash_opens_the_typed_filter_and_escape_leaves_it(shows: Shows, qtbot: QtBot) -> None:
    card = card_of()
    shows(card)
    card.table.view.setFocus()
    QTest.keyClick(card.table.view, Qt.Key.Key_Slash)
    assert card.typed.hasFocus()
    QTest.keyClicks(card.typed, "okon")
    qtbot.waitUntil(lambda: card.table.rows.rowCount() == 1)
    QTest.keyClick(card.typed, Qt.Key.Key_Down)
    assert card.table.view.hasFocus()
    assert card.table.current_row() == "Okonkwo"
    card.open_typed()
    QTest.keyClick(card.typed, Qt.Key.Key_Escape)
    assert not card.typed.isVisible()
    assert card.table.rows.rowCount() == 4


def test_clear_filter_clears_segment_and_text(shows: Shows, qtbot: QtBot) -> None:
    card = card_of()
    shows(card)
    card.filter.choose("O")
    card.open_typed()
    QTest.keyClicks(card.typed, "zz")
    qtbot.waitUntil(lambda: card.table.rows.rowCount() == 0)
    card.table._clear()
    assert (card.filter.current(), card.typed.text(), card.table.rows.rowCount()) == ("", "", 4)


def test_marks_take_the_place_of_the_filter_row(shows: Shows) -> None:
    card = card_of()
    shows(card)
    card.table.view.mark(0)
    assert not card.filter.isVisible()
    card.table.view.clear_marks()
    assert card.filter.isVisible()


def test_the_detail_stands_beside_or_below(shows: Shows) -> None:
    pane = WorklistDetail(card_of(), QLabel("Detail"))
    window = shows(pane, width=1400, height=800)
    seen = [pane.stacked]
    for width in (760, 1400):
        window.resize(width, 800)
        seen.append(pane.stacked)
    theme.use(scale=1.5)
    assert [*seen, pane.stacked] == [False, True, False, True]


def test_a_filter_row_that_goes_over_two_lines_gets_the_room_for_it(shows: Shows, qtbot: QtBot) -> None:
    card = card_of()
    pane = WorklistDetail(card, QLabel("Detail"))
    shows(pane, width=760, height=400)
    before = card.minimumHeight()
    assert pane.stacked and not cut(card.columns)
    card.show_counts([Segment(str(n), "Waiting for a doctor", n) for n in range(5)])
    qtbot.waitUntil(lambda: card.minimumHeight() > before)
    qtbot.waitUntil(lambda: not cut(card.columns))


def test_the_splitter_remembers_its_place(shows: Shows, qtbot: QtBot) -> None:
    pane = WorklistDetail(card_of(), QLabel("Detail"))
    shows(pane, width=1400, height=800)
    handle = pane.splitter.handle(1)
    assert handle is not None
    with qtbot.waitSignal(pane.moved):
        middle = handle.rect().center()
        QTest.mousePress(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
        QTest.mouseMove(handle, middle - QPoint(200, 0))
        QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    state = pane.layout_state()
    other = WorklistDetail(card_of(), QLabel("Detail"))
    shows(other, width=1400, height=800)
    other.use_layout_state(state)
    assert other.layout_state() == state
    other.use_layout_state({"share": "wide"})
    assert other.layout_state() == state

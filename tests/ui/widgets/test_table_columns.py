# SPDX-License-Identifier: Apache-2.0
"""The columns of a table: order, width and pinning as a person wants them, remembered, and nothing cut unsaid."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QFontMetrics, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.column_layout import ColumnChooser, first_layout
from hms_desktop.ui.widgets.row_painter import lines_of
from hms_desktop.ui.widgets.row_source import SortKey, from_list
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from tests.ui.widgets.conftest import Shows
from tests.ui.widgets.lists import Clerk, table_of


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


def test_columns_give_way_in_their_order_and_come_back_with_the_room(shows: Shows) -> None:
    columns = [
        Column("name", "Patient", lambda _row: "Okonkwo, Amara", 200, 1, fixed=True),
        Column("state", "Status", lambda _row: "Waiting", 120),
        Column("who", "Clinician", lambda _row: "Dr Mbeki", 120, gives_way=2),
        Column("since", "Waiting", lambda _row: "5 min", 120, gives_way=1),
    ]
    table = Table(columns, from_list(lambda: [0, 1]), lambda row: row, name="Patients")
    shows(table)
    table.reload()
    view, whole = table.view, table.layout_state()["hidden"]
    name, state, who, since = (view._asked(at).least for at in range(4))
    narrow = name + state + who + since - 1
    for width, left_out in ((900, set()), (narrow, {2}), (name + state + 1, {2, 3}), (900, set())):
        table.resize(width, 300)
        view.fit_columns()
        assert view.viewport().width() == width
        assert {at for at in range(4) if view.isColumnHidden(at)} == left_out == view.left_out, width
        assert view.header.length() <= width
        assert table.layout_state()["hidden"] == whole == [], "it is still wanted"
    table.resize(narrow, 300)
    view.fit_columns()
    actions = {action.text(): action for action in ColumnChooser(view).actions()}
    assert actions["Clinician"].isChecked()
    actions["Clinician"].trigger()
    table.resize(900, 300)
    view.fit_columns()
    assert view.isColumnHidden(2) and not view.isColumnHidden(3)
    first_layout(view)
    assert not view.isColumnHidden(2)


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


def test_a_name_that_wraps_goes_on_in_further_lines_and_its_row_grows(shows: Shows) -> None:
    names = ["Okonkwo, Amara", "Featherstonehaugh-Montgomery, Bartholomew Alexander"]
    cell = lambda row: Cell(names[row], sub="MRN-001-00011-1", amended="Corrected: name")  # noqa: E731
    columns = [
        Column("name", "Patient", cell, 120, 1, wraps=True),
        Column("why", "Why", lambda _row: Cell("Dressing", icon="bed"), wraps=True),
    ]
    table = Table(columns, from_list(lambda: [0, 1]), lambda row: row, name="Patients", two_lines=True)
    shows(table)
    table.reload()
    usual = theme.row_height(True)
    for width, grown in ((900, False), (260, True), (900, False)):
        table.resize(width, 300)
        table.view.fit_columns()
        assert table.view.rowHeight(0) == usual
        assert (table.view.rowHeight(1) > usual) is grown
        table.grab()


def test_words_part_between_words_then_after_a_hyphen_then_anywhere(dressed: QApplication) -> None:
    font = theme.font("body")
    room = QFontMetrics(font).horizontalAdvance("Featherstonehaugh- ")
    said = "Featherstonehaugh-Montgomery, Bart"
    assert lines_of(said, font, room)[0] == "Featherstonehaugh-"
    assert lines_of("MRN-001, 01-Mar-2020", font, QFontMetrics(font).horizontalAdvance("MRN-001, 01-")) == [
        "MRN-001,",
        "01-Mar-2020",
    ]
    assert "".join(lines_of(said, font, room // 3)).replace(" ", "") == said.replace(" ", "")
    assert lines_of("", font, room) == [""]

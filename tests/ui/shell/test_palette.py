# SPDX-License-Identifier: Apache-2.0
"""The palette: patients first, acts on the selected one, commands; look-alikes warned of; typed words carried over."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from hms_desktop.ui.routes import DayView, PatientChart, RegisterPatient
from hms_desktop.ui.shell.palette_rows import (
    ActRow,
    Findings,
    Heading,
    PatientRow,
    QuietRow,
    WarningRow,
    listed,
    matching,
)
from hms_desktop.ui.shell.workstation import Workstation
from tests.ui.shell.test_main_window import register


def command(words: str) -> ActRow:
    """A command that does nothing."""
    return ActRow(words, "gear", lambda: None)


COMMANDS = [command(words) for words in ("Lock now", "Sync now", "Settings", "Undo", "Refresh this view")]


def test_with_nothing_typed_there_are_a_few_commands() -> None:
    assert listed("", None, [], "", COMMANDS, None) == [Heading("Commands", "type > for all"), *COMMANDS[:4]]


def test_a_greater_sign_lists_every_command() -> None:
    assert listed(">", None, [], "", COMMANDS, None) == [Heading("Commands"), *COMMANDS]
    assert listed("> now", None, [], "", COMMANDS, None)[1:] == COMMANDS[:2]
    assert isinstance(listed("> zebra", None, [], "", COMMANDS, None)[0], QuietRow)


def test_commands_match_by_the_beginning_of_words_without_accents() -> None:
    assert matching("vi ref", COMMANDS) == [COMMANDS[4]]
    assert matching("rafraichir", [command("Rafraîchir la vue")])
    assert matching("ew", COMMANDS) == []


def test_nobody_found_offers_to_register() -> None:
    rows = listed("okon", Findings(), [], "", COMMANDS, command("Register new patient"))
    assert isinstance(rows[1], QuietRow)
    assert [row.words for row in rows if isinstance(row, ActRow)] == ["Register new patient"]


def look_for(workstation: Workstation, qtbot: QtBot, text: str) -> list[object]:
    """The rows of a search that has settled."""
    palette = workstation.window.palette_box
    if not palette.isVisible():
        QTest.keyClick(workstation.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette.field.setText(text)
    qtbot.waitUntil(lambda: any(isinstance(row, Heading) and row.words == "Patients" for row in palette.rows()))
    return palette.rows()


@pytest.mark.hazard("H31")
def test_two_who_share_surname_and_birthday_are_warned_of(workstation: Workstation, qtbot: QtBot) -> None:
    register(workstation, qtbot, "Okonkwo", "Amara")
    register(workstation, qtbot, "Okonkwo", "Adaeze", "2011-03-14")
    rows = look_for(workstation, qtbot, "okon 14/3")
    patients = [row.patient for row in rows if isinstance(row, PatientRow)]
    assert {patient.name for patient in patients} == {"OKONKWO, Amara", "OKONKWO, Adaeze"}
    assert all(patient.about and patient.record and patient.allergy_words for patient in patients)
    assert any(isinstance(row, WarningRow) for row in rows)


def test_enter_opens_the_record_and_the_search_was_noted(workstation: Workstation, qtbot: QtBot) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    heard: list[object] = []
    workstation.tasks.changed.connect(heard.append)
    look_for(workstation, qtbot, "okonkwo")
    qtbot.waitUntil(lambda: any("access" in table for change in heard for table in change.tables))  # type: ignore[attr-defined]
    QTest.keyClick(workstation.window.palette_box.field, Qt.Key.Key_Return)
    assert workstation.desk.routes.current == PatientChart(patient)
    assert not workstation.window.palette_box.isVisible()


def test_tab_moves_to_the_acts_on_the_selected_patient(workstation: Workstation, qtbot: QtBot) -> None:
    register(workstation, qtbot, "Okonkwo", "Amara")
    look_for(workstation, qtbot, "okonkwo")
    palette = workstation.window.palette_box
    QTest.keyClick(palette.field, Qt.Key.Key_Tab)
    row = palette.rows()[palette.list.currentIndex().row()]
    assert isinstance(row, ActRow) and row.words == "Book appointment"
    QTest.keyClick(palette.field, Qt.Key.Key_Tab)
    row = palette.rows()[palette.list.currentIndex().row()]
    assert isinstance(row, ActRow) and row.words == "Register new patient"


def test_what_was_typed_is_carried_into_the_registration(workstation: Workstation, qtbot: QtBot) -> None:
    look_for(workstation, qtbot, "zzyzx")
    QTest.keyClick(workstation.window.palette_box.field, Qt.Key.Key_Return)
    assert workstation.desk.routes.current == RegisterPatient("zzyzx")


def test_a_command_runs_from_the_palette(workstation: Workstation, qtbot: QtBot) -> None:
    workstation.desk.routes.open(DayView())
    workstation.window.open_palette("> check in")
    palette = workstation.window.palette_box
    assert [row.words for row in palette.rows() if isinstance(row, ActRow)] == ["Check in"]
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert workstation.window.shown.happened == ["check in"]  # type: ignore[union-attr]


def test_arrows_move_over_headings_and_esc_gives_the_focus_back(workstation: Workstation, qtbot: QtBot) -> None:
    window = workstation.window
    page = window.shown
    assert page is not None
    page.field.setFocus()  # type: ignore[attr-defined]
    window.open_palette()
    palette = window.palette_box
    places = []
    for _step in range(3):
        places.append(palette.list.currentIndex().row())
        QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert places == [1, 2, 3]
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible() and page.field.hasFocus()  # type: ignore[attr-defined]


def test_it_closes_though_what_had_the_keyboard_is_gone(workstation: Workstation, qtbot: QtBot) -> None:
    """A screen reads itself again while the box is open: the button that had the keyboard no longer exists."""
    window, box = workstation.window, workstation.window.palette_box
    button = QPushButton("Add cover", window)
    button.show()
    button.setFocus()
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(box.isVisible)
    delete(button)
    QTest.keyClick(box.field, Qt.Key.Key_Escape)
    assert box.isHidden()

# SPDX-License-Identifier: Apache-2.0
"""What the directory answers to who may only read it, when nobody is listed, and when somebody is asked for."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from hms_desktop.ui.routes import DayView, StaffList
from hms_desktop.ui.staff.sessions_screen import SessionsPage
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.form_dialog import FormDialog
from tests.ui.reception import Reception


def test_nobody_is_listed_and_nothing_can_be_opened_or_ended(reception: Reception) -> None:
    shown = reception.open(StaffList(), SessionsPage)
    shown._choose(None)
    for act in (shown.give_role, shown.open_hours, shown.end_hours, shown.change_capacity, shown.show_history):
        act()
    assert not reception.window.findChildren(FormDialog)
    assert shown._sessions == () and not shown.visit(DayView())
    offered = shown.keys()
    enabled = {key.sequence: key.enabled() for key in offered if key.enabled is not None}
    assert enabled == {"H": False, "R": False, "O": False}


def test_who_may_only_read_is_offered_no_act(
    qtbot: QtBot, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    reception.hours()
    shown = reception.open(StaffList(), SessionsPage)
    reception.until(lambda: len(shown._sessions) == 1)
    monkeypatch.setattr(shown.desk, "may", lambda _right: False)
    offered = shown.keys()
    assert [key.sequence for key in offered] == ["H"]
    shown.hours.select(shown._sessions[0].id)
    for act in (shown.add_person, shown.open_hours, shown.change_capacity):
        act()
    assert not reception.window.findChildren(FormDialog)
    other = SessionsPage(shown.desk, StaffList())
    qtbot.addWidget(other)
    said = {button.text() for button in other.findChildren(Button)}
    assert not said & {"Add place", "Add person", "End hours", "Open hours"}


def test_somebody_who_is_asked_for_is_chosen(reception: Reception) -> None:
    doctor, _session = reception.hours()
    shown = reception.open(StaffList(doctor), SessionsPage)
    reception.until(lambda: len(shown._sessions) == 1)
    person = shown._person()
    assert person is not None and person.id == doctor

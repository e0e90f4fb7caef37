# SPDX-License-Identifier: Apache-2.0
"""The directory through its window: people, places, weekly hours by keyboard, and what is refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from hms_desktop.clinic.staff import queries
from hms_desktop.security.audit import AccessEvent
from hms_desktop.ui.appointments.day_screen import DayPage
from hms_desktop.ui.routes import DayView, StaffList
from hms_desktop.ui.staff.sessions_screen import SessionsPage
from hms_desktop.ui.widgets.form_dialog import FormDialog
from tests.ui.reception import CTRL, KEYS, Reception, unnamed


def page(reception: Reception) -> SessionsPage:
    """The directory, opened."""
    return reception.open(StaffList(), SessionsPage)


def test_a_person_is_added_and_gets_weekly_hours(reception: Reception) -> None:
    shown = page(reception)
    shown.setFocus()
    reception.key(KEYS.Key_N)
    dialog = reception.dialog(FormDialog)
    dialog.form.set_values({"prefix": "Dr", "given": "Thabo", "family": "Mbeki", "speciality": "General practice"})
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: shown.people.current_row() is not None)
    reception.key(KEYS.Key_O)
    dialog = reception.dialog(FormDialog)
    assert dialog.form.fields["valid_from"].typed() == "23-Nov-2026"
    values = {"weekday": {"key": "0", "words": "Monday"}, "starts": "8", "ends": "1200", "slot_minutes": "30"}
    dialog.form.set_values({**values, "service": "General practice"})
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: len(shown._sessions) == 1)
    hours = shown._sessions[0].hours
    assert (hours.weekday, hours.starts, hours.ends, hours.slot_minutes, hours.capacity) == (0, "08:00", "12:00", 30, 1)


def test_hours_that_meet_others_are_refused_and_stay_typed(reception: Reception) -> None:
    reception.hours()
    shown = page(reception)
    reception.until(lambda: len(shown._sessions) == 1)
    shown.open_hours()
    dialog = reception.dialog(FormDialog)
    values = {"weekday": {"key": "0", "words": "Monday"}, "starts": "11:00", "ends": "13:00", "slot_minutes": "30"}
    dialog.form.set_values({**values, "service": "General practice"})
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: dialog.wrong.isVisible())
    assert "already has 08:00 to 12:00 on Monday" in dialog.wrong.text()
    assert dialog.form.fields["starts"].typed() == "11:00"
    dialog.reject()


def test_capacity_end_role_and_place(reception: Reception) -> None:
    doctor, session = reception.hours()
    shown = page(reception)
    reception.until(lambda: len(shown._sessions) == 1)
    shown.hours.select(session)
    shown.change_capacity()
    reception.dialog(FormDialog).form.set_values({"capacity": "4", "reason": "Two rooms"})
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: shown._sessions[0].hours.capacity == 4)
    shown.give_role()
    reception.dialog(FormDialog).form.set_values(
        {"role": {"key": "doctor", "words": "Doctor"}, "service": "Immunisation"}
    )
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: reception.ask(queries.clinicians)[0].services == ("Immunisation",))
    shown.add_place()
    reception.dialog(FormDialog).form.set_values({"name": "Bench 1", "kind": "bench"})
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: "Bench 1" in [p.name for p in reception.ask(queries.places)])
    shown.hours.select(session)
    shown.end_hours()
    reception.dialog(FormDialog).form.set_values({"last_day": "30/11/2026", "reason": "Leaves us"})
    reception.key(KEYS.Key_Return, CTRL)
    ended = partial(queries.session, id=session)
    reception.until(lambda: reception.ask(ended).hours.valid_to is not None)
    assert shown.visit(StaffList(doctor))


def test_every_control_has_a_name(reception: Reception) -> None:
    reception.hours()
    shown = page(reception)
    reception.until(lambda: len(shown._sessions) == 1)
    assert not unnamed(shown)


@pytest.mark.accepts("SEC-01")
def test_what_a_role_may_not_see_is_refused_where_it_is_asked_and_written_down(
    dressed: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    """An administrator, who sees no patients, is led to the day by a way that hides nothing."""
    opened = Reception(tmp_path, qtbot, "administrator")
    opened.open(StaffList(), SessionsPage)
    assert not opened.error()
    opened.open(DayView(), DayPage)
    opened.until(opened.error)
    assert "Zanele Ndlovu may not see this: it needs the right appointment.read" in opened.error()
    denied = opened.ask(lambda reader: reader.rows(select(AccessEvent.detail).where(AccessEvent.kind == "denied")))
    assert "appointments.day" in denied[-1].detail
    opened.close()

# SPDX-License-Identifier: Apache-2.0
"""The chart through its window, by keys alone: opening, vital signs, allergies, sections, going to another patient."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.model import Allergy, Observation
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.acting import Acting
from hms_desktop.ui.routes import PatientChart
from hms_desktop.ui.widgets.allergy_box import AllergyBox
from tests.ui.ehr.charts import in_note, opened
from tests.ui.ehr.rooms import CTRL_ENTER, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
ALT = Qt.KeyboardModifier.AltModifier


def test_opening_is_written_down_before_anything_shows(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    page = opened(window, patient)
    page.refresh()
    window.until(lambda: page.facts is not None)
    page.show_section("results")
    events = rooms.rows(select(AccessEvent.kind, AccessEvent.patient))
    assert [tuple(e) for e in events if e.kind == "chart"] == [("chart", patient)]


def test_vitals_are_typed_by_keys(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    page = opened(window, patient)
    window.press(Qt.Key.Key_V)
    window.dialog("Vital signs")
    for value in ("146", "88", "78"):
        window.type(value)
        window.press(Qt.Key.Key_Return)
    window.press(CTRL_ENTER)
    window.no_dialog()
    rows = {r.code: r.value for r in rooms.rows(select(Observation.code, Observation.value))}
    assert (rows["8480-6"], rows["8462-4"], rows["8867-4"]) == (Decimal(146), Decimal(88), Decimal(78))
    window.until(lambda: "systolic" in page.facts.summary.vitals.last if page.facts else False)
    assert "146/88" in page.summary.vitals.measures["pressure"].accessibleName()


def test_an_impossible_reading_stays_typed_and_an_unusual_one_is_looked_at_twice(rooms: Rooms, window: Window) -> None:
    opened(window, rooms.patient())
    window.press(Qt.Key.Key_V)
    dialog = window.dialog("Vital signs")
    weight = dialog.form.fields["weight"]
    weight.take_focus()
    window.type("8350")
    window.press(CTRL_ENTER)
    assert "can't be above" in weight.error and weight.typed() == "8350"
    weight.line.clear()
    window.type("835")
    window.press(CTRL_ENTER)
    assert rooms.rows(select(Observation.id)) == []
    weight.message.confirm.setFocus()
    window.press(Qt.Key.Key_Space)
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [r.value for r in rooms.rows(select(Observation.value))] == [Decimal(835)]


def test_an_allergy_is_recorded_by_keys_and_stands_in_the_banner(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    opened(window, patient)
    window.press(Qt.Key.Key_A)
    sheet = window.dialog("Allergies")
    window.press(Qt.Key.Key_A)
    window.dialog("Record an allergy")
    window.pick("Penicillin")
    window.press(Qt.Key.Key_Tab)
    window.type("anaphylaxis")
    window.press(CTRL_ENTER)
    window.until(lambda: len(rooms.rows(select(Allergy.id))) == 1)
    window.until(lambda: bool(sheet.rows.parts))
    window.dialog("Allergies")
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()
    box = window.workstation.window.frame.banner.findChild(AllergyBox)
    assert isinstance(box, AllergyBox)
    window.until(lambda: "Penicillin (anaphylaxis)" in box.panel.accessibleName())
    row = rooms.rows(select(Allergy.verification_status, Allergy.criticality, Allergy.type, Allergy.code))[0]
    assert tuple(row) == ("unconfirmed", None, None, "class:penicillins")


def test_no_known_allergies_is_stated_by_a_button_and_asked_by_stands_there(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    opened(window, patient, "allergies")
    sheet = window.dialog("Allergies")
    window.until(sheet.none.isVisible)
    window.tab_to("No known allergies")
    window.press(Qt.Key.Key_Space)
    window.until(lambda: "asked by Thabo Mbeki" in sheet.said.text())
    assert rooms.ask(queries.allergies, patient).state == "none"
    sheet.reject()
    window.no_dialog()


def test_the_sections_are_reached_by_number_and_worked_by_keys(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    drug = rooms.prescribed(patient, "amlodipine", "5 mg", "5")
    order = rooms.ordered(patient)
    page = opened(window, patient)
    ctrl = Qt.KeyboardModifier.ControlModifier
    window.press((Qt.Key.Key_4, ctrl))
    window.until(lambda: page.tabs.current() == "medicines")
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    dialog = window.dialog("Change the dose of amLODIPine")
    window.press((Qt.Key.Key_A, ctrl))
    window.type("10")
    dialog.form.fields["why"].take_focus()
    window.type("pressure too high")
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert rooms.ask(queries.medicine, drug).dose_line.startswith("10 mg")
    window.press((Qt.Key.Key_5, ctrl))
    window.until(lambda: page.tabs.current() == "orders")
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    window.dialog("Cancel Potassium")
    window.type("not needed")
    window.press(CTRL_ENTER)
    window.until(lambda: rooms.ask(queries.order, order).status == "revoked")


def test_a_corrected_result_is_struck_and_acknowledged(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    _order, result, release = rooms.released(patient, "5.6")
    page = opened(window, patient, "results")
    window.until(lambda: page.tabs.current() == "results")
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    sheet = window.dialog("Potassium")
    assert sheet.view.id == release
    window.press(CTRL_ENTER)
    window.dialog("Acknowledge")
    window.press(Qt.Key.Key_Space)
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.facts is not None and page.facts.unseen == 0)
    assert rooms.ask(lab.result, result).value == Decimal("5.6")


def test_next_and_previous_patient(rooms: Rooms, window: Window) -> None:
    first, second = rooms.patient("Abrahams", "Yusuf"), rooms.patient("Okonkwo", "Amara")
    rooms.arrived(first, -15)
    rooms.arrived(second)
    page = opened(window, first)
    assert page.context == "Patient 1 of 2"
    page.summary.vitals.setFocus()
    window.press((Qt.Key.Key_BracketRight, ALT))
    window.until(lambda: window.page.patient == second and window.page.facts is not None)
    assert window.page.context == "Patient 2 of 2"
    window.press((Qt.Key.Key_BracketLeft, ALT))
    window.until(lambda: window.page.patient == first)


def test_leaving_with_words_typed_asks_first(rooms: Rooms, window: Window) -> None:
    first, second = rooms.patient("Abrahams", "Yusuf"), rooms.patient()
    rooms.arrived(first)
    page = opened(window, first)
    in_note(window, page)
    window.type("x")
    assert not window.workstation.desk.routes.open(PatientChart(second))
    question = window.dialog()
    assert "is not finished" in question.accessibleName()
    question.reject()
    assert window.page is page


def test_a_visit_is_opened_for_who_came_without_an_appointment(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    page = opened(window, patient)
    assert page.summary.note.empty.isVisible()
    page.summary.note.empty.button.setFocus()
    window.press(Qt.Key.Key_Space)
    window.until(lambda: rooms.ask(queries.current_visit, patient) is not None)
    window.until(page.summary.note.form.isVisible)


@pytest.mark.accepts("SEC-09")
def test_a_role_without_charts_is_told_so(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    patient = rooms.patient()
    window = opens(rooms.receptionist)
    window.workstation.desk.routes.open(PatientChart(patient))
    window.until(lambda: "not shown for your role" in window.page._blank.sentence.text())
    (event,) = rooms.rows(select(AccessEvent.kind, AccessEvent.patient, AccessEvent.by, AccessEvent.purpose))
    assert event == ("denied", patient, rooms.receptionist.person.id, "operations"), "refused, and nothing shown"

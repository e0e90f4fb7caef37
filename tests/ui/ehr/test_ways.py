# SPDX-License-Identifier: Apache-2.0
"""The less usual ways in a chart and on the ward: beds, procedures, mistakes, writers who meet, a basket that grew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.ehr import queries, service, service_procedures, service_stays
from hms_desktop.clinic.ehr.model_visits import VisitLink
from hms_desktop.clinic.staff.model import Place
from hms_desktop.ui.ehr.chart_screen import ChartPage
from hms_desktop.ui.ehr.mistakes import ask_mistake
from hms_desktop.ui.ehr.ward_screen import WardPage
from hms_desktop.ui.routes import PatientChart, Vitals, Ward
from tests.clinic.ehr.practice import by_role
from tests.ui.ehr.charts import in_note, opened, written
from tests.ui.ehr.rooms import CTRL_ENTER, CTRL_S, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
CTRL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


def no_form(window: Window) -> bool:
    """Whether no form is open over the window."""
    return QApplication.activeModalWidget() is None


def toasts(window: Window) -> list[str]:
    """What the window says in passing, from now on."""
    told: list[str] = []
    window.page.desk.toast = lambda words, *_undo: told.append(words)
    window.page.desk.hint = told.append
    return told


def test_the_ward_moves_discharges_and_takes_back_by_keys(rooms: Rooms, window: Window) -> None:
    ward = rooms.add(Place, name="Ward A", kind="ward", active=True)
    first, second = rooms.patient(), rooms.patient("Dlamini", "Sizwe")
    for patient, bed in ((first, "1"), (second, "2")):
        rooms.do(service_stays.admit, patient, place=ward, bed=bed)
    page = window.open(Ward(second), lambda p: isinstance(p, WardPage) and p.row() is not None)
    window.until(lambda: page.row().patient == second)
    told = toasts(window)
    assert not page.visit(Vitals()), "another place has its own screen"
    page.table.setFocus()
    window.press(Key.Key_M)
    dialog = window.dialog("Move Dlamini, Sizwe from bed 2")
    dialog.form.fields["bed"].take_focus()
    window.press((Key.Key_A, CTRL))
    window.type("3")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.row() is not None and page.row().bed == "3")
    page.table.setFocus()
    window.press(Key.Key_K)
    window.until(lambda: told[-1:] == ["Every night is counted already."])
    window.press(Key.Key_Delete)
    window.dialog("Was it a mistake to admit Dlamini, Sizwe?")
    window.type("Wrong patient")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.table.rows.total == 1)
    page.table.setFocus()
    window.press((Key.Key_Home, CTRL))
    window.until(lambda: page.row() is not None and page.row().patient == first)
    window.press(Key.Key_D)
    window.dialog("Discharge Okonkwo, Amara from bed 1?")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.row() is None)
    for key in (Key.Key_M, Key.Key_D, Key.Key_E, Key.Key_Delete):
        window.press(key)
    assert no_form(window) and window.page is page, "with nobody in a bed these keys do nothing"
    window.workstation.desk.routes.open(Ward(first))
    window.dialog("Admit Okonkwo, Amara to a bed").reject()


def test_a_procedure_is_recorded_and_called_a_mistake_once(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.arrived(patient)
    rooms.do(
        service_procedures.add_procedure_type, code="SUT", display="Suture of a wound", who=by_role("M", "manager")
    )
    page: Any = opened(window, patient)
    window.press((Key.Key_D, Qt.KeyboardModifier.AltModifier))
    window.dialog("Record a procedure")
    window.pick("Suture")
    window.press(CTRL_ENTER)
    window.no_dialog()
    page.show_section("procedures")
    window.until(lambda: bool(page.facts.procedures))
    table = page.panes.currentWidget().table
    window.until(lambda: table.rows.total == 1)
    table.setFocus()
    window.press(Key.Key_Down, Key.Key_Return)
    window.dialog("Was Suture of a wound entered in error?")
    window.type("Other patient")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.facts.procedures[0].void_reason == "Other patient")
    row = page.facts.procedures[0]
    assert [column.of(row).text for column in table.rows.columns[1:2]] == ["Suture of a wound"]
    table.setFocus()
    window.press(Key.Key_Return, Key.Key_X)
    assert no_form(window), "what is marked is marked"
    two_visits_after_all(rooms, window, patient)


def two_visits_after_all(rooms: Rooms, window: Window, patient: UUID) -> None:
    """Of a visit that was joined to another one the joining is taken back."""
    page, goes_on = window.page, rooms.do(service.open_visit, patient)
    joined = next(visit.id for visit in rooms.ask(queries.visits, patient) if visit.id != goes_on)
    rooms.add(VisitLink, survivor=goes_on, replaced=joined, reason="Came once", by=page.desk.person.id)
    row = next(visit for visit in rooms.ask(queries.visits, patient) if visit.link is not None)
    ask_mistake(page.desk, page, row, lambda _none: None)
    window.dialog("Was the joining of this visit with another entered in error?")
    window.type("Came back after lunch")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: all(visit.link is None for visit in rooms.ask(queries.visits, patient)))


def test_a_line_that_is_over_or_marked_offers_nothing_more(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    stopped = rooms.prescribed(patient, "amlodipine", "5 mg", "5")
    rooms.do(service.stop_medicine, stopped, "dizzy")
    revoked = rooms.ordered(patient)
    rooms.do(service.revoke_order, revoked, "not needed")
    wrong = rooms.do(service.record_problem, patient, display="Asthma")
    rooms.do(service.change_problem, wrong, clinical="inactive", verification="entered-in-error", reason="Other chart")
    rooms.do(service.record_problem, patient, display="Gout", verification="confirmed")
    page: Any = opened(window, patient)
    page.acts.open_medicine(rooms.ask(queries.medicine, stopped))
    page.acts.open_order(rooms.ask(queries.order, revoked))
    marked = next(row for row in page.facts.problems if row.id == wrong)
    ask_mistake(page.desk, page, marked, lambda _none: None)
    assert no_form(window)
    acts = [said for said, _act in page.acts.on_medicine(rooms.ask(queries.medicine, stopped))]
    assert "Hold…" not in acts and "Go on with it" not in acts


def test_two_writers_of_one_note_meet_when_it_is_saved(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page: Any = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    form = page.summary.note.form
    rooms.do(service.write_note, visit, {"symptoms": "Dizzy."}, who=rooms.nurse)
    page.acts.save()  # at the same moment: the colleague's words are not shown yet
    window.until(lambda: bool(form.unsettled))
    assert form.sections["symptoms"].typed() == "Ankle swelling.", "nobody's words are written over"
    assert written(rooms, visit).texts["symptoms"] == "Dizzy."
    window.press(CTRL_S)
    window.tab_to("Keep both")
    window.press(Key.Key_Space, CTRL_S)
    window.until(lambda: written(rooms, visit).texts["symptoms"] == "Ankle swelling.\nDizzy.")


def test_what_is_typed_while_a_note_is_saved_is_not_taken_for_saved(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page: Any = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    form = page.summary.note.form
    page.acts.save()
    form.sections["symptoms"].type_in("Ankle swelling. Fever.")
    form.seen["symptoms"] = "what is read meanwhile is not what the first words were typed on"
    window.until(lambda: form.seen["symptoms"] == "Ankle swelling.")
    assert written(rooms, visit).texts["symptoms"] == "Ankle swelling."
    assert form.touched and form.sections["symptoms"].typed() == "Ankle swelling. Fever."
    window.press(CTRL_S)
    window.until(lambda: written(rooms, visit).texts["symptoms"] == "Ankle swelling. Fever.")
    window.until(lambda: not form.touched)


def test_what_came_into_the_basket_after_the_question_is_not_signed(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    visit = rooms.arrived(patient)
    rooms.do(service.draft_order, patient, encounter=visit, category="laboratory", code="K", display="Potassium")
    page: Any = opened(window, patient)
    in_note(window, page)
    window.type("No headache.")
    window.until(lambda: page.summary.note.sign.words == "Sign note and 1 order")
    window.press(CTRL_ENTER)
    window.dialog("Sign note and 1 order of")
    late = rooms.do(service.draft_order, patient, encounter=visit, category="laboratory", code="NA", display="Sodium")
    window.press(Key.Key_Tab, Key.Key_Space)
    window.until(window.workstation.window.frame.error.isVisible)
    assert rooms.ask(queries.order, late).status == "draft"
    assert rooms.ask(queries.visit_note, visit) is None
    window.until(lambda: page.summary.note.sign.words == "Sign note and 2 orders")
    assert page.summary.note.form.sections["symptoms"].typed() == "No headache."


def test_a_problem_is_settled_and_who_may_not_void_is_not_offered_it(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    asthma: UUID = rooms.do(service.record_problem, patient, display="Asthma", verification="confirmed")
    page: Any = opened(window, patient)
    page.acts.open_problem(page.facts.summary.problems[0])
    dialog = window.dialog("Asthma")
    state = dialog.form.fields["state"]
    assert [button.text().replace("&", "") for button in state.buttons][-1] == "Mistake"
    state.buttons[1].setFocus()
    window.press(Key.Key_Space)
    dialog.form.fields["reason"].take_focus()
    window.type("No attack for ten years")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.facts.summary.problems == ())
    (row,) = rooms.ask(queries.problems, patient, live=False)
    assert (row.id, row.clinical_status, row.reason) == (asthma, "resolved", "No attack for ten years")


def test_a_held_medicine_goes_on_by_its_button(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    drug = rooms.prescribed(patient, "amlodipine", "5 mg", "5")
    page: Any = opened(window, patient)
    for said, titled, state in (("Hold…", "Hold amLODIPine?", "on-hold"), ("Go on with it", "", "active")):
        acts = dict(page.acts.on_medicine(rooms.ask(queries.medicine, drug)))
        acts[said]()
        if titled:
            window.dialog(titled)
            window.type("low pressure")
            window.press(CTRL_ENTER)
            window.no_dialog()
        window.until(lambda state=state: rooms.ask(queries.medicine, drug).status == state)  # type: ignore[misc]
    assert not page.visit(Vitals()), "another place has its own screen"


def test_another_patient_leaves_nothing_of_the_last_one_behind(rooms: Rooms, window: Window) -> None:
    first, second = rooms.patient(), rooms.patient("Dlamini", "Sizwe")
    page: Any = opened(window, first, "orders")
    window.until(lambda: page.tabs.current() == "orders")
    window.workstation.desk.routes.open(PatientChart(second))
    assert isinstance(page, ChartPage) and page.facts is None
    window.until(lambda: bool(page.facts) and page.patient == second)
    facts: Any = page.facts
    assert facts.summary.banner.name.family == "Dlamini" and not facts.orders

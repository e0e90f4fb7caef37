# SPDX-License-Identifier: Apache-2.0
"""The chart through its window, by keys alone: vitals, allergies, the note, orders, prescribing, signing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service, service_templates
from hms_desktop.clinic.ehr.model import AlertOverride, Allergy, NoteSignature, Observation, Prescription
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.acting import Acting
from hms_desktop.ui.ehr.alert_list import AlertList
from hms_desktop.ui.ehr.chart_screen import ChartPage
from hms_desktop.ui.ehr.order_dialog import OrderDialog
from hms_desktop.ui.ehr.prescribe_dialog import PrescribeDialog
from hms_desktop.ui.routes import MyDay, PatientChart
from hms_desktop.ui.widgets.alerts import StopPanel
from hms_desktop.ui.widgets.allergy_box import AllergyBox
from hms_desktop.ui.widgets.choice_field import Option
from tests.clinic.reference import shipped
from tests.ui.ehr.rooms import CTRL_ENTER, CTRL_S, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
ALT = Qt.KeyboardModifier.AltModifier


def opened(window: Window, patient: UUID, section: str = "summary") -> ChartPage:
    page = window.open(PatientChart(patient, section), lambda p: isinstance(p, ChartPage) and p.facts is not None)
    assert isinstance(page, ChartPage)
    return page


def written(rooms: Rooms, visit: UUID) -> NoteView:
    """The note of a visit as it stands."""
    note = rooms.ask(queries.visit_note, visit)
    assert note is not None
    return note


def in_note(window: Window, page: ChartPage) -> None:
    """The keyboard is in the first section of the note."""
    window.until(lambda: QApplication.focusWidget() is page.summary.note.form.sections["symptoms"].edit)


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


def test_a_test_is_ordered_into_the_basket_by_keys(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page = opened(window, patient)
    in_note(window, page)
    window.press((Qt.Key.Key_O, ALT))
    dialog = window.dialog("Order a test")
    window.pick("potas")
    assert isinstance(dialog, OrderDialog) and dialog.test.chosen is not None
    dialog.priority.take_focus()
    window.press(Qt.Key.Key_Space)
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.summary.note.basket.count == 1)
    assert [(o.code, o.priority) for o in rooms.ask(queries.basket, visit).orders] == [("K", "routine")]


def test_a_second_order_asks_why(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    rooms.ordered(patient, "K")
    page = opened(window, patient)
    in_note(window, page)
    window.press((Qt.Key.Key_O, ALT))
    dialog = window.dialog("Order a test")
    dialog.test.type_in(next(o for o in _offered(window, dialog, "potassium") if o.key == "K"))
    dialog.test.edited.emit()
    window.until(dialog.again.isVisible)
    dialog.priority.type_in("routine")
    window.press(CTRL_ENTER)
    window.until(lambda: bool(dialog.again.error))
    dialog.again.take_focus()
    window.type("haemolysed")
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [o.again for o in _overrides(rooms)] == ["haemolysed"]
    assert rooms.ask(queries.basket, visit).count == 1


def _offered(window: Window, dialog: OrderDialog, typed: str) -> list[Option]:
    found: list[Option] = []
    dialog.test._finds(typed, found.extend)
    window.until(lambda: bool(found))
    return found


def _overrides(rooms: Rooms) -> list[Any]:
    return rooms.rows(select(AlertOverride.reason.label("again")).where(AlertOverride.kind == "duplicate-order"))


def prescribe(window: Window, name: str) -> PrescribeDialog:
    """Open the form and choose a medicine by keys."""
    window.press((Qt.Key.Key_R, ALT))
    dialog = window.dialog("Prescribe")
    assert isinstance(dialog, PrescribeDialog)
    window.pick(name)
    window.until(lambda: dialog.medicine.chosen is not None and not dialog.alerts.isHidden())
    return dialog


def type_dose(window: Window, dialog: PrescribeDialog) -> None:
    dialog.dose.amount.take_focus()
    window.type("500")
    window.press(Qt.Key.Key_Tab)
    window.pick("mg")
    dialog.dose.route.take_focus()
    window.pick("oral")
    dialog.dose.frequency.take_focus()
    window.pick("three")
    dialog.dose.days.take_focus()
    window.type("7")


def test_a_known_allergy_stops_and_another_medicine_goes_through(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.record_allergy, patient, "Penicillin", reaction="anaphylaxis", criticality="high")
    visit = rooms.arrived(patient)
    rooms.item("amoxicillin", classes="penicillins")
    rooms.item("azithromycin")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "amoxi")
    panel = next(p for p in dialog.alerts.parts.values() if isinstance(p, StopPanel))
    assert "Penicillins" in panel.accessibleName() and not dialog.go.isEnabled()
    assert QApplication.focusWidget() is panel.buttons[0], "the keyboard stands on the fix"
    window.press(Qt.Key.Key_Space)
    window.until(lambda: dialog.medicine.chosen is None)
    window.pick("azithro")
    window.until(lambda: dialog.medicine.chosen is not None and dialog.go.isEnabled())
    type_dose(window, dialog)
    assert "Supply 21" in dialog.dose.line.text()
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [m.display for m in rooms.ask(queries.basket, visit).medicines] == ["azithromycin"]


def test_a_stop_is_passed_only_with_a_reason(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.record_allergy, patient, "Penicillin", criticality="high")
    rooms.arrived(patient)
    rooms.item("amoxicillin", classes="penicillins")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "amoxi")
    type_dose(window, dialog)
    window.press(CTRL_ENTER)
    assert rooms.rows(select(Prescription.id)) == []
    window.tab_to("Prescribe anyway")
    window.press(Qt.Key.Key_Space)
    window.type("desensitised in 2024")
    window.until(dialog.go.isEnabled)
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [tuple(r) for r in rooms.rows(select(AlertOverride.kind, AlertOverride.reason))] == [
        ("allergy-class", "desensitised in 2024")
    ]


def test_a_check_takes_a_reason_from_the_short_list(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    rooms.arrived(patient)
    rooms.prescribed(patient, "ibuprofen", "200 mg", "200")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "ibupro")
    alerts: AlertList = dialog.alerts
    assert len(alerts.standing()) == 1 and not dialog.go.isEnabled()
    window.tab_to("Seen, give reason")
    window.press(Qt.Key.Key_Space)
    window.until(lambda: QApplication.activePopupWidget() is not None)
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    window.until(lambda: not alerts.standing())
    assert dialog.go.isEnabled()
    dialog.reject()
    window.no_dialog()


def test_unasked_allergies_are_asked_for_from_the_form(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.arrived(patient)
    rooms.item("paracetamol")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "parac")
    assert dialog.not_asked.isVisible() and not dialog.go.isEnabled()
    rooms.do(service.state_no_allergies, patient)
    window.until(lambda: not dialog.not_asked.isVisible())
    assert dialog.go.isEnabled()
    dialog.reject()
    window.no_dialog()


def test_note_and_basket_are_signed_in_one_act_by_keys(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    visit = rooms.arrived(patient)
    rooms.do(service.draft_order, patient, encounter=visit, category="laboratory", code="K", display="Potassium")
    page = opened(window, patient)
    in_note(window, page)
    window.type("No headache.")
    window.press(Qt.Key.Key_Tab)
    window.type("BP 146/88.")
    window.until(lambda: page.summary.note.sign.words == "Sign note and 1 order")
    window.press(CTRL_ENTER)
    question = window.dialog("Sign note and 1 order of")
    assert "OKONKWO" in question.accessibleName()
    assert question.stay.hasFocus(), "the keyboard starts on the safe button"
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)
    window.until(lambda: page.summary.note.note is not None and page.summary.note.note.locked)
    note = written(rooms, visit)
    assert (note.texts["symptoms"], note.texts["examination"], note.status) == ("No headache.", "BP 146/88.", "final")
    assert [o.status for o in rooms.ask(queries.orders, patient)] == ["active"]
    assert rooms.ask(queries.visit, visit).status == "in-progress"
    assert page.summary.note.form.sections["symptoms"].edit.isHidden(), "locked text is no field"


def test_a_draft_survives_the_window_and_only_its_author_sees_it(
    rooms: Rooms, window: Window, opens: Callable[[Acting], Window]
) -> None:
    patient = rooms.patient()
    rooms.arrived(patient)
    page = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    window.until(lambda: page.summary.note.chip.face.words.startswith("Draft saved here"))
    window.close()
    other = opens(rooms.nurse)
    theirs = opened(other, patient)
    assert theirs.summary.note.form.sections["symptoms"].typed() == ""
    other.close()
    again = opened(opens(rooms.doctor), patient)
    other.until(lambda: again.summary.note.form.sections["symptoms"].typed() == "Ankle swelling.")


def test_a_colleagues_words_come_in_and_stand_beside_own_ones(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    form = page.summary.note.form
    rooms.do(service.write_note, visit, {"symptoms": "Dizzy.", "plan": "Bloods."}, who=rooms.nurse)
    window.until(lambda: form.unsettled)
    assert (form.sections["plan"].typed(), form.sections["symptoms"].typed()) == ("Bloods.", "Ankle swelling.")
    assert not page.summary.note.sign.isEnabled()
    window.tab_to("Keep both")
    window.press(Qt.Key.Key_Space)
    assert form.sections["symptoms"].typed() == "Ankle swelling.\nDizzy."
    window.press(CTRL_S)
    window.until(lambda: written(rooms, visit).texts["symptoms"] == "Ankle swelling.\nDizzy.")


def test_templates_and_phrases_help_and_overwrite_nothing(rooms: Rooms, window: Window) -> None:
    rooms.do(service_templates.publish_templates, shipped("note_phrases", "template"), who=rooms.manager)
    rooms.do(service_templates.publish_phrases, shipped("note_phrases", "phrase"), who=rooms.manager)
    patient = rooms.patient()
    rooms.arrived(patient)
    page = opened(window, patient)
    in_note(window, page)
    window.type("Cough.")
    window.tab_to("Template")
    window.press(Qt.Key.Key_Space)
    window.until(lambda: QApplication.activePopupWidget() is not None)
    window.press(*[Qt.Key.Key_Down] * 3, Qt.Key.Key_Return)
    form = page.summary.note.form
    window.until(lambda: bool(form.sections["plan"].typed()))
    assert form.sections["symptoms"].typed() == "Cough."
    form.sections["assessment"].take_focus()
    window.type("/")
    window.until(lambda: QApplication.activePopupWidget() is not None)
    window.press(*[Qt.Key.Key_Down] * 2, Qt.Key.Key_Return)
    assert form.sections["assessment"].typed() == "Chest clear, no added sounds."


def test_words_are_added_to_a_signed_note_and_a_trainee_is_countersigned(
    rooms: Rooms, window: Window, opens: Callable[[Acting], Window]
) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    rooms.do(service.write_note, visit, {"plan": "Reduce the dose."}, who=rooms.trainee)
    digest = written(rooms, visit).digest
    rooms.do(service.sign_visit, visit, digest, who=rooms.trainee)
    day = window.open(MyDay(), lambda p: bool(getattr(p, "_facts", None)))
    window.until(lambda: [n.cosign for n in day._facts.notes] == [True])
    page = opened(window, patient)
    assert page.summary.note.chip.face.words == "Waits for countersignature"
    window.tab_to("Countersign")
    window.press(Qt.Key.Key_Space)
    window.dialog("Countersign the note")
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)
    window.no_dialog()
    window.until(lambda: written(rooms, visit).status == "final")
    window.until(lambda: not page.summary.note.cosign.isVisible())
    window.tab_to("Add to the note")
    window.press(Qt.Key.Key_Space)
    window.dialog("Add to the signed note")
    window.type("Called the patient.")
    window.press(CTRL_ENTER)
    window.until(lambda: written(rooms, visit).status == "amended")
    assert len(rooms.rows(select(NoteSignature.id))) == 2


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
    dialog = window.dialog("Change the dose of amlodipine")
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
    window.dialog("Revoke Potassium")
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


def test_a_role_without_charts_is_told_so(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    patient = rooms.patient()
    window = opens(rooms.receptionist)
    window.workstation.desk.routes.open(PatientChart(patient))
    window.until(lambda: "not shown for your role" in window.page._blank.sentence.text())
    assert rooms.rows(select(AccessEvent.id)) == []

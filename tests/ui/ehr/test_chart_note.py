# SPDX-License-Identifier: Apache-2.0
"""The note in the chart by keys alone: signing with the basket, drafts, templates, words added and countersigned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service, service_templates
from hms_desktop.clinic.ehr.model import NoteSignature
from hms_desktop.storage.acting import Acting
from hms_desktop.ui.routes import MyDay
from tests.clinic.reference import shipped
from tests.ui.ehr.charts import in_note, opened, written
from tests.ui.ehr.rooms import CTRL_ENTER, CTRL_S, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


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


def test_words_typed_while_a_colleague_signs_are_offered_until_they_stand_below_the_note(
    rooms: Rooms, window: Window, opens: Callable[[Acting], Window]
) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    rooms.do(service.write_note, visit, {"plan": "Bloods."}, who=rooms.trainee)
    page = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    rooms.do(service.sign_visit, visit, written(rooms, visit).digest, who=rooms.trainee)
    left = page.summary.note.left
    window.until(lambda: len(left.parts) == 1)
    assert left.parts[0].accessibleName() == "Signed while you wrote"
    window.close()
    window = opens(rooms.doctor)
    again = opened(window, patient)
    left = again.summary.note.left
    window.until(lambda: len(left.parts) == 1)
    window.tab_to("Add to the signed note")
    window.press(Qt.Key.Key_Space)
    form = window.dialog("Add to the signed note")
    assert form.form.fields["text"].typed() == "Symptoms: Ankle swelling."
    form.form.fields["text"].take_focus()
    window.press((Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier))
    window.type(" Both.")
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()
    window.tab_to("Add to the signed note")
    window.press(Qt.Key.Key_Space)
    form = window.dialog("Add to the signed note")
    window.until(lambda: form.form.fields["text"].typed() == "Symptoms: Ankle swelling. Both.")
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: not left.parts)
    assert [words.text for words in written(rooms, visit).addenda] == ["Symptoms: Ankle swelling. Both."]
    keys: list[frozenset[str]] = []
    window.workstation.drafts.keys(keys.append)
    window.until(lambda: keys == [frozenset()])


def test_words_of_a_visit_that_ended_are_saved_into_its_note_or_let_go(
    rooms: Rooms, window: Window, opens: Callable[[Acting], Window]
) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    page.save_draft()
    rooms.do(service.write_note, visit, {"symptoms": "Dizzy."}, who=rooms.nurse)
    window.until(lambda: rooms.ask(queries.visit, visit).status == "in-progress")
    rooms.do(service.finish_visit, visit)
    left = page.summary.note.left
    window.until(lambda: len(left.parts) == 1)
    assert left.parts[0].accessibleName() == "Its visit ended while you wrote"
    window.tab_to("Save into the note")
    window.press(Qt.Key.Key_Space)
    window.until(lambda: written(rooms, visit).texts["symptoms"] == "Dizzy.\nAnkle swelling.")
    window.until(lambda: not left.parts)
    second = rooms.arrived(patient)
    window.until(lambda: page.summary.note.holds(second))
    page.summary.note.form.sections["plan"].take_focus()
    window.type("Rest.")
    page.save_draft()
    window.until(lambda: rooms.ask(queries.visit, second).status == "in-progress")
    rooms.do(service.finish_visit, second)
    window.until(lambda: len(left.parts) == 1)
    window.tab_to("Let these words go")
    window.press(Qt.Key.Key_Space)
    window.dialog("Let these words go?")
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)
    window.no_dialog()
    window.until(lambda: not left.parts)
    assert rooms.ask(queries.visit_note, second) is None

# SPDX-License-Identifier: Apache-2.0
"""Templates, phrases and forms by version: what is offered today, what a note and a reading keep, what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.clinic.ehr import service, service_templates
from hms_desktop.clinic.ehr.queries_notes import visit_note
from hms_desktop.clinic.ehr.queries_templates import NoteWords, note_words, vitals_form
from hms_desktop.clinic.ehr.queries_vitals import vitals
from hms_desktop.clinic.ehr.rules_vitals import SIGN_ROWS
from hms_desktop.core.errors import BadInput, NotAllowed
from tests.clinic.ehr.practice import Practice
from tests.clinic.reference import shipped


@pytest.fixture
def practice(tmp_path: Path) -> Any:
    """A practice with what ships."""
    made = Practice(tmp_path)
    made.do(service_templates.publish_templates, shipped("note_phrases", "template"), who=made.manager)
    made.do(service_templates.publish_phrases, shipped("note_phrases", "phrase"), who=made.manager)
    yield made
    made.close()


def newer(practice: Practice, **changed: Any) -> dict[str, Any]:
    """The template of a short visit, anew from today."""
    old = next(t for t in shipped("note_phrases", "template") if t["code"] == "SHORT")
    return {**old, "version": 2, "valid_from": practice.later().date(), **changed}


@pytest.mark.hazard("H33")
def test_a_note_keeps_the_version_it_was_begun_from(practice: Practice) -> None:
    visit = practice.visit(practice.patient())
    old = next(t for t in practice.ask(note_words).templates if t.name == "Short visit")
    practice.do(service.write_note, visit, old.texts, begun=[old.id, old.id])
    published = newer(practice, display="Quick visit", texts={"symptoms": "New"})
    assert practice.do(service_templates.publish_templates, [published], who=practice.manager) == 1
    offered = {t.name: t for t in practice.ask(note_words).templates}
    assert "Short visit" not in offered and offered["Quick visit"].texts["symptoms"] == "New"
    practice.do(service.write_note, visit, {"plan": "Rest"}, begun=[offered["Quick visit"].id, old.id])
    note = practice.ask(visit_note, visit)
    assert note is not None
    assert [begun.template.words for begun in note.begun] == ["Short visit, version 1", "Quick visit, version 2"]
    first = note.begun[0]
    assert first.template.texts == old.texts and first.by == practice.doctor.person.name
    assert first.term.valid_to == published["valid_from"] - timedelta(days=1)


def test_a_version_of_the_future_is_offered_on_its_day(practice: Practice) -> None:
    phrase = {"code": "CHEST-CLEAR", "display": "Chest clear", "text": "Clear."}
    day = practice.later().date() + timedelta(days=2)
    practice.do(service_templates.publish_phrases, [{**phrase, "valid_from": day}], who=practice.manager)

    def said() -> str:
        words: NoteWords = practice.ask(note_words)
        return next(phrase.text for phrase in words.phrases if phrase.name == "Chest clear")

    assert said() == "Chest clear, no added sounds."
    practice.later(days=2)
    assert said() == "Clear."


def test_readings_keep_the_form_in_which_they_were_typed(practice: Practice) -> None:
    patient = practice.patient()
    assert practice.ask(vitals_form).rows == SIGN_ROWS and practice.ask(vitals_form).id is None
    practice.do(service_templates.publish_forms, shipped("forms", "form"), who=practice.manager)
    form = practice.ask(vitals_form)
    assert (form.words, form.rows) == ("Vital signs, version 1", SIGN_ROWS)
    readings = {"pulse": Decimal(70), "systolic": Decimal(120), "diastolic": Decimal(80)}
    practice.do(service.record_vitals, patient, readings, form=form.id, who=practice.nurse)
    shorter = {"code": "vitals", "display": "Vital signs", "rows": [["pulse"]], "valid_from": practice.later().date()}
    practice.do(service_templates.publish_forms, [shorter], who=practice.manager)
    assert practice.ask(vitals_form).rows == (("pulse",),)
    last = practice.ask(vitals, patient).last
    assert {key: last[key].form for key in readings} == dict.fromkeys(readings, "Vital signs, version 1")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "at least one sign"),
        ([["pulse"], []], "at least one sign"),
        ([["mood"]], "no vital sign “mood”"),
        ([["pulse", "pulse"]], "twice for Pulse"),
        ([["systolic"]], "Ask for both"),
    ],
)
def test_a_form_that_can_not_be_typed_is_refused(practice: Practice, rows: list[list[str]], words: str) -> None:
    form = {"code": "vitals", "display": "Vital signs", "rows": rows, "valid_from": practice.later().date()}
    with pytest.raises(BadInput, match=words):
        practice.do(service_templates.publish_forms, [form], who=practice.manager)


def test_what_is_no_template_is_refused_and_not_everybody_may(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.do(service_templates.publish_templates, [newer(practice)], who=practice.nurse)
    for act, values, words in (
        (service_templates.publish_templates, newer(practice, display=" "), "need a code and a name"),
        (service_templates.publish_templates, newer(practice, texts={"mood": "x"}), "no section “mood”"),
        (service_templates.publish_phrases, {"code": "A", "display": "A", "text": " "}, "no text"),
        (
            service_templates.publish_forms,
            {"code": "registration", "display": "R", "rows": []},
            "no form “registration”",
        ),
    ):
        with pytest.raises(BadInput, match=words):
            practice.do(act, [values], who=practice.manager)

# SPDX-License-Identifier: Apache-2.0
"""Notes: written together without overwriting, signed as read, locked, added to, countersigned."""

from __future__ import annotations

from uuid import UUID

import pytest

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.events import AddendumWritten, NoteSigned
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.storage.acting import Acting
from tests.clinic.ehr.practice import Practice


def read(practice: Practice, visit: UUID) -> NoteView:
    note = practice.ask(queries.visit_note, visit)
    assert note is not None
    return note


def sign(practice: Practice, visit: UUID, who: Acting | None = None) -> service.Signed:
    signed: service.Signed = practice.do(service.sign_visit, visit, read(practice, visit).digest, who=who)
    return signed


@pytest.fixture
def visit(practice: Practice) -> UUID:
    return practice.visit(practice.patient())


def test_a_note_is_a_draft_until_it_is_signed_and_then_locked(practice: Practice, visit: UUID) -> None:
    assert practice.ask(queries.visit_note, visit) is None
    practice.do(service.write_note, visit, {"symptoms": "No headache.", "plan": "Repeat in 2 weeks."})
    assert (read(practice, visit).status, read(practice, visit).locked) == ("preliminary", False)
    signed = sign(practice, visit)
    note = read(practice, visit)
    assert (note.status, note.locked, note.signatures[0].name) == ("final", True, "Thabo Mbeki")
    assert note.signatures[0].id == signed.signature and note.signatures[0].whole
    with pytest.raises(Refused, match="signed and locked"):
        practice.do(service.write_note, visit, {"plan": "Other"})
    with pytest.raises(Refused, match="signed and locked"):
        practice.do(service.sign_visit, visit, note.digest)
    assert [e.note for e in practice.heard(NoteSigned)] == [note.id]


def test_a_colleagues_section_is_never_overwritten(practice: Practice, visit: UUID) -> None:
    practice.do(service.write_note, visit, {"symptoms": "Ankle swelling."})
    seen = read(practice, visit).texts
    practice.do(service.write_note, visit, {"plan": "Reduce the dose."}, seen=seen, who=practice.nurse)
    practice.do(service.write_note, visit, {"symptoms": "Ankle swelling in the evening."}, seen=seen)
    with pytest.raises(service.WrittenMeanwhile) as both:
        practice.do(service.write_note, visit, {"plan": "Stop it."}, seen=seen)
    assert both.value.sections == {"plan": "Reduce the dose."}
    texts = read(practice, visit).texts
    assert (texts["plan"], texts["symptoms"]) == ("Reduce the dose.", "Ankle swelling in the evening.")
    practice.do(service.write_note, visit, {"plan": "Reduce the dose."}, seen=seen)


def test_only_what_was_read_is_signed(practice: Practice, visit: UUID) -> None:
    practice.do(service.write_note, visit, {"plan": "Reduce the dose."})
    digest = read(practice, visit).digest
    practice.do(service.write_note, visit, {"plan": "Stop it."}, who=practice.nurse)
    with pytest.raises(Refused, match="changed since you read it"):
        practice.do(service.sign_visit, visit, digest)
    assert read(practice, visit).locked is False


def test_words_are_added_only_after_signing(practice: Practice, visit: UUID) -> None:
    note = practice.do(service.write_note, visit, {"plan": "Reduce the dose."})
    with pytest.raises(Refused, match="Addenda come after signing"):
        practice.do(service.add_addendum, note, "Called the patient.")
    sign(practice, visit)
    with pytest.raises(BadInput):
        practice.do(service.add_addendum, note, " ")
    practice.do(service.add_addendum, note, "Called the patient.", who=practice.nurse)
    view = read(practice, visit)
    assert view.status == "amended"
    assert [(a.by, a.text) for a in view.addenda] == [("Khanyi Moyo", "Called the patient.")]
    assert view.texts["plan"] == "Reduce the dose."
    assert practice.heard(AddendumWritten)[0].note == note


def test_a_doctor_in_training_is_countersigned(practice: Practice, visit: UUID) -> None:
    note = practice.do(service.write_note, visit, {"plan": "Reduce the dose."}, who=practice.trainee)
    assert [n.note for n in practice.ask(queries.unsigned_notes, who=practice.trainee)] == [note]
    sign(practice, visit, practice.trainee)
    assert (read(practice, visit).status, read(practice, visit).waits_for_cosigner) == ("preliminary", True)
    assert practice.ask(queries.unsigned_notes, who=practice.trainee) == ()
    assert [(n.note, n.cosign) for n in practice.ask(queries.unsigned_notes)] == [(note, True)]
    for nobody in (practice.trainee, practice.nurse):
        with pytest.raises(NotAllowed):
            practice.do(service.cosign_note, note, who=nobody)
    practice.do(service.cosign_note, note)
    assert read(practice, visit).status == "final"
    assert [s.meaning for s in read(practice, visit).signatures] == ["author-in-training", "cosigner"]
    with pytest.raises(Refused, match="is final"):
        practice.do(service.cosign_note, note)
    assert practice.ask(queries.unsigned_notes) == ()


def test_an_unsigned_note_waits_in_its_authors_list(practice: Practice, visit: UUID) -> None:
    note = practice.do(service.write_note, visit, {"plan": "Reduce the dose."})
    listed = practice.ask(queries.unsigned_notes)
    assert [(n.note, n.author, n.cosign, n.patient and n.patient.family) for n in listed] == [
        (note, "Thabo Mbeki", False, "Okonkwo")
    ]
    assert practice.ask(queries.unsigned_notes, who=practice.nurse) == ()
    assert [n.note for n in practice.ask(queries.unsigned_notes, everyone=True, who=practice.nurse)] == [note]
    with pytest.raises(Refused, match="not signed this note yet"):
        practice.do(service.cosign_note, note)


def test_nothing_to_sign_is_said(practice: Practice, visit: UUID) -> None:
    with pytest.raises(Refused, match="nothing to sign"):
        practice.do(service.sign_visit, visit)
    practice.do(service.write_note, visit, {"plan": "  "})
    with pytest.raises(Refused, match="nothing to sign"):
        practice.do(service.sign_visit, visit)
    with pytest.raises(BadInput, match="no section"):
        practice.do(service.write_note, visit, {"history": "x"})


def test_a_forged_text_is_seen(practice: Practice, visit: UUID) -> None:
    practice.do(service.write_note, visit, {"plan": "Reduce the dose."})
    sign(practice, visit)
    note = read(practice, visit)
    assert note.signatures[0].whole
    assert note.late == {}
    assert [n.id for n in practice.ask(queries.notes, note.patient)] == [note.id]
    assert practice.ask(queries.note, note.id).texts == note.texts


def test_what_is_typed_is_saved_and_signed_in_one_act(practice: Practice, visit: UUID) -> None:
    practice.do(service.write_note, visit, {"symptoms": "Dizzy."})
    seen = read(practice, visit).texts
    practice.do(service.write_note, visit, {"examination": "BP 146/88."}, who=practice.nurse)
    typed = {**seen, "plan": "Reduce the dose."}
    with pytest.raises(service.WrittenMeanwhile) as moved:
        practice.do(service.sign_visit, visit, texts=typed, seen=seen)
    assert moved.value.sections == {"examination": "BP 146/88."}
    assert not read(practice, visit).locked
    seen = read(practice, visit).texts
    practice.do(service.sign_visit, visit, texts={**seen, "plan": "Reduce the dose."}, seen=seen)
    note = read(practice, visit)
    assert (note.locked, note.texts["plan"], note.texts["examination"]) == (True, "Reduce the dose.", "BP 146/88.")

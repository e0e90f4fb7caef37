# SPDX-License-Identifier: Apache-2.0
"""Which form refused work is filled into, and when there is none that could take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.queries import current_visit
from hms_desktop.clinic.ehr.queries_notes import section_id, visit_note
from hms_desktop.clinic.ehr.service import draft_order, place_order, state_no_allergies, stop_medicine, write_note
from hms_desktop.clinic.ehr.service_visits import join_visit, open_visit
from hms_desktop.storage.unit import Unit
from hms_desktop.ui.billing.refill import refill_payment
from hms_desktop.ui.ehr.refill import refill_note
from hms_desktop.ui.ehr.refill_asked import refill_allergy, refill_order, refill_prescription, refill_problem
from hms_desktop.ui.ehr.refill_mended import refill_addendum, refill_dose, refill_mark, refill_problem_state
from hms_desktop.ui.ehr.refill_stopped import refill_signature, refill_stopped
from hms_desktop.ui.lab.refill import refill_results
from hms_desktop.ui.pharmacy.refill import refill_hand_over
from hms_desktop.ui.routes import BillingDesk, PatientChart
from tests.clinic.meeting import Meeting
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk

DOSE = {
    "dose": Decimal(500), "dose_unit": "mg", "route": "oral", "frequency": "three", "times_per_day": Decimal(3),
    "days": 5, "prn": False,
}  # fmt: skip
ORDER = {"category": "laboratory", "code": "K", "display": "Potassium", "priority": "routine"}


@dataclass(frozen=True)
class Wrote:
    """One record of refused work."""

    table: str
    values: Mapping[str, Any]
    new: bool = True
    record: UUID | None = None


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """A desk where everybody may do everything."""
    return scene.meeting.desk("Desk A", "receptionist", "doctor", "nurse", "pharmacist")


def refilled(desk: Desk, refill: Any, *written: Wrote) -> Any:
    """What the form makes of it."""
    return desk.ask(partial(refill, number=7, written=written))


def test_an_order_needs_its_patient_and_a_visit_that_goes_on(scene: Scene, desk: Desk) -> None:
    asked = Wrote("service_order", {**ORDER, "patient": scene.patient, "reason": None})
    why = Wrote("alert_override", {"reason": "It was haemolysed"})
    assert refilled(desk, refill_order, asked) is None, "no visit goes on"
    desk.do(partial(open_visit, patient=scene.patient))
    assert refilled(desk, refill_order, asked, why).content["again"] == "It was haemolysed"
    for other in ({"patient": uuid4()}, {"category": "imaging"}):
        assert refilled(desk, refill_order, Wrote("service_order", {**asked.values, **other})) is None
    assert refilled(desk, refill_order, Wrote("service_order", asked.values, new=False)) is None


@pytest.mark.parametrize("refill", [refill_prescription, refill_allergy, refill_problem, refill_payment])
def test_what_is_not_of_a_form_or_not_of_a_patient_here_is_left_to_others(desk: Desk, refill: Any) -> None:
    assert refilled(desk, refill, Wrote("task", {})) is None
    for table in ("prescription", "allergy", "condition"):
        assert refilled(desk, refill, Wrote(table, {"patient": uuid4()})) is None


def test_a_medicine_in_words_keeps_its_quantity_and_one_without_a_dose_its_name(scene: Scene, desk: Desk) -> None:
    of = {"patient": scene.patient, "display": "camphor rub", "medicine": None}
    found = refilled(desk, refill_prescription, Wrote("prescription", {**of, **DOSE, "quantity": Decimal(2)}))
    assert found.content["medicine"] == {"key": "words:camphor rub", "words": "camphor rub"}
    assert (found.content["quantity"], found.content["dose"]) == ("2", "500")
    bare = {**dict.fromkeys(DOSE), **of, "medicine": uuid4()}
    assert set(refilled(desk, refill_prescription, Wrote("prescription", bare)).content) == {"medicine", "reason"}


def test_results_without_their_tube_and_corrections_have_no_form(desk: Desk) -> None:
    typed = {"order": uuid4(), "test": "K", "specimen": uuid4(), "text_value": "positive"}
    assert refilled(desk, refill_results, Wrote("lab_result", typed)) is None
    assert refilled(desk, refill_results, Wrote("lab_result", {**typed, "replaces": uuid4()})) is None


def test_a_hand_over_is_picked_again_while_its_prescription_owes_something(scene: Scene, desk: Desk) -> None:
    asked = scene.prescription()
    scene.meeting.meet()
    batch = {"batch": str(scene.early), "quantity": "6"}
    gave = {"prescription": asked, "patient": scene.patient, "quantity": Decimal(6), "place": scene.pharmacy}
    found = refilled(desk, refill_hand_over, Wrote("dispense", {**gave, "batches": [batch]}))
    assert found.content[str(asked)]["picks"][0]["batch"] == str(scene.early) and "twice" in found.also
    unknown = Wrote("dispense", {**gave, "prescription": uuid4(), "batches": [batch]})
    assert refilled(desk, refill_hand_over, unknown) is None
    nothing = scene.prescription(quantity=Decimal(0))
    scene.meeting.meet()
    over = Wrote("dispense", {**gave, "prescription": nothing, "batches": [batch]})
    assert refilled(desk, refill_hand_over, over) is None


def test_credit_that_was_taken_leads_to_the_account(scene: Scene, desk: Desk) -> None:
    paid = {"number": "RCT-1", "way": "cash", "amount": 4500, "currency": "ZAR", "patient": scene.patient}
    found = refilled(desk, refill_payment, Wrote("payment", {**paid, "invoice": None}))
    assert found.route == BillingDesk(patient=scene.patient) and "ZAR 45.00" in found.advice


def test_a_refused_stop_is_its_form_again_while_the_medicine_or_order_runs(scene: Scene, desk: Desk) -> None:
    medicine = scene.prescription()
    scene.meeting.meet()
    stopped = {"status": "stopped", "stop_reason": "Cough"}
    found = refilled(desk, refill_stopped, Wrote("prescription", stopped, new=False, record=medicine))
    assert (found.key, found.content) == (f"stop:7:{medicine.hex}", {"reason": "Cough"})
    assert (found.route, found.needs) == (PatientChart(scene.patient, draft=found.key), "medicine.stop")
    held = {"status": "on-hold", "stop_reason": "Surgery"}
    assert refilled(desk, refill_stopped, Wrote("prescription", held, False, medicine)).key.startswith("hold:7:")
    desk.do(partial(stop_medicine, prescription=medicine, reason="Rash"))
    assert refilled(desk, refill_stopped, Wrote("prescription", stopped, False, medicine)) is None
    assert refilled(desk, refill_stopped, Wrote("prescription", stopped, False, uuid4())) is None
    order = drafted(desk, scene)
    revoked = Wrote("service_order", {"status": "revoked", "stop_reason": "Taken twice"}, False, order)
    assert refilled(desk, refill_stopped, revoked) is None, "it was never placed"
    desk.do(partial(state_no_allergies, patient=scene.patient))
    desk.do(partial(place_order, order=order))
    assert refilled(desk, refill_stopped, revoked).needs == "order.revoke"


def test_a_refused_signature_says_what_to_do_and_leads_to_the_visit(scene: Scene, desk: Desk) -> None:
    order = drafted(desk, scene)
    visit = current(desk, scene)
    desk.do(partial(write_note, encounter=visit, texts={"symptoms": "Cough"}))
    note = desk.ask(partial(visit_note, encounter=visit))
    assert note is not None
    for wrote in (
        Wrote("note_signature", {"note": note.id}, record=uuid4()),
        Wrote("service_order", {"status": "active"}, False, order),
    ):
        found = refilled(desk, refill_signature, wrote)
        assert "sign it again; then put this away" in found.advice
        assert found.route == PatientChart(scene.patient, encounter=visit)
    assert refilled(desk, refill_signature, Wrote("note_signature", {"note": uuid4()})) is None
    words = Wrote("note_section", {"text": "Cough since Friday"}, False, section_id(note.id, "symptoms"))
    again = refilled(desk, refill_note, words, Wrote("note_signature", {"note": note.id}))
    assert again.content["texts"]["symptoms"] == "Cough since Friday" and "sign it again" in again.also
    assert refilled(desk, refill_note, words).also == ""


def test_a_refused_dose_is_its_form_again_while_the_medicine_is_taken(scene: Scene, desk: Desk) -> None:
    medicine = scene.prescription()
    scene.meeting.meet()
    wrote = Wrote("prescription", {**DOSE, "quantity": Decimal(30), "reason": "Fever"}, False, medicine)
    found = refilled(desk, refill_dose, wrote)
    assert (found.content["dose"], found.content["days"], found.content["why"]) == ("500", "5", "Fever")
    assert (found.key, found.needs) == (f"dose:7:prescription:{medicine.hex}", "medicine.dose")
    assert found.route == PatientChart(scene.patient, draft=found.key)
    assert refilled(desk, refill_dose, Wrote("prescription", {"status": "stopped"}, False, medicine)) is None
    assert refilled(desk, refill_dose, Wrote("prescription", {**DOSE}, False, uuid4())) is None
    desk.do(partial(stop_medicine, prescription=medicine, reason="Rash"))
    assert refilled(desk, refill_dose, wrote) is None, "it is no longer taken"


def test_how_a_problem_stands_and_words_below_a_note_are_their_forms_again(scene: Scene, desk: Desk) -> None:
    problem = desk.do(partial(ehr.record_problem, patient=scene.patient, display="Gout"))
    over = {"clinical_status": "resolved", "verification_status": "confirmed", "reason": "No attack for years"}
    found = refilled(desk, refill_problem_state, Wrote("task", {}), Wrote("condition", over, False, problem))
    assert found.content == {"state": "resolved/confirmed", "reason": "No attack for years"}
    assert refilled(desk, refill_problem_state, Wrote("condition", over, False, uuid4())) is None
    visit = desk.do(partial(open_visit, patient=scene.patient))
    note = desk.do(partial(write_note, encounter=visit, texts={"symptoms": "Cough"}))
    added = refilled(desk, refill_addendum, Wrote("note_addendum", {"note": note, "text": "Called them."}))
    assert (added.content, added.needs) == ({"text": "Called them."}, "note.sign")
    assert added.route == PatientChart(scene.patient, draft=f"addendum:7:note:{note.hex}")
    assert refilled(desk, refill_addendum, Wrote("note_addendum", {"note": uuid4(), "text": "…"})) is None
    assert refilled(desk, refill_addendum, Wrote("task", {})) is None


def test_a_refused_mark_is_its_form_again_until_the_entry_is_marked(scene: Scene, desk: Desk) -> None:
    first, second = (desk.do(partial(open_visit, patient=scene.patient)) for _n in range(2))
    link = desk.do(partial(joined, first=first, second=second))
    note = desk.do(partial(write_note, encounter=first, texts={"symptoms": "Cough"}))
    medicine = scene.prescription()
    scene.meeting.meet()
    wrong = {"status": "entered-in-error", "stop_reason": "Other patient"}
    for wrote, table, record in (
        (Wrote("visit_link_void", {"visit_link": link, "reason": "Other patient"}), "visit_link", link),
        (Wrote("note_void", {"note": note, "reason": "Other patient"}), "note", note),
        (Wrote("prescription", wrong, False, medicine), "prescription", medicine),
        (Wrote("encounter", wrong, False, first), "encounter", first),
    ):
        found = refilled(desk, refill_mark, wrote)
        assert (found.key, found.content) == (f"mark:7:{table}:{record.hex}", {"reason": "Other patient"})
        assert (found.route, found.needs) == (PatientChart(scene.patient, draft=found.key), "entry.void")
    desk.do(partial(ehr.void_note, note=note, reason="Other patient"))
    marked = Wrote("note_void", {"note": note, "reason": "Other patient"})
    assert refilled(desk, refill_mark, marked) is None, "it is marked already"
    assert refilled(desk, refill_mark, Wrote("visit_link_void", {"visit_link": uuid4()}), Wrote("task", {})) is None


def joined(unit: Unit, first: UUID, second: UUID) -> UUID:
    """Two visits are one, as when a conflict is settled so."""
    unit.action = "test.join"
    return join_visit(unit, survivor=first, replaced=second, reason="One day")


def drafted(desk: Desk, scene: Scene) -> UUID:
    """A test that waits in the basket of an open visit."""
    visit = desk.do(partial(open_visit, patient=scene.patient))
    asked = partial(draft_order, patient=scene.patient, encounter=visit, category="laboratory", code="K")
    return desk.do(partial(asked, display="Potassium"))


def current(desk: Desk, scene: Scene) -> UUID:
    """The visit that goes on."""
    found = desk.ask(partial(current_visit, patient=scene.patient))
    assert found is not None
    return found.id

# SPDX-License-Identifier: Apache-2.0
"""Orders and prescriptions: the basket signed in one act, duplicates, stops, doses, merged charts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.events import (
    AlertOverridden,
    DoseChanged,
    MedicinePrescribed,
    MedicineStopped,
    OrderPlaced,
    OrderRevoked,
)
from hms_desktop.clinic.ehr.model import AlertOverride, Order, Prescription
from hms_desktop.clinic.ehr.rules_doses import Dose, make_dose
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.security.accounts import SiteSetting
from tests.clinic.ehr.practice import Practice

POTASSIUM = {"category": "laboratory", "code": "K", "display": "Potassium"}


def dose(amount: str = "500", frequency: str = "three", days: int = 7) -> Dose:
    return make_dose(Decimal(amount), "mg", "oral", frequency, days)


@pytest.fixture
def patient(practice: Practice) -> UUID:
    found = practice.patient()
    practice.do(service.state_no_allergies, found)
    return found


@pytest.fixture
def visit(practice: Practice, patient: UUID) -> UUID:
    return practice.visit(patient)


def order(practice: Practice, patient: UUID, visit: UUID, **values: Any) -> UUID:
    made: UUID = practice.do(service.draft_order, patient, encounter=visit, **{**POTASSIUM, **values})
    return made


def test_what_came_into_the_basket_after_the_question_is_not_signed_unseen(
    practice: Practice, patient: UUID, visit: UUID
) -> None:
    asked = (order(practice, patient, visit),)
    later = order(practice, patient, visit, code="CRP", display="CRP")
    with pytest.raises(service.BasketChanged, match="changed since you were asked"):
        practice.do(service.sign_visit, visit, basket=asked)
    assert {row.status for row in practice.rows(select(Order.status))} == {"draft"}
    assert set(practice.do(service.sign_visit, visit, basket=(later, *asked)).orders) == {later, *asked}


def test_note_orders_and_medicines_are_signed_in_one_act(practice: Practice, patient: UUID, visit: UUID) -> None:
    item = practice.item("nitrofurantoin", "100 mg")
    practice.do(service.write_note, visit, {"plan": "Potassium."})
    wanted = order(practice, patient, visit, priority="stat")
    drug = practice.do(service.draft_prescription, patient, dose("100"), medicine=item, encounter=visit)
    assert practice.ask(queries.basket, visit).count == 2
    note = practice.ask(queries.visit_note, visit)
    signed = practice.do(service.sign_visit, visit, note.digest if note else "")
    assert (signed.orders, signed.prescriptions) == ((wanted,), (drug,))
    assert practice.ask(queries.basket, visit).count == 0
    assert [o.id for o in practice.ask(queries.orders, patient, pending=True)] == [wanted]
    assert [m.dose_line for m in practice.ask(queries.medicines, patient)] == [
        "100 mg — oral — three times a day — 7 days"
    ]
    assert practice.heard(OrderPlaced)[0].priority == "stat"
    prescribed = practice.heard(MedicinePrescribed)[0]
    assert (prescribed.quantity, prescribed.quantity_unit, prescribed.medicine) == (Decimal(21), "capsule", item)


def test_one_line_that_fails_signs_nothing(practice: Practice, patient: UUID, visit: UUID) -> None:
    item = practice.item("amoxicillin", classes="penicillins")
    practice.do(service.write_note, visit, {"plan": "Antibiotic."})
    order(practice, patient, visit)
    practice.do(service.draft_prescription, patient, dose(), medicine=item, encounter=visit)
    practice.do(service.record_allergy, patient, "Penicillin", who=practice.nurse)
    note = practice.ask(queries.visit_note, visit)
    with pytest.raises(service.AlertsStand):
        practice.do(service.sign_visit, visit, note.digest if note else "")
    assert practice.ask(queries.basket, visit).count == 2
    after = practice.ask(queries.visit_note, visit)
    assert after is not None and not after.locked


def test_the_same_order_again_asks_why(practice: Practice, patient: UUID, visit: UUID) -> None:
    first = order(practice, patient, visit)
    with pytest.raises(service.OrderedAlready) as again:
        order(practice, patient, visit)
    assert [o.id for o in again.value.orders] == [first]
    second = order(practice, patient, visit, again="haemolysed")
    assert [(o.kind, o.reason) for o in practice.ask(queries.overrides, second)] == [("duplicate-order", "haemolysed")]
    assert practice.heard(AlertOverridden)[0].subject == second
    with pytest.raises(BadInput):
        order(practice, patient, visit, code="NA", priority="now")


def test_a_done_order_is_no_duplicate_after_three_days(practice: Practice, patient: UUID, visit: UUID) -> None:
    first = order(practice, patient, visit)
    practice.do(service.place_order, first)
    assert practice.do(service.complete_order, first, who=practice.verifier)
    with pytest.raises(service.OrderedAlready):
        order(practice, patient, visit)
    practice.later(days=4)
    order(practice, patient, visit)


def test_an_order_goes_its_way(practice: Practice, patient: UUID, visit: UUID) -> None:
    wanted = order(practice, patient, visit)
    with pytest.raises(Refused, match="does not wait"):
        practice.do(service.resume_order, wanted)
    practice.do(service.place_order, wanted)
    practice.do(service.hold_order, wanted, "patient fasting")
    practice.do(service.resume_order, wanted)
    with pytest.raises(BadInput):
        practice.do(service.revoke_order, wanted, "")
    practice.do(service.revoke_order, wanted, "not needed")
    assert practice.heard(OrderRevoked)[0].reason == "not needed"
    assert practice.do(service.complete_order, wanted, who=practice.verifier) is False
    assert practice.row(Order, wanted).stop_reason == "not needed"
    with pytest.raises(Refused, match="revoked"):
        practice.do(service.hold_order, wanted, "later")


def test_a_draft_is_dropped_and_a_placed_order_is_not(practice: Practice, patient: UUID, visit: UUID) -> None:
    wanted, drug = order(practice, patient, visit), practice.item("paracetamol")
    written = practice.do(service.draft_prescription, patient, dose(), medicine=drug, encounter=visit)
    practice.do(service.drop_order, wanted)
    practice.do(service.drop_prescription, written)
    assert practice.ask(queries.basket, visit).count == 0
    placed = order(practice, patient, visit)
    practice.do(service.place_order, placed)
    practice.do(service.complete_order, placed, who=practice.verifier)
    assert practice.do(service.complete_order, placed, who=practice.verifier)
    with pytest.raises(Refused, match="already placed"):
        practice.do(service.drop_order, placed)


def test_a_nurse_may_not_place_or_prescribe(practice: Practice, patient: UUID, visit: UUID) -> None:
    order(practice, patient, visit)
    with pytest.raises(NotAllowed):
        practice.do(service.sign_visit, visit, who=practice.nurse)
    with pytest.raises(NotAllowed):
        practice.do(service.draft_prescription, patient, dose(), words="x", who=practice.nurse)


def test_an_allergy_stops_and_a_reason_with_the_right_goes_on(practice: Practice, patient: UUID, visit: UUID) -> None:
    practice.do(service.record_allergy, patient, "Penicillin", reaction="anaphylaxis", criticality="high")
    item = practice.item("amoxicillin", classes="penicillins")
    with pytest.raises(service.AlertsStand) as stop:
        practice.do(service.draft_prescription, patient, dose(), medicine=item, encounter=visit)
    alert = stop.value.standing[0]
    assert (alert.tier, alert.kind) == ("stop", "allergy-class")
    assert practice.rows(select(Prescription.id)) == []
    over = service.Overriding(alert.key, "desensitised in 2024")
    blank = service.Overriding(alert.key, " ")
    with pytest.raises(service.AlertsStand):
        practice.do(service.draft_prescription, patient, dose(), medicine=item, encounter=visit, overrides=[blank])
    with pytest.raises(NotAllowed):
        practice.do(service.draft_prescription, patient, dose(), medicine=item, overrides=[over], who=practice.trainee)
    drug = practice.do(service.draft_prescription, patient, dose(), medicine=item, encounter=visit, overrides=[over])
    practice.do(service.prescribe, drug)
    assert [(o.kind, o.reason, o.by) for o in practice.ask(queries.overrides, drug)] == [
        ("allergy-class", "desensitised in 2024", "Thabo Mbeki")
    ]


def test_a_clinic_may_ask_for_a_second_person(practice: Practice, patient: UUID) -> None:
    practice.add(SiteSetting, site="", key="medicine.second_person", value=True)
    practice.do(service.record_allergy, patient, "Penicillin")
    item = practice.item("amoxicillin")
    with pytest.raises(service.AlertsStand) as stop:
        practice.do(service.draft_prescription, patient, dose(), medicine=item)
    key = stop.value.standing[0].key
    for second in (None, practice.doctor.person.id):
        alone = service.Overriding(key, "no other choice", second)
        with pytest.raises(Refused, match="second person"):
            practice.do(service.draft_prescription, patient, dose(), medicine=item, overrides=[alone])
    both = service.Overriding(key, "no other choice", practice.nurse.person.id)
    practice.do(service.draft_prescription, patient, dose(), medicine=item, overrides=[both])
    assert [r.second for r in practice.rows(select(AlertOverride.second))] == [practice.nurse.person.id]


@pytest.mark.hazard("H18")
def test_unasked_allergies_stop_prescribing(practice: Practice) -> None:
    stranger = practice.patient("Unknown", "Male")
    item = practice.item("paracetamol")
    with pytest.raises(service.AllergiesNotAsked):
        practice.do(service.draft_prescription, stranger, dose(), medicine=item)
    drug = practice.do(service.draft_prescription, stranger, dose(), medicine=item, could_not_ask="unconscious")
    passed = practice.ask(queries.overrides, drug)
    assert [(o.kind, o.reason) for o in passed] == [("allergies-not-asked", "unconscious")]


def test_duplicate_therapy_is_a_check_with_a_reason(practice: Practice, patient: UUID) -> None:
    item = practice.item("ibuprofen", "200 mg", "tablet")
    first = practice.do(service.draft_prescription, patient, dose("200"), medicine=item)
    practice.do(service.prescribe, first)
    with pytest.raises(service.AlertsStand) as check:
        practice.do(service.draft_prescription, patient, dose("200"), medicine=item)
    assert [(a.tier, a.kind, a.subject) for a in check.value.standing] == [("check", "duplicate", first)]
    over = service.Overriding(check.value.standing[0].key, "replaces it from tomorrow")
    practice.do(service.draft_prescription, patient, dose("200"), medicine=item, overrides=[over], who=practice.trainee)


def test_words_without_an_item_need_a_quantity_and_are_not_checked(practice: Practice, patient: UUID) -> None:
    mixture = make_dose(Decimal(5), "mL", "oral", "twice", 3)
    with pytest.raises(BadInput, match="Choose a medicine"):
        practice.do(service.draft_prescription, patient, mixture, words=" ")
    drug = practice.do(service.draft_prescription, patient, mixture, words="house mixture")
    row = practice.row(Prescription, drug)
    assert (row.quantity, row.quantity_unit) == (Decimal(30), "mL")
    item = practice.item("gentamicin", "40 mg/mL", "vial")
    with pytest.raises(BadInput) as asked:
        practice.do(service.draft_prescription, patient, dose("80"), medicine=item)
    assert asked.value.field == "quantity"
    seven: dict[str, Any] = {"medicine": item, "quantity": Decimal(7)}
    practice.do(service.draft_prescription, patient, dose("80"), **seven, quantity_unit="vial")
    with pytest.raises(BadInput):
        practice.do(service.draft_prescription, patient, dose("80"), **seven, repeats=-1)
    found = practice.ask(queries.checks, patient, "house mixture", None, None)
    assert any("no ingredient" in line for line in found.not_checked)


def test_a_dose_is_changed_with_a_reason(practice: Practice, patient: UUID) -> None:
    item = practice.item("amlodipine", "5 mg", "tablet")
    drug = practice.do(service.draft_prescription, patient, dose("10", "daily", 28), medicine=item)
    with pytest.raises(Refused, match="no longer taken"):
        practice.do(service.change_dose, drug, dose("5", "daily", 28), "oedema")
    practice.do(service.prescribe, drug)
    with pytest.raises(BadInput):
        practice.do(service.change_dose, drug, dose("5", "daily", 28), "")
    practice.do(service.change_dose, drug, dose("5", "daily", 28), "oedema", who=practice.nurse)
    row = practice.ask(queries.medicine, drug)
    assert (row.dose_line, row.quantity, row.reason) == ("5 mg — oral — once a day — 28 days", Decimal(28), "oedema")
    assert practice.heard(DoseChanged)[0].by == practice.nurse.person.id


def test_a_medicine_is_held_resumed_stopped_and_voided(practice: Practice, patient: UUID) -> None:
    item = practice.item("amlodipine", "5 mg", "tablet")
    drug = practice.do(service.draft_prescription, patient, dose("5", "daily", 28), medicine=item)
    with pytest.raises(Refused, match="not prescribed yet"):
        practice.do(service.resume_medicine, drug)
    practice.do(service.prescribe, drug)
    practice.do(service.hold_medicine, drug, "operation")
    practice.do(service.resume_medicine, drug)
    with pytest.raises(BadInput):
        practice.do(service.stop_medicine, drug, " ")
    practice.do(service.stop_medicine, drug, "oedema")
    assert practice.ask(queries.medicines, patient) == ()
    assert [m.stop_reason for m in practice.ask(queries.medicines, patient, current=False)] == ["oedema"]
    assert practice.heard(MedicineStopped)[0].prescription == drug
    practice.do(service.void_prescription, drug, "another patient's")
    with pytest.raises(Refused):
        practice.do(service.stop_medicine, drug, "again")


def test_the_summary_shows_everything_at_once(practice: Practice, patient: UUID, visit: UUID) -> None:
    placed = order(practice, patient, visit)
    practice.do(service.place_order, placed)
    order(practice, patient, visit, code="NA", display="Sodium")
    practice.do(service.write_note, visit, {"plan": "x"})
    found = practice.ask(queries.summary, patient)
    assert found.banner.name.family == "Okonkwo"
    assert (found.allergies.state, [o.id for o in found.pending]) == ("none", [placed])
    assert found.visit is not None and found.visit.id == visit
    assert found.note is not None and found.basket.count == 1
    assert practice.ask(queries.order, placed).requester_name == "Thabo Mbeki"
    assert uuid4() not in [o.id for o in found.pending]

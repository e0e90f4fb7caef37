# SPDX-License-Identifier: Apache-2.0
"""A person decides, the rows follow, every desk sees the same, and nobody is asked twice about the same thing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.conflicts import queries, queries_details, service
from hms_desktop.clinic.conflicts.service import Chosen
from hms_desktop.clinic.ehr.model import EhrConflictSettlement, Prescription
from hms_desktop.clinic.inventory.queries import on_hand
from hms_desktop.clinic.inventory.service import adjust_stock
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import Patient, PatientIdentifier, TimelineEntry
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.security.step_up import SecondFactorNeeded, StepUp
from tests.clinic.meeting import change, medicine, write
from tests.clinic.scene import Scene
from tests.clinic.test_follow_ups import TEN, book, invoiced, other_patient, slot_at
from tests.desk import Desk, person
from tests.factors import signing

ROLES = ("receptionist", "doctor", "pharmacist", "cashier", "manager", "lab_verifier")


@pytest.fixture
def desks(scene: Scene) -> tuple[Desk, Desk]:
    """Two desks where everybody may do everything."""
    return scene.meeting.desk("Desk A", *ROLES), scene.meeting.desk("Desk B", *ROLES)


def only(desk: Desk) -> queries.Entry:
    """The only line of the inbox."""
    (entry,) = desk.ask(queries.inbox)
    return entry


def opened(desk: Desk) -> queries_details.Details:
    """The only line of the inbox, opened."""
    return desk.do(partial(service.open_conflict, conflict=only(desk).conflicts[0].id))


def two_doses(scene: Scene, desks: tuple[Desk, Desk], **values: UUID) -> UUID:
    """A prescription whose dose two people changed, one of whom also set a review day."""
    prescription = scene.prescription(**values)
    for desk, dose in zip(desks, (250, 1000), strict=True):
        desk.do(change(Prescription, prescription, dose=Decimal(dose), reason=f"because of {dose}"))
        scene.meeting.pass_minutes(5)
    scene.meeting.meet()
    return prescription


def test_a_dose_is_shown_side_by_side_with_who_and_what_was_before(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    two_doses(scene, desks)
    shown = opened(desks[0])
    assert [side.here for side in shown.sides] == [True, False]
    dose, reason = shown.fields[0], shown.fields[1]
    assert dose.choose and dose.label == "Dose, route, frequency"
    assert dose.values[0].startswith("250 mg — oral") and dose.values[1].startswith("1000 mg")
    assert dose.before is not None and dose.before.startswith("500 mg")
    assert not reason.choose and reason.shown == "because of 1000"
    assert all(field.same for field in shown.fields[2:])
    assert len(shown.happened) == 3


def test_choosing_a_dose_settles_it_everywhere(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    prescription = two_doses(scene, desks)
    entry, shown = only(desks[0]), opened(desks[0])
    stamp = shown.fields[0].stamps[0]
    assert stamp is not None
    choose = partial(service.choose, conflict=entry.conflicts[0].id)
    with pytest.raises(BadInput, match="Choose one side for: Dose"):
        desks[0].do(partial(choose, chosen=()))
    with pytest.raises(Refused, match="no longer stands"):
        desks[0].do(partial(choose, chosen=(Chosen("dose", 5),)))
    desks[0].do(partial(choose, chosen=(Chosen("dose", stamp),), reason="checked the weight"))
    scene.meeting.meet()
    for desk in desks:
        assert desk.ask(queries.inbox) == ()
        row = desk.ask(lambda reader: reader.get(Prescription, prescription))
        assert (row.dose, row.frequency, row.reason) == (250, "three", "because of 1000")
        (settled,) = desk.ask(lambda reader: reader.rows(select(EhrConflictSettlement.__table__)))
        assert settled.reason == "checked the weight" and len(settled.members) == 2
    titles = desks[1].ask(lambda r: [e.title for e in r.rows(select(TimelineEntry.__table__)) if e.kind == "conflict"])
    assert titles == [
        "Settled: amoxicillin: dose changed twice — 250 mg — oral — three times a day — 7 days; 21 capsules in all"
    ]
    with pytest.raises(NotFound, match="settled already"):
        desks[0].do(partial(choose, chosen=(Chosen("dose", stamp),)))


def test_who_chooses_the_dose_of_a_controlled_medicine_signs_for_it(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    prescription = two_doses(scene, desks, medicine=scene.meeting.setup(medicine(
        code="M", display="morphine", ingredient="morphine", schedule="Schedule 6", form="tablet", strength="10 mg",
        unit="tablet", classes="", active=True)))  # fmt: skip
    entry, shown = only(desks[0]), opened(desks[0])
    stamp = shown.fields[0].stamps[0] or 0
    act = partial(service.choose, conflict=entry.conflicts[0].id, chosen=(Chosen("dose", stamp),))
    with pytest.raises(SecondFactorNeeded) as needed:
        desks[0].do(act)
    assert needed.value.subjects == {prescription} and only(desks[0]).conflicts == entry.conflicts
    desks[0].do(signing(desks[0], act, prescription))
    assert desks[0].ask(queries.inbox) == ()
    (proof,) = desks[0].ask(lambda reader: reader.rows(select(StepUp.subjects)))
    assert proof.subjects == [prescription.hex]


def test_a_line_that_a_rule_had_chosen_can_be_put_back(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    prescription = two_doses(scene, desks)
    shown = opened(desks[0])
    picked = tuple(Chosen(f.group, f.stamps[0]) for f in shown.fields[:2] if f.stamps[0])
    desks[0].do(partial(service.choose, conflict=only(desks[0]).conflicts[0].id, chosen=picked))
    assert desks[0].ask(lambda reader: reader.get(Prescription, prescription)).reason == "because of 250"


def test_only_who_may_settles(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    two_doses(scene, desks)
    entry, shown = only(desks[0]), opened(desks[0])
    nurse = person("Nurse", ["conflict.read"], ["nurse"])
    stamp = shown.fields[0].stamps[0] or 0
    act = partial(service.choose, conflict=entry.conflicts[0].id, chosen=(Chosen("dose", stamp),))
    with pytest.raises(NotAllowed, match=r"conflict\.settle\.ehr"):
        desks[0].do(act, nurse)
    (theirs,) = desks[0].ask(queries.inbox, nurse)
    assert not theirs.mine and desks[0].ask(queries.count_mine, nurse) == 0
    assert desks[0].ask(queries.count_mine) == 1
    assert desks[0].ask(partial(queries.describe, conflict=entry.conflicts[0].id)).endswith("Okonkwo, Amara")


def twin(scene: Scene, desk: Desk) -> UUID:
    """The same person, registered again at another desk."""
    again = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female", phone="+27821234567")
    review = (register.LookAlikeChoice(scene.patient, "review", "asked to look"),)
    made = desk.do(partial(register.register, written=again, look_alikes=review))
    scene.meeting.meet()
    return made


@pytest.mark.hazard("H03")
def test_two_charts_are_joined_and_both_histories_stay(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    second = twin(scene, desks[1])
    shown = opened(desks[0])
    assert [side.title for side in shown.records] == ["OKONKWO, Amara", "OKONKWO, Amara"]
    assert "same birth date" in dict(shown.records[0].facts)["Alike"]
    join = partial(service.join_charts, conflict=only(desks[0]).conflicts[0].id, reason="same person")
    with pytest.raises(Refused, match="one of the two"):
        desks[0].do(partial(join, survivor=UUID(int=1)))
    desks[0].do(partial(join, survivor=scene.patient))
    scene.meeting.meet()
    for desk in desks:
        assert set(desk.ask(partial(one_person, patient=second)).charts) == {scene.patient, second}
        assert desk.ask(queries.inbox) == ()


def test_two_charts_that_are_two_persons_are_not_asked_about_again(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    second = twin(scene, desks[1])
    entry = only(desks[0])
    with pytest.raises(Refused, match="another way"):
        desks[0].do(partial(service.keep_as_credit, conflict=entry.conflicts[0].id, reason="x"))
    with pytest.raises(Refused, match="can't be left"):
        desks[0].do(partial(service.let_stand, conflict=entry.conflicts[0].id, reason="x"))
    desks[0].do(partial(service.keep_apart, conflict=entry.conflicts[0].id, reason="mother and daughter"))
    desks[1].do(change(Patient, second, preferred="Ama"))
    scene.meeting.meet()
    assert desks[0].ask(queries.inbox) == desks[1].ask(queries.inbox) == ()


def test_an_over_supply_is_accepted_with_a_reason_and_a_further_one_opens_it_again(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    scene.no_allergies()
    prescription = scene.prescription(quantity=Decimal(5))
    ask = HandOver(prescription, Decimal(3), override_reason="travels")
    for desk in desks:
        desk.do(partial(pharmacy.dispense, hand_over=ask))
    scene.meeting.meet()
    assert [f for side in opened(desks[0]).records for f in side.facts][1] == ("Supply", "by override: travels")
    stand = partial(service.let_stand, conflict=only(desks[0]).conflicts[0].id)
    with pytest.raises(BadInput, match="reason"):
        desks[0].do(partial(stand, reason=" "))
    desks[0].do(partial(stand, reason="prescriber agreed by telephone"))
    scene.meeting.meet()
    assert desks[1].ask(queries.inbox) == ()
    desks[1].do(partial(pharmacy.dispense, hand_over=ask))
    scene.meeting.meet()
    assert len(only(desks[0]).conflicts[0].members) == 3


def test_a_booking_is_moved_to_one_of_three_free_times(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    second = other_patient(scene)
    for desk in desks:
        scene.lend(desk.store.station.device, "slot", slot_at(scene, TEN), "1")
    book(desks[0], scene, scene.patient)
    other = book(desks[1], scene, second)
    scene.meeting.meet()
    shown = opened(desks[0])
    assert len(shown.free_times) == 3 and {r.title for r in shown.records} == {"OKONKWO, Amara", "NAIDOO, Priya"}
    free = shown.free_times[0]
    move = partial(
        service.move_booking,
        conflict=only(desks[0]).conflicts[0].id,
        session=free.session,
        starts=free.starts,
        reason="agreed by telephone",
    )
    with pytest.raises(Refused, match="not one of those"):
        desks[0].do(partial(move, appointment=UUID(int=4)))
    desks[0].do(partial(move, appointment=other))
    scene.meeting.meet()
    assert desks[1].ask(queries.inbox) == ()
    assert desks[1].ask(lambda r: r.get(Appointment, other)).starts == free.starts


def test_a_shelf_is_counted(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    for desk, counted in zip(desks, (2, 1), strict=True):
        count = partial(adjust_stock, batch=scene.early, place=scene.pharmacy, reason="count")
        desk.do(partial(count, counted=Decimal(counted)))
    scene.meeting.meet()
    again = partial(service.count_shelf, conflict=only(desks[0]).conflicts[0].id, counted=Decimal(3))
    assert opened(desks[0]).records
    desks[0].do(partial(again, reason="counted twice"))
    scene.meeting.meet()
    assert desks[1].ask(queries.inbox) == ()
    assert desks[1].ask(partial(on_hand, batch=scene.early, place=scene.pharmacy)) == 3


def paid_twice(scene: Scene, desks: tuple[Desk, Desk]) -> UUID:
    """An invoice that two desks took cash for."""
    invoice = invoiced(desks[0], scene)
    scene.meeting.meet()
    for desk in desks:
        cash = [Tender(CASH, 40_000)]
        desk.do(partial(payments.take_payment, patient=scene.patient, tenders=cash, invoices=[invoice]))
    scene.meeting.meet()
    return invoice


def test_a_second_payment_is_void_or_kept_as_credit(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    invoice = paid_twice(scene, desks)
    entry, shown = only(desks[0]), opened(desks[0])
    assert [side.title for side in shown.records] == ["ZAR 400.00", "ZAR 400.00"]
    act = partial(service.void_double_payment, conflict=entry.conflicts[0].id, payment=shown.records[1].id)
    desks[0].do(partial(act, reason="card was used instead"))
    scene.meeting.meet()
    assert desks[1].ask(partial(documents.invoice_row, invoice=invoice)).state == "balanced"
    assert desks[1].ask(queries.inbox) == ()
    again = paid_twice(scene, desks)
    desks[0].do(partial(service.keep_as_credit, conflict=only(desks[0]).conflicts[0].id, reason="wants it kept"))
    scene.meeting.meet()
    assert desks[1].ask(partial(documents.invoice_row, invoice=again)).state == "balanced"
    assert desks[1].ask(partial(documents.credit, patient=scene.patient)) == 40_000
    assert desks[1].ask(queries.inbox) == ()


def test_one_of_two_invoices_is_taken_back(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    charge = desks[0].do(partial(billing.add_item, patient=scene.patient, code="VISIT", quantity=Decimal(1)))
    scene.meeting.meet()
    for desk in desks:
        desk.do(partial(billing.issue_invoice, patient=scene.patient, charges=[charge]))
    scene.meeting.meet()
    shown = opened(desks[0])
    act = partial(service.credit_double_invoice, conflict=only(desks[0]).conflicts[0].id, invoice=shown.records[0].id)
    desks[0].do(partial(act, reason="invoiced twice"))
    scene.meeting.meet()
    assert desks[1].ask(queries.inbox) == ()
    assert desks[1].ask(partial(documents.outstanding, patient=scene.patient)) == 40_000


def test_a_number_is_taken_off_one_of_two_charts(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    second = other_patient(scene)
    for desk, patient in zip(desks, (scene.patient, second), strict=True):
        desk.do(write(PatientIdentifier, patient=patient, system="passport", value="A123", active=True))
    scene.meeting.meet()
    entry = next(e for e in desks[0].ask(queries.inbox) if e.kind == "identifier-twice")
    shown = desks[0].do(partial(service.open_conflict, conflict=entry.conflicts[0].id))
    assert {side.title for side in shown.records} == {"OKONKWO, Amara", "NAIDOO, Priya"}
    wrong = next(side.id for side in shown.records if side.title.startswith("NAIDOO"))
    desks[0].do(partial(service.end_wrong_identifier, conflict=entry.conflicts[0].id, identifier=wrong, reason="typo"))
    scene.meeting.meet()
    assert "identifier-twice" not in [e.kind for e in desks[1].ask(queries.inbox)]


def test_safety_comes_before_choices_and_older_before_newer(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    for desk, counted in zip(desks, (2, 1), strict=True):
        count = partial(adjust_stock, batch=scene.early, place=scene.pharmacy, reason="count")
        desk.do(partial(count, counted=Decimal(counted)))
    scene.meeting.meet()
    scene.meeting.pass_minutes(10)
    two_doses(scene, desks)
    assert [e.gravity for e in desks[0].ask(queries.inbox)] == ["safety", "choice"]
    assert all(e.since < datetime(2026, 11, 24, tzinfo=UTC) for e in desks[0].ask(queries.inbox))

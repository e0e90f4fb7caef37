# SPDX-License-Identifier: Apache-2.0
"""What happens where histories meet: who gives way, what a person is asked, and that asking twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.queries_slots import leasable_on
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.model import Charge
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.conflicts import queries as inbox
from hms_desktop.clinic.conflicts import service as settle
from hms_desktop.clinic.conflicts.rules import (
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VALUES,
)
from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.clinic.inventory.service import adjust_stock
from hms_desktop.clinic.lab.model import LabResult, LabTest, Specimen
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import Patient, PatientIdentifier, Task
from hms_desktop.clinic.patients.queries import tasks
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import Refused
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY
from tests.clinic.meeting import change, write
from tests.clinic.scene import TODAY, Scene
from tests.desk import Desk

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 10:00 at the clinic


def rows(desk: Desk, record: Any) -> list[Any]:
    """All rows of a table."""
    return desk.ask(lambda reader: reader.rows(select(record.__table__)))


def book(desk: Desk, scene: Scene, patient: UUID, starts: datetime = TEN) -> UUID:
    """A booking at this desk."""
    return desk.do(partial(bookings.book, patient=patient, session=scene.session, starts=starts))


def other_patient(scene: Scene, family: str = "Naidoo", given: str = "Priya", **more: Any) -> UUID:
    """Another person, whom nobody confuses with the first."""
    facts: dict[str, Any] = {"born": "1990-07-01", "sex": "female", **more}
    written = Registration(family=family, given=given, **facts)
    desk = scene.meeting.desks[0]
    made = desk.do(partial(register.register, written=written))
    scene.meeting.meet([desk])
    return made


def slot_at(scene: Scene, starts: datetime) -> UUID:
    """The name of the slot that starts then."""
    return next(s.slot for s in scene.meeting.centre.ask(partial(leasable_on, day=TODAY)) if s.starts == starts)


def kinds(desk: Desk) -> list[str]:
    """The kinds of everything that is open at a desk."""
    return [one.kind for one in desk.ask(inbox.inbox)]


@pytest.fixture
def desks(scene: Scene) -> tuple[Desk, Desk]:
    """Two desks where everybody may do everything."""
    roles = ("receptionist", "doctor", "pharmacist", "cashier", "manager", "lab_verifier")
    return scene.meeting.desk("Desk A", *roles), scene.meeting.desk("Desk B", *roles)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_pending_booking_gives_way_whoever_comes_first(
    scene: Scene, desks: tuple[Desk, Desk], order: tuple[int, int]
) -> None:
    a, b = desks
    second = other_patient(scene)
    scene.lend(a.store.station.device, "slot", slot_at(scene, TEN), "1")
    firm, pending = book(a, scene, scene.patient), book(b, scene, second)
    scene.meeting.meet([desks[n] for n in order])
    state = {row.id: row.status for row in rows(b, Appointment)}
    assert state == {firm: "booked", pending: "waitlist"}
    (task,) = [t for t in rows(a, Task) if t.kind == "find_another_time"]
    assert (task.role, task.patient, task.subject) == ("receptionist", second, pending)
    assert "Free: 23-Nov" in task.title and task.title.count("23-Nov") == 4
    assert kinds(a) == []
    scene.meeting.meet()
    assert len([t for t in rows(a, Task) if t.kind == "find_another_time"]) == 1


def test_a_pending_booking_is_confirmed_when_nobody_else_may_promise_the_slot(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    pending = book(desks[1], scene, scene.patient)
    assert rows(desks[1], Appointment)[0].status == "pending"
    scene.meeting.meet()
    (row,) = rows(desks[0], Appointment)
    assert (row.id, row.status, row.firm) == (pending, "booked", True)


def test_two_firm_bookings_are_for_a_person(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    second = other_patient(scene)
    for desk in desks:
        scene.lend(desk.store.station.device, "slot", slot_at(scene, TEN), "1")
    first, other = book(a, scene, scene.patient), book(b, scene, second)
    scene.meeting.meet()
    (entry,) = a.ask(inbox.inbox)
    assert entry.kind == SLOT_OVER and set(entry.conflicts[0].members) == {first, other}
    assert "promised to 2 patients" in entry.title.what
    moved = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    a.do(partial(bookings.move, appointment=other, session=scene.session, starts=moved, reason="Too many"))
    assert kinds(a) == []


def test_a_booking_over_capacity_on_purpose_raises_nothing(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, _b = desks
    second = other_patient(scene)
    scene.lend(a.store.station.device, "slot", slot_at(scene, TEN), "1")
    book(a, scene, scene.patient)
    a.do(partial(bookings.book, patient=second, session=scene.session, starts=TEN, overbook=True))
    scene.meeting.meet()
    assert kinds(a) == []


def test_two_desks_that_check_the_same_patient_in_make_one_visit_and_one_charge(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    booked = book(desks[0], scene, scene.patient)
    scene.meeting.meet()
    for desk in desks:
        desk.do(partial(bookings.check_in, appointment=booked))
        scene.meeting.pass_minutes(3)
    scene.meeting.meet()
    for desk in desks:
        assert len(rows(desk, CheckIn)) == len(rows(desk, Encounter)) == len(rows(desk, Charge)) == 1
        (charge,) = desk.ask(partial(open_charges, patient=scene.patient))
        assert charge.code == "VISIT"
        assert kinds(desk) == []


def supply(desk: Desk, prescription: UUID, quantity: int) -> UUID:
    """A hand-over by override where it must be."""
    asked = HandOver(prescription, Decimal(quantity), override_reason="patient travels")
    return desk.do(partial(pharmacy.dispense, hand_over=asked))


def test_an_over_supply_is_told_with_every_hand_over(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    scene.no_allergies()
    prescription = scene.prescription()
    scene.lend(a.store.station.device, "prescription", prescription, "21")
    first, second = supply(a, prescription, 14), supply(b, prescription, 21)
    scene.meeting.meet()
    (entry,) = [e for e in a.ask(inbox.inbox) if e.kind == OVER_SUPPLIED]
    assert set(entry.conflicts[0].members) == {first, second}
    assert entry.title.what == "amoxicillin: 35 supplied, 21 prescribed" and entry.title.who == "Okonkwo, Amara"
    assert entry.mine and entry.gravity == "safety"


def test_stock_below_zero_names_the_moves_that_took_it_there(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    count = partial(adjust_stock, batch=scene.early, place=scene.pharmacy, reason="count")
    a.do(partial(count, counted=Decimal(2)))
    b.do(partial(count, counted=Decimal(1)))
    scene.meeting.meet()
    (entry,) = a.ask(inbox.inbox)
    assert entry.kind == STOCK_BELOW_ZERO and "AM01" in entry.title.what
    a.do(partial(count, counted=Decimal(1)))
    assert kinds(a) == []


def test_one_person_registered_twice_is_found_and_two_are_not(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    again = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female", phone="+27821234567")
    decided = (register.LookAlikeChoice(scene.patient, "review", "asked to look"),)
    twin = b.do(partial(register.register, written=again, look_alikes=decided))
    other_patient(scene)
    scene.meeting.meet()
    (entry,) = a.ask(inbox.inbox)
    assert entry.kind == PERSON_TWICE and set(entry.conflicts[0].members) == {scene.patient, twin}
    (task,) = a.ask(partial(tasks, roles=("receptionist",)))
    assert (
        task.patient
        and task.kind == "review_look_alike"
        and {task.patient.patient, task.subject} == {scene.patient, twin}
    )
    assert a.ask(partial(inbox.about_pair, one=twin, other=scene.patient)) == entry.conflicts[0].id
    a.do(partial(register.link_charts, survivor=scene.patient, replaced=twin, reason="same person"))
    assert kinds(a) == [] and not a.ask(partial(tasks, roles=("receptionist",)))
    assert a.ask(partial(inbox.about_pair, one=twin, other=scene.patient)) is None


def test_an_identifier_that_two_persons_have_is_told(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    second = other_patient(scene)
    for desk, patient in zip(desks, (scene.patient, second), strict=True):
        desk.do(write(PatientIdentifier, patient=patient, system="passport", value="A123", active=True))
    scene.meeting.meet()
    assert IDENTIFIER_TWICE in kinds(desks[0])


def invoiced(desk: Desk, scene: Scene) -> UUID:
    """An invoice over one visit."""
    charge = desk.do(partial(billing.add_item, patient=scene.patient, code="VISIT", quantity=Decimal(1)))
    return desk.do(partial(billing.issue_invoice, patient=scene.patient, charges=[charge]))


def test_an_invoice_paid_at_two_desks_is_told(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    invoice = invoiced(desks[0], scene)
    scene.meeting.meet()
    for desk in desks:
        cash = [Tender(CASH, 40_000)]
        desk.do(partial(payments.take_payment, patient=scene.patient, tenders=cash, invoices=[invoice]))
    scene.meeting.meet()
    assert kinds(desks[1]) == [PAID_TWICE]


def test_a_charge_invoiced_at_two_desks_is_told(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    charge = desks[0].do(partial(billing.add_item, patient=scene.patient, code="VISIT", quantity=Decimal(1)))
    scene.meeting.meet()
    for desk in desks:
        desk.do(partial(billing.issue_invoice, patient=scene.patient, charges=[charge]))
    scene.meeting.meet()
    assert kinds(desks[0]) == [CHARGED_TWICE]


POTASSIUM = {"code": "K", "display": "Potassium"}
SERUM = {"container": "gel"}


def test_what_was_invoiced_and_taken_back_asks_for_a_credit_note_once(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    scene.no_allergies()
    dispense = supply(desks[0], scene.prescription(), 10)
    scene.meeting.meet()
    (charge,) = desks[1].ask(partial(open_charges, patient=scene.patient))
    desks[1].do(partial(billing.issue_invoice, patient=scene.patient, charges=[charge.id]))
    desks[0].do(partial(pharmacy.reverse, dispense=dispense, reason="wrong patient", returned_to_stock=True))
    scene.meeting.meet()
    scene.meeting.meet()
    (task,) = [t for t in rows(desks[1], Task) if t.kind == "credit_invoice"]
    assert task.role == "cashier" and "credit invoice INV-" in task.title


@pytest.mark.parametrize("sent", [False, True])
def test_a_result_for_an_order_that_was_taken_back_asks_for_one_decision(
    scene: Scene, desks: tuple[Desk, Desk], sent: bool
) -> None:
    now, somebody = instant(scene.meeting.clock.ms), UUID(int=3)
    setup = scene.meeting.setup
    of_patient = {"patient": scene.patient}
    order = setup(write(Order, **of_patient, **POTASSIUM, category="laboratory", priority="routine", status="active"))
    orderable = {"bench": "chemistry", "specimen_type": "serum", "orderable": True, "ranges": []}
    test = setup(write(LabTest, **POTASSIUM, **SERUM, **orderable, version=1, valid_from=TODAY))
    taken = {"collected_at": now, "collected_by": somebody, "status": "available"}
    specimen = setup(write(Specimen, **of_patient, **SERUM, **taken, accession="ACC-1", type="serum"))
    desks[0].do(change(Order, order, status="revoked"))
    measured = {"value": Decimal("6.9"), "unit": "mmol/L", "critical": True, "delta_exceeded": False}
    told = {"status": "preliminary", "entered_by": somebody, "resulted_at": now}
    of_test = {"order": order, "specimen": specimen, "test": "K", "definition": test, "version": 1}
    desks[1].do(write(LabResult, **of_patient, **of_test, **measured, **told))
    if sent:
        desks[1].do(change(Order, order, status="completed"))
    scene.meeting.meet()
    assert kinds(desks[0]) == [RESULT_FOR_REVOKED], "one question, whether the bench had sent it out or not"
    physician = scene.meeting.desk("Bench", "lab_verifier")
    conflict = physician.ask(inbox.inbox)[0].conflicts[0].id
    if not sent:
        with pytest.raises(Refused, match="never went out"):
            physician.do(partial(settle.count_as_done, conflict=conflict, reason="Asked"))
    physician.do(partial(settle.let_stand, conflict=conflict, reason="Asked"))
    assert kinds(physician) == []
    assert rows(physician, Order)[0].status == "revoked"
    assert physician.ask(lambda r: r.heads(Order, order)) == {}


def test_careful_values_are_told_and_a_third_one_opens_them_again(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    c = scene.meeting.desk("Desk C", "doctor")
    prescription = scene.prescription()
    for desk, dose in ((a, 250), (b, 1000), (c, 750)):
        desk.do(change(Prescription, prescription, dose=Decimal(dose)))
    scene.meeting.meet([a, b])
    (entry,) = a.ask(inbox.inbox)
    assert (entry.kind, entry.title.what) == (VALUES, "amoxicillin: dose changed twice")
    a.do(change(Prescription, prescription, dose=Decimal(250)))
    assert kinds(a) == []
    scene.meeting.meet([a])
    scene.meeting.meet([c])
    assert kinds(a) == [VALUES]
    assert "can't supply amoxicillin" in a.ask(inbox.inbox)[0].title.until


def test_the_later_name_shows_and_nobody_is_asked(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    for desk, given in zip(desks, ("Amarachi", "Amy"), strict=True):
        desk.do(change(Patient, scene.patient, given=given))
        scene.meeting.pass_minutes(1)
    scene.meeting.meet()
    assert kinds(desks[0]) == [] and rows(desks[0], Patient)[0].given == "Amy"


def test_all_desks_hold_the_same_rows_after_all_of_it(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    scene.no_allergies()
    prescription = scene.prescription()
    supply(a, prescription, 14)
    supply(b, prescription, 21)
    book(a, scene, scene.patient)
    scene.meeting.meet()
    for table in REGISTRY.values():
        question = select(table.record.__table__)
        dumps = [
            sorted(str(tuple(row)[1:]) for row in desk.ask(partial(_all, question=question)))
            for desk in (scene.meeting.centre, a, b)
        ]
        assert dumps[0] == dumps[1] == dumps[2], table.name


def _all(reader: Reader, *, question: Any) -> list[Any]:
    return reader.rows(question)

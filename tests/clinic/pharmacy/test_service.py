# SPDX-License-Identifier: Apache-2.0
"""What may be handed over, from which batch, and what follows from it in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing.model import Charge, ChargeVoid
from hms_desktop.clinic.ehr.model import Allergy, Prescription
from hms_desktop.clinic.ehr.queries_medicines import medicine
from hms_desktop.clinic.inventory import queries as stock
from hms_desktop.clinic.inventory import service as inventory
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.rules import Pick
from hms_desktop.clinic.patients.model import Task, TimelineEntry
from hms_desktop.clinic.pharmacy import queries, queries_counter, service
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.leases import LeaseSpend
from tests.clinic.meeting import change, write
from tests.clinic.scene import TODAY, Scene
from tests.desk import Desk, person


@pytest.fixture
def counter(scene: Scene) -> Desk:
    """The dispensing station."""
    return scene.meeting.desk("Pharmacy 1", "pharmacist")


def hand_over(desk: Desk, prescription: UUID, quantity: int | str, **more: Any) -> UUID:
    """Hand over as the pharmacist."""
    asked = HandOver(prescription, Decimal(quantity), **more)
    return desk.do(partial(service.dispense, hand_over=asked))


def rows(desk: Desk, record: Any) -> list[Any]:
    """All rows of a table."""
    return desk.ask(lambda reader: reader.rows(select(record.__table__)))


def on_hand(desk: Desk, scene: Scene, batch: UUID) -> Decimal:
    """What is on the shelf of a batch."""
    return desk.ask(partial(stock.on_hand, batch=batch, place=scene.pharmacy))


def ready(scene: Scene, desk: Desk, **values: Any) -> UUID:
    """A prescription whose whole rest is lent to the desk, for a patient without allergies."""
    scene.no_allergies()
    prescription = scene.prescription(**values)
    allowed = values.get("quantity", Decimal(21)) * (1 + values.get("repeats", 0))
    scene.lend(desk.store.station.device, "prescription", prescription, str(allowed))
    return prescription


def test_a_hand_over_is_dispense_stock_and_charge_in_one_change_set(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    before = len(rows(counter, TimelineEntry))
    dispense = hand_over(counter, prescription, 21)
    (row,) = rows(counter, Dispense)
    assert (row.quantity, row.owing) == (Decimal(21), Decimal(0)) and row.firm and row.override_reason is None
    moves = [m for m in rows(counter, StockMove) if m.source == dispense]
    assert [(m.batch, m.quantity) for m in moves] == [(scene.early, Decimal(-10)), (scene.late, Decimal(-11))]
    (charge,) = rows(counter, Charge)
    assert (charge.source, charge.code, charge.quantity) == (dispense, "MED-AMOX", Decimal(21))
    (spend,) = rows(counter, LeaseSpend)
    assert spend.amount == 21
    assert len({row.k, charge.k, spend.k, *(m.k for m in moves)}) == 1
    assert len(rows(counter, TimelineEntry)) == before + 1


def test_what_can_not_be_written_whole_is_not_written_at_all(scene: Scene, counter: Desk) -> None:
    first, second = ready(scene, counter), scene.prescription(classes="", display="other", ingredient="other")
    asked = [HandOver(first, Decimal(21)), HandOver(second, Decimal(500), override_reason="yes")]
    with pytest.raises(Refused):
        counter.do(partial(service.dispense_several, hand_overs=asked))
    assert rows(counter, Dispense) == [] and rows(counter, Charge) == []
    with pytest.raises(Refused, match="Nothing is ready"):
        counter.do(partial(service.dispense_several, hand_overs=[]))


def test_a_partial_supply_leaves_the_rest_owing(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    hand_over(counter, prescription, 10)
    fill = counter.ask(partial(queries.fill, prescription=prescription))
    assert (fill.state, fill.supplied, fill.owing) == ("partial", Decimal(10), Decimal(11))
    assert [q.patient for q in counter.ask(queries.queue).owing] == [scene.patient]
    hand_over(counter, prescription, 11)
    assert counter.ask(partial(queries.fill, prescription=prescription)).state == "complete"
    after = counter.ask(queries.queue)
    assert not after.owing and [q.patient for q in after.collected] == [scene.patient]


def test_repeats_are_part_of_what_is_authorised(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter, repeats=1)
    hand_over(counter, prescription, 21)
    hand_over(counter, prescription, 21)
    assert counter.ask(partial(queries.fill, prescription=prescription)).state == "complete"
    with pytest.raises(BadInput, match="more than the prescription"):
        hand_over(counter, prescription, 1)


def test_without_a_lease_a_reason_is_needed_and_the_supply_is_not_firm(scene: Scene, counter: Desk) -> None:
    scene.no_allergies()
    prescription = scene.prescription()
    with pytest.raises(BadInput, match="not lent to this station"):
        hand_over(counter, prescription, 21)
    hand_over(counter, prescription, 21, override_reason="patient leaves town")
    (row,) = rows(counter, Dispense)
    assert (row.firm, row.override_reason) == (False, "patient leaves town")
    assert rows(counter, LeaseSpend) == []


def test_beyond_what_remains_or_was_lent_needs_the_right_and_a_reason(scene: Scene, counter: Desk) -> None:
    scene.no_allergies()
    prescription = scene.prescription()
    scene.lend(counter.store.station.device, "prescription", prescription, "5")
    with pytest.raises(BadInput, match="Only 5 capsules of"):
        hand_over(counter, prescription, 6)
    with pytest.raises(BadInput, match="9 capsules more than"):
        hand_over(counter, prescription, 30)
    assistant = person("Assistant", ["dispense.read", "dispense.supply", "chart.read"])
    asked = HandOver(prescription, Decimal(30), override_reason="doctor said so")
    with pytest.raises(NotAllowed):
        counter.do(partial(service.dispense, hand_over=asked), assistant)
    counter.do(partial(service.dispense, hand_over=asked))
    assert counter.ask(partial(queries.fill, prescription=prescription)).state == "over"


@pytest.mark.hazard("H18")
def test_nothing_is_handed_over_while_allergies_are_not_known(scene: Scene, counter: Desk) -> None:
    prescription = scene.prescription()
    with pytest.raises(Refused, match="ask now, or say why"):
        hand_over(counter, prescription, 21, override_reason="x")
    with pytest.raises(BadInput):
        counter.do(partial(service.could_not_ask, prescription=prescription, reason=" "))
    counter.do(partial(service.could_not_ask, prescription=prescription, reason="unconscious"))
    hand_over(counter, prescription, 21, override_reason="x")
    blind = person("Blind", ["dispense.supply", "dispense.override"])
    asked = HandOver(scene.prescription(), Decimal(1), override_reason="x")
    with pytest.raises(Refused, match="Allergies can't be seen here"):
        counter.do(partial(service.dispense, hand_over=asked), blind)


def test_an_allergy_to_the_class_stops_until_a_second_person_signs(scene: Scene, counter: Desk) -> None:
    scene.meeting.setup(
        write(
            Allergy,
            patient=scene.patient,
            substance="Penicillin",
            reaction="anaphylaxis",
            criticality="high",
            clinical_status="active",
            verification_status="confirmed",
        )
    )
    prescription = scene.prescription()
    with pytest.raises(Refused, match="Stopped: amoxicillin is in the class"):
        hand_over(counter, prescription, 21, override_reason="x")
    (line,) = counter.ask(partial(queries_counter.counter, patient=scene.patient)).lines
    assert line.state == "stopped"
    alert = line.stops[0].alert
    answer = partial(service.answer_alert, prescription=prescription, kind=alert.kind, title=alert.title)
    with pytest.raises(BadInput, match="why it is right"):
        counter.do(partial(answer, reason=""))
    with pytest.raises(Refused, match="second person"):
        counter.do(partial(answer, reason="tolerated before"))
    colleague = UUID(int=77)
    counter.do(partial(answer, reason="tolerated before", second=colleague))
    with pytest.raises(Refused, match="no longer stands"):
        counter.do(partial(answer, reason="again", second=colleague))
    hand_over(counter, prescription, 21, override_reason="x")
    (line,) = counter.ask(partial(queries_counter.counter, patient=scene.patient)).lines
    assert line.alerts[0].answer == "tolerated before"


def test_a_duplicate_therapy_needs_a_reason(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    scene.prescription(display="amoxicillin again")
    with pytest.raises(Refused, match="To check: The patient already takes amoxicillin"):
        hand_over(counter, prescription, 21)
    line = next(
        one
        for one in counter.ask(partial(queries_counter.counter, patient=scene.patient)).lines
        if one.medicine.id == prescription
    )
    for open_alert in line.to_answer:
        counter.do(
            partial(
                service.answer_alert,
                prescription=prescription,
                kind=open_alert.alert.kind,
                title=open_alert.alert.title,
                reason="old one is stopped",
            )
        )
    hand_over(counter, prescription, 21)


@pytest.mark.hazard("H08")
def test_a_dose_that_two_people_changed_stops_the_counter(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    doctor, nurse = (scene.meeting.desk(name, "doctor") for name in ("Room 1", "Room 2"))
    doctor.do(change(Prescription, prescription, dose=Decimal(250)))
    nurse.do(change(Prescription, prescription, dose=Decimal(1000)))
    scene.meeting.meet()
    with pytest.raises(Refused, match="Two people changed amoxicillin"):
        hand_over(counter, prescription, 21)


def test_a_dose_that_changed_since_it_was_asked_is_looked_at_again(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    seen = counter.ask(partial(medicine, prescription=prescription)).dose_line
    counter.do(change(Prescription, prescription, dose=Decimal(250)))
    asked = HandOver(prescription, Decimal(21), seen_dose=seen)
    with pytest.raises(Refused, match="changed since you were asked: 250 mg"):
        counter.do(partial(service.dispense_several, hand_overs=[asked]))
    now = counter.ask(partial(medicine, prescription=prescription)).dose_line
    counter.do(partial(service.dispense_several, hand_overs=[replace(asked, seen_dose=now)]))
    assert len(rows(counter, Dispense)) == 1


@pytest.mark.hazard("H08")
def test_a_prescription_that_is_stopped_or_has_run_out_is_not_supplied(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    counter.do(change(Prescription, prescription, status="stopped"))
    with pytest.raises(Refused, match="is stopped"):
        hand_over(counter, prescription, 21)
    old = scene.prescription()
    scene.meeting.clock.ms += int(timedelta(days=200).total_seconds() * 1000)
    with pytest.raises(Refused, match="run out"):
        hand_over(counter, old, 21)


def test_the_first_to_expire_leaves_first_and_another_batch_needs_a_reason(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    late = (Pick(scene.late, "AM02", Decimal(5)),)
    with pytest.raises(BadInput, match="Another batch expires first"):
        hand_over(counter, prescription, 5, picks=late)
    hand_over(counter, prescription, 5, picks=late, batch_reason="first box is damaged")
    assert on_hand(counter, scene, scene.late) == 95 and on_hand(counter, scene, scene.early) == 10
    with pytest.raises(BadInput, match="add up"):
        hand_over(counter, prescription, 6, picks=late)
    with pytest.raises(Refused, match="Batch AM01 has 10"):
        hand_over(counter, prescription, 11, picks=(Pick(scene.early, "AM01", Decimal(11)),))


@pytest.mark.hazard("H27", "H28")
def test_held_recalled_and_expired_batches_never_leave(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    hold = partial(inventory.change_batch_state, batch=scene.early)
    counter.do(partial(hold, state="on-hold", reason="cold chain"))
    early = (Pick(scene.early, "AM01", Decimal(5)),)
    with pytest.raises(Refused, match="Batch AM01 is on hold: release it or pick another"):
        hand_over(counter, prescription, 5, picks=early)
    counter.do(partial(hold, state="recalled", reason="maker"))
    with pytest.raises(Refused, match="recalled"):
        hand_over(counter, prescription, 5, picks=early)
    with pytest.raises(Refused, match="can't become"):
        counter.do(partial(hold, state="usable", reason="sorry"))
    counter.do(change(Batch, scene.late, expires=TODAY - timedelta(days=1)))
    with pytest.raises(Refused, match="expired on 22-Nov-2026"):
        hand_over(counter, prescription, 5, picks=(Pick(scene.late, "AM02", Decimal(5)),))
    with pytest.raises(Refused):
        hand_over(counter, prescription, 5)


def test_stock_kept_for_another_station_is_not_picked(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    scene.lend(UUID(int=5), "stock", scene.stock_of(scene.early), "10")
    hand_over(counter, prescription, 21)
    assert on_hand(counter, scene, scene.early) == 10 and on_hand(counter, scene, scene.late) == 79


def test_more_than_the_shelf_holds_is_refused_with_the_part_that_can_be_given(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter, quantity=Decimal(200))
    with pytest.raises(Refused, match="110 capsules can be taken here"):
        hand_over(counter, prescription, 200)


def test_taking_back_reverses_stock_and_charge_once(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    dispense = hand_over(counter, prescription, 21)
    back = partial(service.reverse, dispense=dispense, reason="wrong patient", returned_to_stock=True)
    counter.do(back)
    assert on_hand(counter, scene, scene.early) == 10 and on_hand(counter, scene, scene.late) == 100
    (charge,), (void,) = rows(counter, Charge), rows(counter, ChargeVoid)
    assert void.charge == charge.id
    assert counter.ask(partial(queries.fill, prescription=prescription)).state == "not-started"
    (shown,) = counter.ask(partial(queries.supplies, patient=scene.patient))
    assert shown.void_reason == "wrong patient"
    with pytest.raises(Refused, match="already taken back"):
        counter.do(back)
    with pytest.raises(BadInput):
        counter.do(partial(service.reverse, dispense=dispense, reason="", returned_to_stock=True))


def test_what_left_the_counter_does_not_come_back_to_the_shelf(scene: Scene, counter: Desk) -> None:
    dispense = hand_over(counter, ready(scene, counter), 21)
    counter.do(partial(service.reverse, dispense=dispense, reason="returned opened", returned_to_stock=False))
    assert on_hand(counter, scene, scene.late) == 89


def test_a_programme_medicine_is_counted_and_not_charged(scene: Scene, counter: Desk) -> None:
    free = scene.item("rifampicin", programme="TB programme", unit="tablet")
    counter.do(
        partial(
            inventory.receive_stock,
            item=free,
            lot="R1",
            expires=TODAY + timedelta(days=90),
            quantity=Decimal(50),
            place=scene.pharmacy,
        )
    )
    prescription = ready(
        scene,
        counter,
        medicine=free,
        display="rifampicin",
        ingredient="rifampicin",
        classes="",
        quantity=Decimal(30),
        quantity_unit="tablet",
    )
    dispense = hand_over(counter, prescription, 30)
    assert rows(counter, Charge) == []
    assert sum(m.quantity for m in rows(counter, StockMove) if m.source == dispense) == -30
    counter.do(partial(service.reverse, dispense=dispense, reason="undone", returned_to_stock=True))
    assert rows(counter, ChargeVoid) == []


def test_units_and_items_that_do_not_fit_are_named(scene: Scene, counter: Desk) -> None:
    in_packs = ready(scene, counter, quantity_unit="pack")
    with pytest.raises(Refused, match="prescribed in pack but kept in capsule"):
        hand_over(counter, in_packs, 1)
    counter.do(change(Prescription, in_packs, status="stopped"))
    unknown = ready(scene, counter, medicine=None, display="herbal tea", ingredient=None, classes=None)
    with pytest.raises(Refused, match="not an item"):
        hand_over(counter, unknown, 1)
    with pytest.raises(BadInput, match="more than nothing"):
        hand_over(counter, ready(scene, counter, display="x", ingredient="x", classes=""), 0)


def test_opening_the_counter_is_written_down_before_it_shows(scene: Scene, counter: Desk) -> None:
    ready(scene, counter)
    shown = counter.do(partial(service.open_counter, patient=scene.patient))
    assert [line.medicine.display for line in shown.lines] == ["amoxicillin"]
    assert shown.lines[0].directions == "Take ONE capsule three times a day. For 7 days."
    assert [p.lot for p in shown.lines[0].picks] == ["AM01", "AM02"]
    (event,) = rows(counter, AccessEvent)
    assert (event.kind, event.patient) == ("chart", scene.patient)


def test_a_question_to_the_prescriber_is_a_task(scene: Scene, counter: Desk) -> None:
    prescription = ready(scene, counter)
    counter.do(partial(service.ask_prescriber, prescription=prescription, question="half the dose?"))
    (task,) = rows(counter, Task)
    assert (task.role, task.subject, task.title) == ("doctor", prescription, "amoxicillin: half the dose?")
    with pytest.raises(BadInput):
        counter.do(partial(service.ask_prescriber, prescription=prescription, question=""))


def test_a_label_says_what_was_handed_over(scene: Scene, counter: Desk) -> None:
    dispense = hand_over(counter, ready(scene, counter), 21)
    label = counter.ask(partial(queries_counter.label, dispense=dispense))
    assert label.medicine == "amoxicillin 500 mg capsule"
    assert label.directions == "Take ONE capsule three times a day. For 7 days."
    assert [lot for lot, _day in label.batches] == ["AM01", "AM02"] and label.cautions == ("Finish the course.",)

# SPDX-License-Identifier: Apache-2.0
"""One patient taken in at two desks that knew nothing of each other: a person says what it is; charged once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic import follow_ups
from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.service import issue_invoice
from hms_desktop.clinic.conflicts import queries as inbox
from hms_desktop.clinic.conflicts import service as settle
from hms_desktop.clinic.conflicts.rules import ADMITTED_TWICE, VISIT_TWICE
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr import service_stays
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.queries import visits
from hms_desktop.clinic.ehr.queries_stays import inpatients
from hms_desktop.clinic.ehr.service_visits import begin_visit, cancel_visit, finish_visit, open_visit, part_visits
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, Refused
from tests.clinic.meeting import write
from tests.clinic.scene import Scene
from tests.clinic.test_follow_ups import book, rows
from tests.desk import Desk

ROLES = ("receptionist", "nurse", "doctor", "cashier", "manager")


@pytest.fixture
def desks(scene: Scene) -> tuple[Desk, Desk]:
    """Two desks where everybody may do everything."""
    return scene.meeting.desk("Desk A", *ROLES), scene.meeting.desk("Desk B", *ROLES)


def bill(desk: Desk, scene: Scene) -> list[str]:
    """Codes of what waits for an invoice."""
    return sorted(row.code for row in desk.ask(partial(open_charges, patient=scene.patient)))


def states(desk: Desk) -> dict[UUID, str]:
    """Every visit with its state."""
    return {row.id: row.status for row in rows(desk, Encounter)}


def asked(desk: Desk) -> Any:
    """The only line of the inbox, opened."""
    (entry,) = desk.ask(inbox.inbox)
    return desk.do(partial(settle.open_conflict, conflict=entry.conflicts[0].id))


def walk_in(desk: Desk, scene: Scene) -> UUID:
    """Taken in without a booking; returns the visit."""
    made = desk.do(partial(bookings.walk_in, patient=scene.patient, service="General practice"))
    return next(row.id for row in rows(desk, Encounter) if row.appointment == made)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_walk_ins_of_one_patient_become_one_visit_with_both_histories(
    scene: Scene, desks: tuple[Desk, Desk], order: tuple[int, int]
) -> None:
    first = walk_in(desks[0], scene)
    scene.meeting.pass_minutes(7)
    second = walk_in(desks[1], scene)
    desks[1].do(partial(ehr.write_note, encounter=second, texts={"symptoms": "Cough"}))
    scene.meeting.meet([desks[at] for at in order])
    assert bill(desks[0], scene) == ["VISIT", "VISIT"]
    details = asked(desks[0])
    assert details.entry.kind == VISIT_TWICE and details.entry.mine and details.entry.patient is not None
    assert details.entry.title.what == "One patient, two visits: opened 23-Nov-2026 09:00 and 23-Nov-2026 09:07"
    assert [side.title for side in details.records] == ["Visit of 23-Nov-2026 09:00", "Visit of 23-Nov-2026 09:07"]
    conflict = details.entry.conflicts[0].id
    with pytest.raises(Refused, match="Choose one of the two"):
        desks[0].do(partial(settle.join_visits, conflict=conflict, survivor=scene.patient, reason="Twice"))
    with pytest.raises(BadInput, match="reason"):
        desks[0].do(partial(settle.join_visits, conflict=conflict, survivor=second, reason=" "))
    desks[0].do(partial(settle.join_visits, conflict=conflict, survivor=second, reason="Came once"))
    scene.meeting.meet()
    for desk in (*desks, scene.meeting.centre):
        assert states(desk) == {first: "cancelled", second: "arrived"}
        assert bill(desk, scene) == ["VISIT"] and desk.ask(inbox.inbox) == ()
    waiting = {row.status for row in rows(desks[1], Appointment)}
    assert waiting == {"entered-in-error", "checked-in"}
    assert [row.patient for row in rows(desks[1], Encounter)] == [scene.patient] * 2, "both histories stay whole"
    other = next(visit for visit in desks[1].ask(partial(visits, patient=scene.patient)) if visit.link is not None)
    assert other.id == first
    with pytest.raises(BadInput, match="Say why"):
        desks[1].do(partial(part_visits, link=other.link, reason=" "))
    desks[1].do(partial(part_visits, link=other.link, reason="Came back after lunch"))
    with pytest.raises(Refused, match="already"):
        desks[1].do(partial(part_visits, link=other.link, reason="Came back after lunch"))
    scene.meeting.meet()
    scene.meeting.meet()
    assert bill(desks[0], scene) == ["VISIT", "VISIT"] and desks[0].ask(inbox.inbox) == ()


def test_a_visit_from_the_chart_gives_way_to_the_booking_and_what_was_begun_is_finished(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    booked = book(desks[0], scene, scene.patient)
    scene.meeting.meet()
    desks[0].do(partial(bookings.check_in, appointment=booked))
    by_hand = desks[1].do(partial(open_visit, patient=scene.patient))
    desks[1].do(partial(begin_visit, encounter=by_hand))
    charges = [row.id for row in desks[1].ask(partial(open_charges, patient=scene.patient))]
    desks[1].do(partial(issue_invoice, patient=scene.patient, charges=charges))
    scene.meeting.meet()
    details = asked(desks[1])
    arrival = next(side.id for side in details.records if side.id != by_hand)
    assert ("Service", "without a booking") in next(s.facts for s in details.records if s.id == by_hand)
    join = partial(settle.join_visits, conflict=details.entry.conflicts[0].id, reason="One visit")
    desks[1].do(partial(join, survivor=arrival))
    scene.meeting.meet()
    assert states(desks[0]) == {arrival: "arrived", by_hand: "finished"}
    (task,) = [t for t in rows(desks[0], Task) if t.kind == "credit_invoice"]
    assert "was taken back" in task.title, "what was invoiced already is credited by a person"


def test_the_booking_that_gives_way_is_fulfilled_and_a_finished_visit_stays_finished(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    booked = book(desks[0], scene, scene.patient)
    scene.meeting.meet()
    desks[0].do(partial(bookings.check_in, appointment=booked))
    by_hand = walk_in(desks[1], scene)
    scene.meeting.meet()
    conflict = asked(desks[1]).entry.conflicts[0].id
    desks[1].do(partial(settle.join_visits, conflict=conflict, survivor=by_hand, reason="One visit"))
    scene.meeting.meet()
    assert {row.id: row.status for row in rows(desks[0], Appointment)}[booked] == "fulfilled"
    third = walk_in_of_a_finished_visit(scene, desks)
    assert states(desks[0])[third] == "finished"


def walk_in_of_a_finished_visit(scene: Scene, desks: tuple[Desk, Desk]) -> UUID:
    """Another patient's visit that was over before anybody saw that it was two."""
    other = desks[0].do(partial(open_visit, patient=scene.patient, reason="Later"))
    desks[0].do(partial(begin_visit, encounter=other))
    scene.meeting.meet()
    details = [e for e in desks[0].ask(inbox.inbox) if e.kind == VISIT_TWICE]
    desks[0].do(partial(finish_visit, encounter=other))
    conflict = details[0].conflicts[0]
    survivor = next(m for m in conflict.members if m != other)
    desks[0].do(partial(settle.join_visits, conflict=conflict.id, survivor=survivor, reason="One visit"))
    return other


def test_what_may_well_be_two_visits_is_not_asked_about(scene: Scene, desks: tuple[Desk, Desk]) -> None:
    a, b = desks
    first = a.do(partial(open_visit, patient=scene.patient))
    a.do(partial(open_visit, patient=scene.patient))
    scene.meeting.meet()
    assert a.ask(inbox.inbox) == (), "one desk knew what it did"
    for visit in states(a):
        a.do(partial(begin_visit, encounter=visit))
        a.do(partial(finish_visit, encounter=visit))
    scene.meeting.pass_minutes(30)
    second = b.do(partial(open_visit, patient=scene.patient))
    scene.meeting.meet()
    assert a.ask(inbox.inbox) == (), "the first visit was over"
    b.do(partial(cancel_visit, encounter=second, reason="Left"))
    scene.meeting.pass_minutes(24 * 60)
    a.do(partial(open_visit, patient=scene.patient))
    scene.meeting.meet()
    assert a.ask(inbox.inbox) == () and first in states(b)


def test_two_visits_may_stand_with_a_reason_and_a_mistake_settles_itself(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    for desk in desks:
        desk.do(partial(open_visit, patient=scene.patient))
    scene.meeting.meet()
    conflict = asked(desks[0]).entry.conflicts[0].id
    desks[0].do(partial(settle.let_stand, conflict=conflict, reason="Came twice"))
    scene.meeting.meet()
    assert desks[1].ask(inbox.inbox) == () and bill(desks[1], scene) == ["VISIT", "VISIT"]
    third = desks[1].do(partial(open_visit, patient=scene.patient))
    scene.meeting.meet()
    assert len(desks[0].ask(inbox.inbox)) == 1
    desks[1].do(partial(cancel_visit, encounter=third, reason="Left"))
    assert desks[1].ask(inbox.inbox) == ()


def test_a_patient_admitted_twice_lies_in_one_bed_and_pays_each_night_once(
    scene: Scene, desks: tuple[Desk, Desk]
) -> None:
    ward = scene.meeting.setup(write(Place, name="Ward 1", kind="ward", price_code="BED-1", active=True))
    now = desks[0].ask(lambda reader: reader.now)
    visits = [
        desk.do(
            partial(service_stays.admit, patient=scene.patient, place=ward, bed=bed, since=now - timedelta(days=days))
        )
        for desk, bed, days in ((desks[0], "3", 3), (desks[1], "4", 2))
    ]
    scene.meeting.meet()
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    scene.meeting.meet()
    assert bill(desks[0], scene) == ["BED-1"] * 5
    details = asked(desks[0])
    assert details.entry.kind == ADMITTED_TWICE and details.entry.title.what.startswith("One patient, admitted twice")
    conflict = details.entry.conflicts[0].id
    desks[0].do(partial(settle.join_visits, conflict=conflict, survivor=visits[1], reason="Admitted twice"))
    scene.meeting.meet()
    for desk in (*desks, scene.meeting.centre):
        (row,) = desk.ask(inpatients)
        assert (row.bed, row.encounter) == ("4", visits[1])
        assert bill(desk, scene) == ["BED-1"] * 3, "the night that only the other one had stays"
    scene.meeting.pass_minutes(24 * 60)
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    assert bill(scene.meeting.centre, scene) == ["BED-1"] * 4

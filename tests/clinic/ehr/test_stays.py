# SPDX-License-Identifier: Apache-2.0
"""Nights in a bed: one for each of the clinic's midnights, whoever counts them; and procedures on the bill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hms_desktop.clinic import follow_ups
from hms_desktop.clinic.billing.model import Charge
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.service import void_charge
from hms_desktop.clinic.ehr import service_procedures, service_stays
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.model_stays import BedNight
from hms_desktop.clinic.ehr.queries_procedures import procedures
from hms_desktop.clinic.ehr.queries_stays import inpatients
from hms_desktop.clinic.ehr.rules_stays import bed_order, nights_between
from hms_desktop.clinic.ehr.service_visits import finish_visit, open_visit, void_visit
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, Refused
from tests.clinic.meeting import Meeting, write
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def ward(scene: Scene) -> UUID:
    """A ward whose nights have a price code."""
    return scene.meeting.setup(write(Place, name="Ward 1", kind="ward", price_code="BED-1", active=True))


def lies_down(scene: Scene, desk: Desk, ward: UUID, days_ago: int = 2) -> UUID:
    """The patient was admitted some days ago; returns the visit."""
    since = desk.ask(lambda reader: reader.now) - timedelta(days=days_ago)
    act = partial(service_stays.admit, patient=scene.patient, place=ward, bed="3", reason="Observation", since=since)
    return desk.do(act)


def count(desk: Desk) -> int:
    """The night's work, as a person asks for it."""
    return desk.do(service_stays.count_nights_now)


def bill(desk: Desk, scene: Scene) -> list[str]:
    """Codes of what waits for an invoice."""
    return sorted(row.code for row in desk.ask(partial(open_charges, patient=scene.patient)))


def charges(desk: Desk) -> set[Any]:
    """Every charge there is, whole."""
    return {(r.id, r.code, r.source) for r in desk.ask(lambda reader: reader.rows(select(Charge.__table__)))}


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "America/Santiago", "Africa/Johannesburg"])
def test_nights_are_those_of_the_clinic_and_of_days_when_the_clock_changes(zone: str) -> None:
    place = ZoneInfo(zone)
    since = datetime(2026, 9, 4, 23, 50, tzinfo=place)
    until = datetime(2026, 9, 7, 0, 10, tzinfo=place)
    found = list(nights_between(since.astimezone(UTC), until.astimezone(UTC), place))
    assert found == [date(2026, 9, day) for day in (4, 5, 6)]
    assert list(nights_between(since, since + timedelta(minutes=5), place)) == []


def test_beds_stand_as_people_count_them() -> None:
    assert sorted(["12", "window", "2A", "2", "1"], key=bed_order) == ["window", "1", "2", "2A", "12"]


def test_a_night_is_charged_once_by_two_machines_and_a_removed_one_stays_removed(scene: Scene, ward: UUID) -> None:
    nurse = scene.meeting.desk("Nurses", "nurse", "cashier", "manager")
    lies_down(scene, nurse, ward)
    scene.meeting.meet()
    assert count(nurse) == 2 and count(nurse) == 0
    centre = scene.meeting.centre
    centre.do(partial(follow_ups.tell_at_night, found=[]))
    before = charges(nurse)
    assert charges(centre) == before and len(before) == 2
    assert bill(nurse, scene) == ["BED-1", "BED-1"]
    first = nurse.ask(partial(open_charges, patient=scene.patient))[0]
    assert first.source_table == "bed_night" and first.day == date(2026, 11, 21), "the night's own day and price"
    nurse.do(partial(void_charge, charge=first.id, reason="kept for us"))
    scene.meeting.meet()
    centre.do(partial(follow_ups.tell_at_night, found=[]))
    assert count(nurse) == 0
    scene.meeting.meet()
    assert bill(nurse, scene) == bill(centre, scene) == ["BED-1"] and charges(nurse) == before


def test_who_left_before_is_not_charged_for_nights_counted_meanwhile(scene: Scene, ward: UUID) -> None:
    nurse = scene.meeting.desk("Nurses", "nurse", "cashier")
    lies_down(scene, nurse, ward)
    scene.meeting.meet()
    left = nurse.ask(lambda reader: reader.now) - timedelta(days=1)
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    nurse.do(partial(service_stays.discharge, patient=scene.patient, at=left))
    assert bill(nurse, scene) == ["BED-1"]
    scene.meeting.meet()
    assert bill(nurse, scene) == bill(scene.meeting.centre, scene) == ["BED-1"]
    assert nurse.ask(inpatients) == ()


def test_a_move_keeps_the_night_and_a_mistaken_admission_charges_nothing(scene: Scene, ward: UUID) -> None:
    nurse = scene.meeting.desk("Nurses", "nurse", "doctor", "cashier")
    other = scene.meeting.setup(write(Place, name="Ward 2", kind="ward", active=True))
    encounter = lies_down(scene, nurse, ward)
    nurse.do(partial(service_stays.move_bed, patient=scene.patient, place=other, bed="7"))
    scene.meeting.pass_minutes(24 * 60)
    count(nurse)
    assert bill(nurse, scene) == ["BED", "BED-1", "BED-1"]
    (row,) = nurse.ask(inpatients)
    assert (row.ward, row.bed, row.nights) == ("Ward 2", "7", 3)
    with pytest.raises(Refused, match="in a bed"):
        nurse.do(partial(finish_visit, encounter=encounter))
    nurse.do(partial(service_stays.undo_admission, patient=scene.patient, reason="another patient"))
    assert bill(nurse, scene) == [] and nurse.ask(inpatients) == ()


def test_beds_are_refused_with_the_remedy(scene: Scene, ward: UUID) -> None:
    nurse = scene.meeting.desk("Nurses", "nurse")
    lies_down(scene, nurse, ward)
    again = partial(service_stays.admit, patient=scene.patient, place=ward, bed="4")
    with pytest.raises(Refused, match="bed 3 already"):
        nurse.do(again)
    tomorrow = nurse.ask(lambda reader: reader.now) + timedelta(days=1)
    for act in (
        partial(service_stays.discharge, patient=scene.patient, at=tomorrow),
        partial(service_stays.move_bed, patient=scene.patient, place=scene.pharmacy, bed="1"),
        partial(service_stays.move_bed, patient=scene.patient, place=ward, bed="3"),
        partial(service_stays.discharge, patient=scene.patient, at=tomorrow - timedelta(days=9)),
    ):
        with pytest.raises(BadInput):
            nurse.do(act)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("same_price", [True, False])
def test_two_moves_that_knew_nothing_of_each_other_make_one_bed_and_one_night_each(
    scene: Scene, ward: UUID, order: tuple[int, int], same_price: bool
) -> None:
    code = "BED-1" if same_price else "BED-9"
    other = scene.meeting.setup(write(Place, name="Ward 2", kind="ward", price_code=code, active=True))
    nurses = [scene.meeting.desk(name, "nurse", "cashier", "manager") for name in ("Nurses 1", "Nurses 2")]
    encounter = lies_down(scene, nurses[0], ward, days_ago=1)
    scene.meeting.meet()
    nurses[0].do(partial(service_stays.move_bed, patient=scene.patient, place=ward, bed="7"))
    scene.meeting.pass_minutes(60)
    nurses[1].do(partial(service_stays.move_bed, patient=scene.patient, place=other, bed="8"))
    scene.meeting.pass_minutes(24 * 60)
    assert [count(nurse) for nurse in nurses] == [1, 1], "the first night was counted by each as it moved the patient"
    scene.meeting.meet([nurses[at] for at in order])
    for desk in (*nurses, scene.meeting.centre):
        (row,) = desk.ask(inpatients)
        assert (row.ward, row.bed, row.nights) == ("Ward 2", "8", 2)
        assert bill(desk, scene) == sorted(["BED-1", code])
        tasks = desk.ask(lambda r: r.rows(select(Task.title).where(Task.kind == "check_bed")))
        assert [t.title for t in tasks] == [
            "Moved twice while apart, to bed 7 and to bed 8: check where the patient lies"
        ]
        assert desk.ask(lambda r: r.heads(Encounter, encounter)) == {}
        nights = desk.ask(lambda r: r.rows(select(BedNight.id)))
        assert all(desk.ask(partial(lambda r, id: r.heads(BedNight, id), id=night.id)) == {} for night in nights)
    scene.meeting.pass_minutes(24 * 60)
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    nurses[0].do(partial(service_stays.discharge, patient=scene.patient))
    scene.meeting.meet()
    assert bill(nurses[1], scene) == bill(scene.meeting.centre, scene) == sorted(["BED-1", code, code])
    scene.meeting.pass_minutes(24 * 60)
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    assert len(bill(scene.meeting.centre, scene)) == 3, "nobody lies anywhere any more"


def test_a_move_that_met_a_discharge_leaves_no_bed_taken_and_no_night_charged(scene: Scene, ward: UUID) -> None:
    nurses = [scene.meeting.desk(name, "nurse", "cashier") for name in ("Nurses 1", "Nurses 2")]
    lies_down(scene, nurses[0], ward, days_ago=1)
    scene.meeting.meet()
    nurses[0].do(partial(service_stays.discharge, patient=scene.patient))
    scene.meeting.pass_minutes(60)
    nurses[1].do(partial(service_stays.move_bed, patient=scene.patient, place=ward, bed="8"))
    scene.meeting.pass_minutes(24 * 60)
    assert count(nurses[1]) == 1
    scene.meeting.meet()
    for desk in (*nurses, scene.meeting.centre):
        assert desk.ask(inpatients) == () and bill(desk, scene) == ["BED-1"]


def test_a_night_that_came_back_to_its_first_bed_is_charged_there_again(scene: Scene, ward: UUID) -> None:
    other = scene.meeting.setup(write(Place, name="Ward 2", kind="ward", price_code="BED-9", active=True))
    nurses = [scene.meeting.desk(name, "nurse", "cashier") for name in ("Nurses 1", "Nurses 2")]
    lies_down(scene, nurses[0], ward, days_ago=0)
    scene.meeting.meet()
    nurses[0].do(partial(service_stays.move_bed, patient=scene.patient, place=other, bed="7"))
    scene.meeting.pass_minutes(60)
    nurses[1].do(partial(service_stays.move_bed, patient=scene.patient, place=ward, bed="8"))
    scene.meeting.pass_minutes(24 * 60)
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    assert bill(scene.meeting.centre, scene) == ["BED-1"]
    scene.meeting.meet([nurses[0]])
    assert bill(scene.meeting.centre, scene) == ["BED-9"]
    scene.meeting.meet([nurses[1]])
    assert bill(scene.meeting.centre, scene) == bill(nurses[0], scene) == ["BED-1"]


def test_a_procedure_is_charged_once_and_a_mistake_takes_the_charge_back(scene: Scene) -> None:
    doctor = scene.meeting.desk("Room 1", "doctor", "manager", "cashier")
    add = partial(service_procedures.add_procedure_type, code="ECG", display="Electrocardiogram")
    priced, free = doctor.do(partial(add, price_code="PROC-ECG")), doctor.do(add)
    for type in (priced, free):
        made = doctor.do(partial(service_procedures.record_procedure, patient=scene.patient, type=type))
    assert bill(doctor, scene) == ["PROC-ECG"]
    doctor.do(partial(service_procedures.void_procedure, procedure=made, reason="not done"))
    done = next(r for r in doctor.ask(partial(procedures, patient=scene.patient)) if r.void_reason is None)
    doctor.do(partial(service_procedures.void_procedure, procedure=done.id, reason="other patient"))
    assert bill(doctor, scene) == []
    assert {r.void_reason for r in doctor.ask(partial(procedures, patient=scene.patient))} == {
        "not done", "other patient",
    }  # fmt: skip
    with pytest.raises(Refused, match="already"):
        doctor.do(partial(service_procedures.void_procedure, procedure=done.id, reason="again"))


def test_a_visit_without_a_booking_is_charged_until_it_is_a_mistake(scene: Scene) -> None:
    doctor = scene.meeting.desk("Room 1", "doctor", "cashier")
    encounter = doctor.do(partial(open_visit, patient=scene.patient))
    assert bill(doctor, scene) == ["VISIT"]
    doctor.do(partial(void_visit, encounter=encounter, reason="wrong patient"))
    assert bill(doctor, scene) == []

# SPDX-License-Identifier: Apache-2.0
"""The directory: people, roles, places and weekly sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from hms_desktop.clinic.staff import queries, service
from hms_desktop.clinic.staff.model import Organization, Practitioner
from hms_desktop.clinic.staff.rules import Hours
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from tests.desk import Desk, person, rights_of

HOURS = Hours(0, "08:00", "12:00", 30, 1, date(2026, 1, 1))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A manager's desk."""
    opened = Desk(tmp_path, person("Mandla Khumalo", rights_of(["manager"]), ["manager"]))
    yield opened
    opened.store.close()


def mbeki(desk: Desk) -> UUID:
    """A doctor."""
    return desk.do(partial(service.add_practitioner, family=" Mbeki ", given="Thabo", prefix="Dr", speciality="GP"))


def test_people_roles_and_places(desk: Desk) -> None:
    doctor = mbeki(desk)
    room = desk.do(partial(service.add_place, name="Room 3", kind="room"))
    desk.do(partial(service.add_place, name="Bench 1", kind="bench"))
    desk.do(partial(service.give_role, practitioner=doctor, role="doctor", service="General practice", place=room))
    (shown,) = desk.ask(queries.clinicians)
    assert (shown.name, shown.speciality, shown.services) == ("Dr T. Mbeki", "GP", ("General practice",))
    assert [p.name for p in desk.ask(queries.places)] == ["Bench 1", "Room 3"]
    assert [p.id for p in desk.ask(lambda r: queries.places(r, "room"))] == [room]
    assert desk.ask(partial(queries.clinician_names, ids=[doctor])) == {doctor: "Dr T. Mbeki"}


def test_who_left_is_listed_only_when_asked_for(desk: Desk) -> None:
    doctor, account = mbeki(desk), desk.acting.person.id
    change = partial(service.change_practitioner, practitioner=doctor, speciality="GP", licence="MP 1",
                     reason="As on her certificate")  # fmt: skip
    desk.do(partial(change, account=account, active=True))
    assert desk.ask(partial(queries.practitioner_of, account=account)) == doctor
    desk.do(partial(change, account=account, active=False))
    assert desk.ask(queries.clinicians) == ()
    assert [c.active for c in desk.ask(partial(queries.clinicians, everyone=True))] == [False]


def test_a_session_holds_on_its_weekday_from_its_first_to_its_last_day(desk: Desk) -> None:
    doctor = mbeki(desk)
    made = desk.do(partial(service.open_session, practitioner=doctor, hours=HOURS, service="General practice"))
    monday = date(2026, 11, 23)
    (found,) = desk.ask(partial(queries.sessions_on, day=monday))
    assert (found.id, found.clinician, found.hours) == (made, "Dr T. Mbeki", HOURS)
    assert desk.ask(partial(queries.sessions_on, day=date(2026, 11, 24))) == ()
    assert desk.ask(partial(queries.sessions_on, day=date(2025, 12, 29))) == ()
    desk.do(partial(service.end_session, session=made, last_day=date(2026, 11, 16), reason="Leaves"))
    assert desk.ask(partial(queries.sessions_on, day=monday)) == ()
    assert desk.ask(partial(queries.sessions_of, practitioner=doctor, on_or_after=monday)) == ()
    assert len(desk.ask(partial(queries.sessions_of, practitioner=doctor))) == 1
    with pytest.raises(Refused, match="2026-01-01"):
        desk.do(partial(service.end_session, session=made, last_day=date(2025, 1, 1), reason="Leaves"))


def test_sessions_of_one_person_do_not_meet(desk: Desk) -> None:
    doctor = mbeki(desk)
    opening = partial(service.open_session, practitioner=doctor, service="General practice")
    desk.do(partial(opening, hours=HOURS))
    with pytest.raises(Refused, match=r"Dr T\. Mbeki already has 08:00 to 12:00 on Monday"):
        desk.do(partial(opening, hours=Hours(0, "11:00", "13:00", 30, 1, date(2026, 6, 1))))
    desk.do(partial(opening, hours=Hours(0, "12:00", "13:00", 30, 1, date(2026, 6, 1))))
    other = desk.do(partial(service.add_practitioner, family="Haddad"))
    desk.do(partial(service.open_session, practitioner=other, hours=HOURS, service="Paediatrics"))


def test_capacity_is_changed_in_place(desk: Desk) -> None:
    made = desk.do(partial(service.open_session, practitioner=mbeki(desk), hours=HOURS, service="Immunisation"))
    desk.do(partial(service.set_capacity, session=made, capacity=4, reason="Two rooms"))
    assert desk.ask(partial(queries.session, id=made)).hours.capacity == 4
    with pytest.raises(BadInput):
        desk.do(partial(service.set_capacity, session=made, capacity=0, reason="Two rooms"))


def test_empty_names_are_refused(desk: Desk) -> None:
    doctor = mbeki(desk)
    for act in (
        partial(service.add_practitioner, family=" "),
        partial(service.add_place, name="", kind="room"),
        partial(service.add_organization, name=" "),
        partial(service.give_role, practitioner=doctor, role=""),
        partial(service.open_session, practitioner=doctor, hours=HOURS, service=" "),
        partial(service.open_session, practitioner=doctor, hours=Hours(0, "x", "y", 1, 1, date.min), service="GP"),
    ):
        with pytest.raises(BadInput):
            desk.do(act)


def test_an_organization_is_kept(desk: Desk) -> None:
    made = desk.do(partial(service.add_organization, name="Riverbend Scheme", kind="payer", city="Riverbend"))
    assert desk.ask(lambda r: r.get(Organization, made)).name == "Riverbend Scheme"


def test_only_who_may_plan_plans(desk: Desk) -> None:
    clerk = person("Zanele", rights_of(["receptionist"]))
    with pytest.raises(NotAllowed):
        desk.do(partial(service.add_practitioner, family="X"), clerk)
    with pytest.raises(NotFound):
        desk.ask(partial(queries.session, id=desk.store.ids.new()))
    assert desk.ask(lambda r: r.rows(Practitioner.__table__.select())) == []

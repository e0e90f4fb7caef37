# SPDX-License-Identifier: Apache-2.0
"""Every event has its line in the table, and what follows is written once, in the same transaction."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop import clinic
from hms_desktop.clinic import reactions
from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.events import ArrivedForVisit
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing.model import Charge
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.lab.events import ResultReleased
from hms_desktop.clinic.patients.model import TimelineEntry
from hms_desktop.core.events import Event
from hms_desktop.storage.unit import Unit
from tests.clinic.scene import Scene
from tests.desk import Desk


def rows(desk: Desk, record: Any) -> list[Any]:
    """All rows of a table."""
    return desk.ask(lambda reader: reader.rows(select(record.__table__)))


def announced() -> set[type[Event]]:
    """Every event class that a clinic module declares."""
    for found in pkgutil.walk_packages(clinic.__path__, "hms_desktop.clinic."):
        if found.name.endswith(".events"):
            importlib.import_module(found.name)
    return set(Event.__subclasses__())


def test_every_event_has_its_line() -> None:
    assert {e for e in announced() if e.__module__.startswith("hms_desktop.clinic")} == set(reactions.REACTIONS)


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """A desk where everybody may do everything."""
    return scene.meeting.desk("Desk", "receptionist", "doctor", "lab_verifier")


def test_a_check_in_opens_the_visit_and_charges_it_once(scene: Scene, desk: Desk) -> None:
    starts = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    booked = desk.do(partial(bookings.book, patient=scene.patient, session=scene.session, starts=starts))
    encounter = desk.do(partial(bookings.check_in, appointment=booked))
    (visit,), (charge,) = rows(desk, Encounter), rows(desk, Charge)
    assert visit.id == encounter == charge.source and visit.k == charge.k and charge.code == "VISIT"
    kinds = [row.kind for row in rows(desk, TimelineEntry) if row.patient == scene.patient]
    assert sorted(kinds) == ["appointment", "arrival"]
    desk.do(lambda unit: ehr.begin_visit(unit, encounter))
    desk.do(lambda unit: ehr.finish_visit(unit, encounter))
    assert rows(desk, Appointment)[0].status == "fulfilled"
    assert [r.title for r in rows(desk, TimelineEntry) if r.kind == "visit"] == ["Visit finished"]


def released(scene: Scene, order: UUID, release: UUID, version: int) -> ResultReleased:
    """A release of a potassium result."""
    at = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    measured = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
    return ResultReleased(
        release,
        uuid4(),
        order,
        scene.patient,
        None,
        "K",
        "Potassium",
        "LAB-K",
        version,
        version > 1,
        True,
        (),
        measured,
        at,
    )


def test_a_test_is_charged_at_its_first_release_and_told_at_its_true_time(scene: Scene, desk: Desk) -> None:
    order = uuid4()

    def release(unit: Unit, *, version: int) -> None:
        unit.action = "test.release"
        unit.announce(released(scene, order, uuid4(), version))

    for version in (1, 2):
        desk.do(partial(release, version=version))
    (charge,) = rows(desk, Charge)
    assert (charge.source, charge.code, charge.quantity) == (order, "LAB-K", Decimal(1))
    told = {row.kind: row for row in rows(desk, TimelineEntry) if row.patient == scene.patient}
    assert told["result"].at == datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
    assert told["result_correction"].title == "Potassium: corrected result"


def test_a_reaction_that_fails_takes_the_action_with_it(scene: Scene, desk: Desk) -> None:
    before = len(rows(desk, Appointment))

    def broken(unit: Unit) -> None:
        bookings.walk_in(unit, patient=scene.patient, service="General practice")
        unit.announce(ArrivedForVisit(uuid4(), scene.patient, uuid4(), None, "x", unit.now))

    with pytest.raises(Exception, match="not on this device"):
        desk.do(broken)
    assert len(rows(desk, Appointment)) == before and rows(desk, Charge) == []

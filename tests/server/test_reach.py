# SPDX-License-Identifier: Apache-2.0
"""How far a right reaches, and who works where: refused at the workstation, and at the server to a patched one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.service import put_on_waitlist
from hms_desktop.clinic.ehr.model import Allergy, Condition, Observation, Prescription
from hms_desktop.clinic.ehr.service_allergies import change_problem, review_allergy
from hms_desktop.clinic.ehr.service_vitals import void_observation
from hms_desktop.clinic.inventory.model import Batch, Item, ItemVersion, StockMove
from hms_desktop.clinic.inventory.service import adjust_stock
from hms_desktop.clinic.staff.model import Place, Practitioner, PractitionerRole
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.roles import policy, read_policy
from hms_desktop.storage.acting import Acting
from tests.clinic.meeting import write
from tests.sync.forger import SALT, Forger, leaf
from tests.sync.world import World

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PATIENT = UUID(int=7)


def bounded(acting: Acting) -> Acting:
    """The person as sign-in makes them; the world's own are as a patched workstation would have them."""
    return replace(acting, person=replace(acting.person, within=policy().within(acting.person.roles)))


class Ward:
    """Two nurses of the ward and one of the clinic, a trainee, two doctors, a pharmacist; one desk for all of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.centre = world.centre
        self.nomsa, self.thandi, self.carol = (world.person(name, "nurse") for name in ("nomsa", "thandi", "carol"))
        self.tim = world.person("tim", "trainee_doctor")
        self.dora, self.dan = (world.person(name, "doctor") for name in ("dora", "dan"))
        self.pia = world.person("pia", "pharmacist")
        ward, clinic = ("Ward",), ("Clinic",)
        for who, services in ((self.nomsa, ward), (self.thandi, ward), (self.carol, clinic), (self.dora, ward)):
            self.works(who, *services)
        self.dan_is = self.works(self.dan, "Clinic")
        self.reading = self.put(
            Observation, patient=PATIENT, category="vital-signs", code="8867-4", display="Pulse", at=NOW,
            value=Decimal(72), unit="/min", by=self.nomsa.person.id,
        )  # fmt: skip
        said = {"patient": PATIENT, "clinical_status": "active", "verification_status": "confirmed",
                "recorded_by": self.nomsa.person.id, "recorded_at": NOW}  # fmt: skip
        self.allergy = self.put(Allergy, substance="Latex", **said)
        self.problem = self.put(Condition, display="Gout", **said)
        self.asked = self.put(Prescription, patient=PATIENT, display="zinc", written=NOW, prn=False, status="draft")
        self.booking = self.put(
            Appointment, patient=PATIENT, practitioner=self.dan_is, service="Clinic", starts=NOW, minutes=15, firm=True,
            status="booked",
        )  # fmt: skip
        self.here, self.there = (self.put(Place, name=f"Pharmacy {site}", kind="pharmacy", site=site, active=True)
                                 for site in ("Main", "Riverside"))  # fmt: skip
        self.item = self.put(Item, code="AMX")
        facts = {"code": "AMX", "display": "Amoxicillin", "form": "capsule", "strength": "500 mg", "unit": "capsule",
                 "ingredient": "amoxicillin", "classes": "penicillin"}  # fmt: skip
        self.put(ItemVersion, item=self.item, version=1, valid_from=date(2020, 1, 1), active=True, **facts)
        self.batch = self.put(Batch, item=self.item, lot="A1", expires=date(2028, 1, 1), state="usable")
        for place in (self.here, self.there):
            self.put(StockMove, batch=self.batch, item=self.item, place=place, quantity=Decimal(10), kind="receipt")
        self.forger = Forger(world.desk(self.dora, "all"))

    def put(self, record: Any, **values: Any) -> UUID:
        return self.centre.store.act(write(record, **values), self.centre.worker)

    def works(self, who: Acting, *services: str) -> UUID:
        """Make somebody a practitioner who works for these services."""
        made = self.put(Practitioner, family=who.person.name, account=who.person.id, active=True)
        for service in services:
            self.put(PractitionerRole, practitioner=made, role="clinician", service=service, active=True)
        return made

    def voided(self, by: Acting) -> Any:
        """A mark of the reading as a mistake, as it travels."""
        values = {"observation": self.reading.bytes, "reason": "wrong patient", "by": by.person.id.bytes}
        return leaf("observation_void", values)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    world = World(tmp_path_factory.mktemp("ward"))
    yield Ward(world)
    world.close()


def pushed(ward: Ward, row: Any, action: str, by: Acting) -> str:
    """Why the server refuses this of a workstation that asks nothing itself; empty when it takes it."""
    verdicts = ward.forger.push(ward.forger.made(row, action=action, by=by)).verdicts
    return " ".join(verdict.reason for verdict in verdicts if verdict.state == "refused")


@pytest.mark.accepts("SEC-01")
def test_a_mistake_is_marked_by_the_own_team_by_oneself_or_by_a_doctor(ward: Ward) -> None:
    desk, act = ward.forger.desk, partial(void_observation, observation=ward.reading, reason="wrong patient")
    for stranger, words in ((ward.carol, "only for their own team"), (ward.tim, "only with what is their own")):
        with pytest.raises(NotAllowed, match=words) as refused:
            desk.do(act, bounded(stranger))
        assert refused.value.permission == "entry.void"
        assert words in pushed(ward, ward.voided(stranger), "ehr.void_observation", stranger)
    for may in (ward.thandi, ward.nomsa, ward.dora):
        assert not pushed(ward, ward.voided(may), "ehr.void_observation", may), may.person.name
    desk.do(act, bounded(ward.thandi))


def as_mistake(ward: Ward, table: str, record: UUID) -> Any:
    """An allergy or a problem marked as a mistake, as it travels."""
    with ward.centre.store.reading() as connection:
        stamp = connection.exec_driver_sql(f"SELECT coalesce(g_state, k) FROM {table}").scalar_one()
    values = {"clinical_status": "active", "verification_status": "entered-in-error", "reason": "wrong patient"}
    return leaf(table, values, {"state": [stamp]}, record)


@pytest.mark.accepts("SEC-01")
def test_an_allergy_and_a_problem_are_marked_as_mistakes_as_far_as_other_entries(ward: Ward) -> None:
    desk = ward.forger.desk
    over = partial(review_allergy, allergy=ward.allergy, review="mistake", reason="wrong patient")
    gone = partial(change_problem, condition=ward.problem, clinical="active", verification="entered-in-error",
                   reason="wrong patient")  # fmt: skip
    for act, row, action, others in (
        (over, as_mistake(ward, "allergy", ward.allergy), "ehr.review_allergy", (ward.carol, ward.tim)),
        (gone, as_mistake(ward, "condition", ward.problem), "ehr.change_problem", (ward.tim,)),
    ):
        for stranger in others:
            with pytest.raises(NotAllowed, match=r"only for their own team|only with what is their own") as refused:
                desk.do(act, bounded(stranger))
            assert refused.value.permission == "entry.void"
            assert " their own" in pushed(ward, row, action, stranger), stranger.person.name
    lacks = pushed(ward, as_mistake(ward, "allergy", ward.allergy), "ehr.review_allergy", ward.pia)
    assert "takes the right entry.void" in lacks, "a pharmacist reviews allergies and marks none as a mistake"
    desk.do(over, bounded(ward.thandi))
    desk.do(gone, bounded(ward.dora))
    assert not pushed(ward, as_mistake(ward, "allergy", ward.allergy), "ehr.review_allergy", ward.thandi)


@pytest.mark.accepts("SEC-01")
@pytest.mark.accepts("SEC-16")
def test_nobody_prescribes_or_orders_by_signing_a_note_who_may_not(ward: Ward) -> None:
    """A patched workstation calls what it does by the name of something that its person may do."""
    with ward.centre.store.reading() as connection:
        stamp = connection.exec_driver_sql("SELECT k FROM prescription").scalar_one()
    out = leaf("prescription", {"status": "active"}, {"state": [stamp]}, ward.asked)
    for action in ("ehr.sign_visit", "ehr.stop_medicine"):
        assert "takes the right medicine.prescribe" in pushed(ward, out, action, ward.nomsa), action
    order = {"patient": PATIENT.bytes, "category": "laboratory", "code": "X", "display": "X", "priority": "routine",
             "status": "active"}  # fmt: skip
    assert "takes the right order.place" in pushed(ward, leaf("service_order", order), "ehr.sign_visit", ward.nomsa)
    assert not pushed(ward, out, "ehr.sign_visit", ward.dora)


@pytest.mark.accepts("SEC-01")
def test_a_doctor_moves_bookings_of_their_own_hours_alone(ward: Ward) -> None:
    desk, act = ward.forger.desk, partial(put_on_waitlist, appointment=ward.booking, reason="ill")
    with pytest.raises(NotAllowed, match="only with what is their own"):
        desk.do(act, bounded(ward.dora))
    with ward.centre.store.reading() as connection:
        stamp = connection.exec_driver_sql("SELECT coalesce(g_state, k) FROM appointment").scalar_one()
    row = leaf("appointment", {"status": "waitlist", "status_reason": "ill"}, {"state": [stamp]}, ward.booking)
    assert "their own" in pushed(ward, row, "appointments.put_on_waitlist", ward.dora)
    assert not pushed(ward, row, "appointments.put_on_waitlist", ward.dan)
    desk.do(act, bounded(ward.dan))


@pytest.mark.accepts("SEC-01")
def test_stock_is_counted_where_one_stands(ward: Ward) -> None:
    desk = ward.forger.desk
    count = partial(adjust_stock, batch=ward.batch, counted=Decimal(9), reason="lost")
    with pytest.raises(NotAllowed, match="of this workstation's site"):
        desk.do(partial(count, place=ward.there), bounded(ward.pia))
    desk.do(partial(count, place=ward.here), bounded(ward.pia))
    for place, words in ((ward.there, "of this workstation's site"), (ward.here, "")):
        values = {"batch": ward.batch.bytes, "item": ward.item.bytes, "place": place.bytes, "quantity": "-1",
                  "kind": "adjust", "reason": "lost"}  # fmt: skip
        refused = pushed(ward, leaf("stock_move", values), "inventory.adjust_stock", ward.pia)
        assert words in refused and bool(words) == bool(refused)


def test_what_a_person_does_where_their_roles_do_not_work_is_refused(ward: Ward) -> None:
    lab = Forger(ward.world.desk(ward.dora, "lab"))
    row = leaf("task", {"kind": "call", "title": "Call", "role": "nurse", "status": "requested"})
    assert "do not work at this kind of workstation" in lab.refused(row, action="patients.give_task", by=ward.nomsa)
    assert SALT


def test_bounds_that_nothing_could_check_are_no_policy() -> None:
    raw = {"permissions": {"note.write": "Write"}, "reach": {"note.write": {"note": "by"}}}
    role = {"title": "R", "may": ["note.write"], "stations": [], "two_factor": False, "idle_minutes": 5}
    for within in ({"note.write": "galaxy"}, {"note.sign": "own"}):
        with pytest.raises(ValueError, match="can't be held within"):
            read_policy({**raw, "roles": {"r": {**role, "within": within}}})
    with pytest.raises(ValueError, match="commands: no right is called"):
        read_policy({**raw, "roles": {}, "commands": {"status": "sync.devour"}})
    with pytest.raises(ValueError, match="writing: no right is called"):
        read_policy({**raw, "roles": {}, "writing": {"note.devour": {"note": {"title": "*"}}}})
    made = read_policy({**raw, "roles": {"r": {**role, "within": {"note.write": "own"}}, "s": role}})
    assert made.within(["r"]) == {"note.write": "own"} and made.within(["r", "s"]) == made.within(["s"]) == {}

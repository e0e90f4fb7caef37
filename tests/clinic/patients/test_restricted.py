# SPDX-License-Identifier: Apache-2.0
"""Restricted patients: who sees them, what is left of them for others, and the glass that is broken for an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.rules import STATES
from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.clinic.patients import queries, queries_history, queries_restricted, service, service_restricted
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.patients.queries_people import names, one_person
from hms_desktop.clinic.patients.queries_search import search
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.rules_restricted import (
    GLASS_REASONS,
    RESTRICTIONS,
    VERDICTS,
    Tie,
    Viewer,
    glass_word,
    may_know,
    restriction_word,
    verdict_word,
)
from hms_desktop.clinic.staff.model import Practitioner, PractitionerRole
from hms_desktop.core.countdown import Countdowns
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused, Restricted
from hms_desktop.security.accounts import Account
from hms_desktop.security.kdf import KdfCost
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import AMARA
from tests.desk import Desk, person, rights_of

PASSWORD = "a long word for a test"
ME, OTHER = UUID(int=1), UUID(int=2)


def one(name: str, *roles: str) -> Acting:
    return person(name, rights_of(roles), roles)


class House(Desk):
    """A station of the whole clinic with people who have accounts, and one restricted patient."""

    def __init__(self, folder: Path) -> None:
        self.manager, self.officer = one("Mara", "manager"), one("Pia", "privacy_officer")
        self.doctor, self.colleague = one("Dora", "doctor"), one("Cole", "doctor")
        self.clerk, self.bench = one("Cleo", "receptionist"), one("Lena", "lab_technologist")
        super().__init__(folder, self.manager)
        self.people = (self.manager, self.officer, self.doctor, self.colleague, self.clerk, self.bench)
        self.write(self._accounts)
        self.patient = self.do(partial(service.register, written=Registration(**AMARA)), self.manager)
        self.restriction = self.restricts()

    def _accounts(self, unit: Unit) -> None:
        cost = KdfCost(64, 1, 1, below_floor=True)
        for who in self.people:
            wrapped = wrap(PersonKeys.generate(), PASSWORD, who.person.id, cost)
            unit.add(
                Account, id=who.person.id, login=who.person.login, name=who.person.name, roles=sorted(who.person.roles),
                active=True, needs_code=False, statement=b"-", wrapped=wrapped,
            )  # fmt: skip

    def write(self, rows: Any) -> Any:
        """Rows of a scene, past every service."""

        def act(unit: Unit) -> Any:
            unit.action = "test.scene"
            return rows(unit)

        return self.do(act)

    def restricts(self) -> UUID:
        act = partial(service_restricted.restrict, patient=self.patient, kind="vip", owner=self.doctor.person.id)
        return self.do(partial(act, reason="A  minister"), self.manager)

    def listed(self, who: Acting) -> str:
        """What a list shows of the patient, to this person."""
        return self.ask(lambda reader: names(reader, [self.patient]), who)[self.patient].listed

    def breaks(self, who: Acting, **changes: Any) -> UUID:
        said = {"reason": "emergency", "words": "Collapsed in the hall", "password": PASSWORD, **changes}
        return self.do(partial(service_restricted.break_glass, patient=self.patient, **said), who)

    def later(self, **time: float) -> None:
        self.clock.ms += int(timedelta(**time).total_seconds() * 1000)  # type: ignore[attr-defined]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.store.close()


def test_rules_name_people_their_team_and_the_department() -> None:
    me = Viewer(frozenset({ME}), frozenset({"Surgery"}), frozenset({"nurse"}))
    assert may_know(me, [ME], ())
    assert not may_know(me, [OTHER], [Tie(frozenset({OTHER}), frozenset({"Skin"}), frozenset({"pharmacist"}))])
    assert may_know(me, (), [Tie(frozenset({ME}))])
    assert may_know(me, (), [Tie(frozenset(), frozenset({"Surgery"}))])
    assert may_know(me, (), [Tie(frozenset(), roles=frozenset({"nurse"}))])
    for word, codes in ((restriction_word, RESTRICTIONS), (glass_word, GLASS_REASONS), (verdict_word, VERDICTS)):
        assert all(word(code) != code for code in codes)


def test_time_that_was_given_never_grows() -> None:
    ticks = [0]
    left = Countdowns(lambda: ticks[0]).left_ms
    assert left(ME, 60_000, 0) == 60_000
    ticks[0] = 10_000
    assert left(ME, 60_000, -3_600_000) == 50_000, "a clock set back gives nothing"
    assert left(ME, 60_000, 55_000) == 5_000, "a clock set on takes away"
    ticks[0] = 16_000
    assert left(ME, 60_000, 0) == 0


def test_a_restricted_patient_is_a_record_number_to_everybody_else(house: House) -> None:
    assert house.listed(house.officer).startswith("Okonkwo"), "who answers for privacy knows all"
    assert house.listed(house.manager).startswith("Okonkwo"), "the registrar"
    assert house.listed(house.doctor).startswith("Okonkwo"), "the named owner"
    shown = house.ask(lambda reader: queries.banner(reader, house.patient), house.colleague)
    assert (shown.name.full, shown.name.listed, shown.name.birth) == ("Restricted patient", "Restricted patient", "")
    assert shown.national is None and not shown.flags and shown.restriction is None
    number = shown.name.mrn
    found = house.ask(partial(search, text="Okonkwo"), house.clerk)
    assert [(hit.name.listed, hit.name.mrn) for hit in found.hits] == [("Restricted patient", number)]
    for query in (queries.record_page, queries_history.timeline, queries_history.versions):
        with pytest.raises(Restricted, match=number):
            house.ask(partial(query, patient=house.patient), house.colleague)
    with pytest.raises(Restricted):
        house.ask(lambda reader: queries.tasks(reader, (), patient=house.patient), house.colleague)
    with pytest.raises(Restricted) as stopped:
        house.do(partial(service.open_record, patient=house.patient), house.colleague)
    assert stopped.value.patient == house.patient
    page = house.do(partial(service.open_record, patient=house.patient), house.doctor)
    assert page.banner.restriction == "vip" and page.restrictions[0].reason == "A minister"


def _care(house: House, kind: str) -> Any:
    service_, work, me = "General", UUID(int=7), house.colleague.person.id

    def rows(unit: Unit) -> Any:
        unit.add(Practitioner, id=work, family="Cole", account=me, active=True)
        unit.add(PractitionerRole, practitioner=work, role="doctor", service=service_, active=True)
        if kind in ("appointment", "team"):
            whose = work if kind == "appointment" else None
            return unit.add(
                Appointment, patient=house.patient, practitioner=whose, service=service_, status="booked",
                starts=unit.now, minutes=15, firm=True,
            )  # fmt: skip
        if kind == "visit":
            return unit.add(Encounter, patient=house.patient, class_code="AMB", status="in-progress", practitioner=work)
        if kind == "order":
            return unit.add(
                Order, patient=house.patient, category="laboratory", code="K", display="K", priority="routine",
                requester=me, status="active",
            )  # fmt: skip
        return unit.add(
            Prescription, patient=house.patient, display="Paracetamol", requester=me, written=unit.now, prn=False,
            status="active",
        )  # fmt: skip

    return rows


CLOSED: dict[str, tuple[Any, str]] = {
    "appointment": (Appointment, "cancelled"), "team": (Appointment, "fulfilled"), "visit": (Encounter, "finished"),
    "order": (Order, "completed"), "prescription": (Prescription, "stopped"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLOSED)
def test_what_is_open_is_a_care_relation_while_it_is_open(house: House, kind: str) -> None:
    record = house.write(_care(house, kind))
    assert house.listed(house.colleague).startswith("Okonkwo")
    assert house.listed(house.clerk) == "Restricted patient"
    assert house.listed(house.bench).startswith("Okonkwo") == (kind == "order"), "the bench does what was ordered"
    table, status = CLOSED[kind]
    house.write(lambda unit: unit.change(table, record, status=status))
    assert house.listed(house.colleague) == "Restricted patient"
    assert set(STATES) > {"booked"}


def test_the_glass_asks_reason_words_and_the_password_and_lasts_an_hour(house: House) -> None:
    for wrong, field in (({"reason": "curious"}, "reason"), ({"words": " "}, "words"), ({"words": "x" * 401}, "words"),
                         ({"password": "not it"}, "password")):  # fmt: skip
        with pytest.raises(BadInput) as told:
            house.breaks(house.colleague, **wrong)
        assert told.value.field == field
    glass = house.breaks(house.colleague)
    assert house.breaks(house.colleague) == glass, "asked twice it is one"
    assert house.listed(house.colleague).startswith("Okonkwo")
    assert house.listed(house.clerk) == "Restricted patient", "one person's glass, nobody else's"
    assert house.do(partial(service.open_record, patient=house.patient), house.colleague).banner.glass
    house.later(minutes=59)
    left = house.ask(lambda reader: queries.banner(reader, house.patient), house.colleague).glass
    assert left is not None and left.minutes == 1
    house.later(minutes=2)
    assert house.listed(house.colleague) == "Restricted patient"
    house.later(hours=-5)
    assert house.listed(house.colleague) == "Restricted patient", "a clock set back gives no time"
    with pytest.raises(Refused, match="as it is"):
        house.breaks(house.doctor)


def test_the_glass_is_ended_by_hand_by_who_broke_it(house: House) -> None:
    glass = house.breaks(house.colleague)
    with pytest.raises(NotAllowed):
        house.do(partial(service_restricted.end_glass, glass=glass), house.clerk)
    for _again in range(2):
        house.do(partial(service_restricted.end_glass, glass=glass), house.colleague)
    assert house.listed(house.colleague) == "Restricted patient"


def test_the_owner_is_told_and_a_privacy_officer_reviews(house: House) -> None:
    glass = house.breaks(house.colleague)
    told = house.ask(lambda reader: queries.tasks(reader, reader.person.roles), house.doctor)
    assert [(task.owner, task.kind) for task in told] == [(house.doctor.person.id, "glass_broken")]
    assert "Okonkwo" not in told[0].title
    for question in (queries_restricted.glass_rows, queries_restricted.waiting_reviews):
        with pytest.raises(NotAllowed):
            house.ask(question, house.colleague)
    row = house.ask(queries_restricted.glass_rows, house.officer)[0]
    assert (row.name, row.reason, row.words, row.late) == ("Cole", "emergency", "Collapsed in the hall", False)
    house.later(hours=73)
    assert house.ask(queries_restricted.glass_rows, house.officer)[0].late
    review = partial(service_restricted.review_glass, glass=glass, verdict="justified", words="The visit is there")
    for wrong, field in (({"verdict": "well"}, "verdict"), ({"words": ""}, "words")):
        with pytest.raises(BadInput) as refused:
            house.do(partial(review, **wrong), house.officer)
        assert refused.value.field == field
    house.do(review, house.officer)
    assert house.ask(queries_restricted.waiting_reviews, house.officer) == 0
    seen = house.ask(partial(queries_restricted.glass_rows, everything=True), house.officer)[0]
    assert (seen.verdict, seen.reviewer, seen.review_words) == ("justified", "Pia", "The visit is there")
    assert not house.ask(lambda reader: queries.tasks(reader, reader.person.roles), house.doctor)
    with pytest.raises(Refused, match="reviewed already"):
        house.do(review, house.officer)


def test_nobody_reviews_their_own(house: House) -> None:
    both = person("Bo", rights_of(["doctor"]) | {"privacy.review"}, ["doctor"])
    house.people = (both,)
    house.write(house._accounts)
    glass = house.breaks(both)
    with pytest.raises(Refused, match="themselves"):
        house.do(partial(service_restricted.review_glass, glass=glass, verdict="justified", words="Fine"), both)


def test_restricting_says_why_and_who_answers_and_is_lifted_with_a_reason(house: House) -> None:
    again = partial(service_restricted.restrict, patient=house.patient, kind="staff", reason="Works here",
                    owner=house.doctor.person.id)  # fmt: skip
    with pytest.raises(Refused, match="already"):
        house.do(again)
    lift = partial(service_restricted.lift_restriction, restriction=house.restriction)
    with pytest.raises(BadInput):
        house.do(partial(lift, reason=" "))
    house.do(partial(lift, reason="Asked for it"))
    with pytest.raises(Refused, match="lifted already"):
        house.do(partial(lift, reason="Again"))
    assert house.listed(house.clerk).startswith("Okonkwo")
    for wrong, field in (({"kind": "other"}, "kind"), ({"reason": ""}, "reason"), ({"owner": UUID(int=9)}, "owner")):
        with pytest.raises(BadInput) as told:
            house.do(partial(again, **wrong))
        assert told.value.field == field
    house.do(again)
    with pytest.raises(NotAllowed):
        house.do(again, house.clerk)
    with pytest.raises(NotFound):
        house.do(partial(again, patient=UUID(int=5)))
    history = house.ask(lambda r: queries_restricted.restriction_history(r, one_person(r, house.patient).charts))
    assert [(row.kind, row.ended_why, row.ended_by) for row in history] == [
        ("vip", "Asked for it", "Mara"), ("staff", "", ""),
    ]  # fmt: skip
    assert [row.kind for row in house.ask(queries_restricted.all_restrictions, house.officer)] == ["staff"]
    with pytest.raises(NotAllowed):
        house.ask(queries_restricted.all_restrictions, house.clerk)


def test_a_joined_chart_is_restricted_with_the_other(house: House) -> None:
    other = house.do(partial(service.register, written=Registration(**AMARA)), house.manager)
    link = partial(service.link_charts, survivor=other, replaced=house.patient, reason="The same person")
    house.do(link, person("Link", {"patient.link", "patient.restricted"}))
    shown = house.ask(lambda reader: names(reader, [other, house.patient]), house.clerk)
    assert {name.listed for name in shown.values()} == {"Restricted patient"}


def test_who_may_own_a_record_is_anybody_who_works_here(house: House) -> None:
    assert [name for _id, name in house.ask(queries_restricted.owners)] == sorted(p.person.name for p in house.people)
    assert house.ask(lambda reader: reader.scalar(select(Task.id))) is None

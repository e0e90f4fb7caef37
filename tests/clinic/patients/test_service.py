# SPDX-License-Identifier: Apache-2.0
"""Registering, completing, joining and parting charts, flags, contacts written down, tasks."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from hms_desktop.clinic.patients import queries, queries_look_alikes, queries_people, service
from hms_desktop.clinic.patients.events import ChartsLinked, ChartsUnlinked, PatientDetailsChanged, PatientRegistered
from hms_desktop.clinic.patients.model import LookAlikeDecision, Patient, PatientAmendment, PatientLink, Task
from hms_desktop.clinic.patients.service import LookAlikeChoice
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.core.events import Event
from hms_desktop.core.ids import is_human_number
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import ADAEZE, AMARA, CHIDI, JOSE, register, written
from tests.desk import Desk, person, rights_of


def heard(tmp_path: Path) -> tuple[Desk, list[Event]]:
    """A desk whose reactions only listen."""
    events: list[Event] = []

    def listen(unit: Unit, event: Event) -> None:
        events.append(event)

    acting = person("Zanele Ndlovu", rights_of(["receptionist"]), ["receptionist"])
    return Desk(tmp_path, acting, author=7, react=listen), events


def test_a_patient_is_registered_with_everything_that_was_written(desk: Desk) -> None:
    patient = register(
        desk,
        **AMARA,
        email="amara@example.org",
        line="4 Mill Road",
        city="Riverbend",
        guardian="Chidi Okonkwo",
        identifiers=(("passport", "a 1234567"),),
        language="en",
    )
    page = desk.ask(partial(queries.record_page, patient=patient))
    assert page.banner.name.full == "OKONKWO, Amara (Mrs)"
    assert (page.banner.name.birth, page.banner.name.age) == ("14-Mar-1979", "47 y")
    assert is_human_number(page.banner.name.mrn, "MRN")
    assert [(i.system, i.value) for i in page.identifiers] == [("passport", "A1234567")]
    assert {c.kind: c.shown for c in page.contacts} == {
        "phone": "082 555 0147",
        "email": "amara@example.org",
        "address": "4 Mill Road, Riverbend",
        "next_of_kin": "Chidi Okonkwo",
    }
    assert page.banner.saved_here and not page.banner.doubts


def test_an_unknown_person_is_registered_and_completed_later(desk: Desk) -> None:
    patient = register(desk, name_known=False, sex="male", born="1976", born_estimated=True)
    top = desk.ask(partial(queries.banner, patient=patient))
    assert top.temporary and top.name.full == "Unknown male" and top.name.age == "about 50 y"
    desk.do(partial(service.change_details, patient=patient, written=written(**CHIDI | {"phone": None})))
    top = desk.ask(partial(queries.banner, patient=patient))
    assert not top.temporary and top.name.listed == "Okonjo, Chidi" and top.name.age == "41 y"


def test_nothing_is_written_when_something_is_wrong(desk: Desk) -> None:
    with pytest.raises(BadInput, match="birth date"):
        register(desk, family="Okonkwo", sex="female")
    register(desk, **AMARA, identifiers=(("passport", "A1234567"),))
    with pytest.raises(Refused, match="belongs to MRN-"):
        register(desk, **CHIDI, identifiers=(("passport", "A1234567"),))
    assert desk.ask(lambda r: r.scalar(select(func.count()).select_from(Patient))) == 1


def test_record_numbers_have_no_gap_and_are_never_used_twice(desk: Desk) -> None:
    register(desk, **AMARA)
    with pytest.raises(BadInput):
        register(desk, family="Nobody")
    register(desk, **CHIDI)
    numbers = [r.mrn for r in desk.ask(lambda r: r.rows(select(Patient.mrn).order_by(Patient.mrn)))]
    assert [n.split("-")[2] for n in numbers] == ["00001", "00002"]


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    desk, events = heard(tmp_path)
    patient = register(desk, **AMARA)
    desk.do(partial(service.change_details, patient=patient, written=written()))
    with pytest.raises(BadInput, match="Say why"):
        desk.do(partial(service.change_details, patient=patient, written=written(born="1979-03-15")))
    corrected = partial(service.change_details, patient=patient, written=written(born="1979-03-15"))
    desk.do(partial(corrected, reason="Read from her passport"))
    note = desk.ask(lambda r: r.one(select(PatientAmendment.__table__)))
    assert (note.what, note.before, note.reason) == ("birth", {"born": "1979-03-14"}, "Read from her passport")
    assert desk.ask(partial(queries.banner, patient=patient)).name.amended == {"birth"}
    assert [type(e) for e in events] == [PatientRegistered, PatientDetailsChanged]
    assert isinstance(events[1], PatientDetailsChanged) and events[1].what == ("birth",)
    with pytest.raises(BadInput):
        desk.do(partial(service.change_details, patient=patient, written=written(born="2030")))


def test_two_charts_become_one_person_and_come_apart_again(tmp_path: Path) -> None:
    desk, events = heard(tmp_path)
    kept, other = register(desk, **AMARA), register(desk, **ADAEZE)
    number = desk.ask(lambda r: r.get(Patient, other)).mrn
    link = desk.do(partial(service.link_charts, survivor=kept, replaced=other, reason="Same passport"))
    person_now = desk.ask(partial(queries_people.one_person, patient=other))
    assert person_now.survivor == kept and set(person_now.charts) == {kept, other}
    page = desk.ask(partial(queries.record_page, patient=other))
    assert page.banner.name.patient == kept and page.banner.old_numbers == (number,)
    assert [(j.link, j.mrn, j.reason) for j in page.joined] == [(link, number, "Same passport")]
    assert desk.ask(partial(queries_people.by_number, mrn=number.lower())) == kept
    with pytest.raises(Refused, match="already joined"):
        desk.do(partial(service.link_charts, survivor=other, replaced=kept, reason="again"))
    desk.do(partial(service.unlink_charts, link=link, reason="Mother and daughter"))
    assert desk.ask(partial(queries_people.one_person, patient=other)).charts == (other,)
    assert desk.ask(lambda r: r.get(Patient, other)).active
    with pytest.raises(Refused, match="already taken back"):
        desk.do(partial(service.unlink_charts, link=link, reason="again"))
    assert [type(e) for e in events[2:]] == [ChartsLinked, ChartsUnlinked]


def test_three_charts_joined_one_after_another_are_one_person(desk: Desk) -> None:
    a, b, c = register(desk, **AMARA), register(desk, **ADAEZE), register(desk, **CHIDI)
    desk.do(partial(service.link_charts, survivor=b, replaced=c, reason="same"))
    desk.do(partial(service.link_charts, survivor=a, replaced=c, reason="same"))
    for chart in (a, b, c):
        found = desk.ask(partial(queries_people.one_person, patient=chart))
        assert found.survivor == a and set(found.charts) == {a, b, c}


def test_links_made_in_both_directions_leave_one_survivor(desk: Desk) -> None:
    a, b = register(desk, **AMARA), register(desk, **ADAEZE)

    def both(unit: Unit) -> None:
        unit.action = "test"
        for survivor, replaced in ((a, b), (b, a)):
            unit.add(PatientLink, survivor=survivor, replaced=replaced, reason="same", by=unit.person.id)

    desk.do(both)
    assert len({desk.ask(partial(queries_people.one_person, patient=p)).survivor for p in (a, b)}) == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_joining_needs_a_reason_and_two_charts(desk: Desk, reason: str) -> None:
    a, b = register(desk, **AMARA), register(desk, **ADAEZE)
    with pytest.raises(BadInput, match="reason"):
        desk.do(partial(service.link_charts, survivor=a, replaced=b, reason=reason))
    with pytest.raises(Refused, match="itself"):
        desk.do(partial(service.link_charts, survivor=a, replaced=a, reason="same"))


def test_a_look_alike_said_to_be_another_person_is_not_asked_again(desk: Desk) -> None:
    first = register(desk, **AMARA)
    choice = LookAlikeChoice(first, "different", "Twin sister")
    second = desk.do(partial(service.register, written=written(given="Amarah"), look_alikes=(choice,)))
    assert not desk.ask(partial(queries_look_alikes.look_alikes_of, patient=second))
    assert not desk.ask(partial(queries_look_alikes.look_alikes_of, patient=first))
    assert desk.ask(lambda r: r.scalar(select(LookAlikeDecision.reason))) == "Twin sister"


def test_a_look_alike_flagged_for_review_makes_one_task(desk: Desk) -> None:
    first, second = register(desk, **AMARA), register(desk, **AMARA)
    decided = LookAlikeChoice(first, "review", "Not sure")
    desk.do(partial(service.decide_look_alike, patient=second, decided=decided))
    desk.do(partial(service.decide_look_alike, patient=second, decided=decided))
    (task,) = desk.ask(partial(queries.tasks, roles=["receptionist"]))
    assert (task.kind, task.subject, task.status) == ("review_look_alike", first, "requested")
    assert desk.ask(partial(queries_look_alikes.look_alikes_of, patient=second))


def test_choices_need_a_reason(desk: Desk) -> None:
    first = register(desk, **AMARA)
    with pytest.raises(BadInput, match="reason"):
        desk.do(partial(service.register, written=written(), look_alikes=(LookAlikeChoice(first, "different", " "),)))
    assert desk.ask(lambda r: r.scalar(select(func.count()).select_from(Patient))) == 1


def test_flags_stand_on_the_banner_worst_first(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    desk.do(partial(service.raise_flag, patient=patient, kind="note", text="Brings her dog"))
    safety = desk.do(partial(service.raise_flag, patient=patient, kind="safety", text="Falls"))
    assert desk.ask(partial(queries.banner, patient=patient)).flags == ("Falls", "Brings her dog")
    desk.do(partial(service.lower_flag, flag=safety, reason="Walks safely"))
    assert desk.ask(partial(queries.banner, patient=patient)).flags == ("Brings her dog",)
    with pytest.raises(BadInput):
        desk.do(partial(service.raise_flag, patient=patient, kind="note", text=" "))


def test_a_death_is_recorded_and_taken_back(desk: Desk) -> None:
    patient = register(desk, **JOSE)
    desk.do(partial(service.record_death, patient=patient, on="2020-06-01"))
    name = desk.ask(partial(queries.banner, patient=patient)).name
    assert (name.deceased_on, name.age) == ("2020-06-01", "about 70 y")
    desk.do(partial(service.take_back_death, patient=patient, reason="Another chart"))
    assert desk.ask(partial(queries.banner, patient=patient)).name.deceased_on is None


def test_a_call_is_written_down_with_its_follow_up(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    due = desk.ask(lambda r: r.now) - timedelta(hours=1)
    desk.do(
        partial(
            service.log_interaction,
            patient=patient,
            kind="phone",
            text="Asked for a letter",
            outcome="Will write",
            follow_up="Write the letter",
            due=due,
        )
    )
    (task,) = desk.ask(partial(queries.tasks, roles=["receptionist"]))
    assert task.late and task.title == "Write the letter" and task.patient and task.patient.patient == patient
    with pytest.raises(BadInput):
        desk.do(partial(service.log_interaction, patient=patient, kind="phone", text=""))


def test_a_task_is_taken_finished_or_called_off(desk: Desk) -> None:
    first = desk.do(partial(service.give_task, title="Call the insurer", role="receptionist"))
    desk.do(partial(service.take_task, task=first))
    assert desk.ask(lambda r: r.get(Task, first)).owner == desk.acting.person.id
    desk.do(partial(service.finish_task, task=first, outcome="Covered"))
    with pytest.raises(Refused, match="already completed"):
        desk.do(partial(service.cancel_task, task=first, reason="late"))
    second = desk.do(partial(service.give_task, title="Order paper", role="receptionist"))
    with pytest.raises(BadInput):
        desk.do(partial(service.cancel_task, task=second, reason=""))
    desk.do(partial(service.cancel_task, task=second, reason="Came today"))
    assert not desk.ask(partial(queries.tasks, roles=["receptionist"]))
    assert len(desk.ask(partial(queries.tasks, roles=["receptionist"], done=True))) == 2
    with pytest.raises(BadInput):
        desk.do(partial(service.give_task, title=" ", role="receptionist"))


def test_finding_and_opening_are_noted_before_anything_is_shown(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    found = desk.do(partial(service.find_patients, text="okonkwo"))
    assert [h.patient for h in found.hits] == [patient]
    desk.do(partial(service.open_record, patient=patient))
    looks = desk.ask(lambda r: r.rows(select(AccessEvent.__table__).order_by(AccessEvent.id)))
    assert [(a.kind, a.patient, a._mapping["count"]) for a in looks] == [("search", None, 1), ("chart", patient, 1)]
    assert "okonkwo" not in str(looks).casefold()


def test_what_is_not_here_is_not_found(desk: Desk) -> None:
    nobody = desk.store.ids.new()
    with pytest.raises(NotFound):
        desk.do(partial(service.open_record, patient=nobody))
    assert desk.ask(partial(queries_people.by_number, mrn="MRN-001-00001-0")) is None
    assert desk.ask(lambda r: r.rows(select(AccessEvent.id))) == []


@pytest.mark.parametrize(
    "act",
    [
        partial(service.register, written=written()),
        partial(service.find_patients, text="x"),
        partial(service.give_task, title="x", role="nurse"),
    ],
)
def test_nobody_acts_without_the_right(desk: Desk, act: Any) -> None:
    with pytest.raises(NotAllowed):
        desk.do(act, person("Nobody", []))

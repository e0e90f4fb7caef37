# SPDX-License-Identifier: Apache-2.0
"""Whose inbox a critical value is in, who is on call, and how the report counts what was told, late or open."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.ehr.service_visits import finish_visit
from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.queries_compliance import CriticalReport, critical_report
from hms_desktop.clinic.lab.queries_on_call import on_call
from hms_desktop.clinic.lab.rules_results import answer_flag
from hms_desktop.clinic.staff.model import Practitioner, SessionTemplate
from hms_desktop.core.errors import BadInput
from hms_desktop.security.accounts import Account
from tests.clinic.ehr.practice import by_role, now
from tests.clinic.lab.laboratory import Laboratory


@pytest.fixture
def colleague(lab: Laboratory) -> Any:
    """A second doctor, whose session runs from 09:00 to 10:00 on the day of the test."""
    who = by_role("Nadia Haddad", "doctor")
    facts = {"needs_code": False, "statement": b"-", "wrapped": b"-", "active": True}
    account = {"id": who.person.id, "login": who.person.login, "name": who.person.name, "roles": ["doctor"]}
    lab.add(Account, **account, **facts)
    person = lab.add(Practitioner, family="Haddad", given="Nadia", account=who.person.id, active=True)
    at = lab.ask(now)
    hours = {"starts": "09:00", "ends": "10:00", "slot_minutes": 20, "capacity": 1, "service": "General practice"}
    lab.add(SessionTemplate, practitioner=person, weekday=at.weekday(), valid_from=at.date(), **hours)
    return who


def critical(lab: Laboratory, value: str = "7.1", family: str = "Okonkwo") -> tuple[UUID, UUID]:
    """A stat potassium: its order and result."""
    order = lab.ordered(lab.patient(family), "K", "stat")
    return order, lab.entered(lab.received(order), order, K=value)[0]


def report(lab: Laboratory) -> CriticalReport:
    """The report of a day."""
    at = lab.ask(now)
    return lab.ask(critical_report, at - timedelta(days=1), at + timedelta(minutes=1), who=lab.technologist)


def test_on_call_is_whose_session_runs_else_every_doctor(lab: Laboratory, colleague: Any) -> None:
    assert lab.ask(on_call) == {colleague.person.id}
    lab.later(hours=2)
    assert lab.ask(on_call) == {colleague.person.id, lab.doctor.person.id}


def test_the_orderer_has_it_at_once_and_who_is_on_call_when_time_ran_out(lab: Laboratory, colleague: Any) -> None:
    order, result = critical(lab)

    def inbox(who: Any) -> list[tuple[UUID, bool]]:
        return [(row.order, row.overdue) for row in lab.ask(queries.critical_rows, who=who)]

    assert inbox(lab.doctor) == [(order, False)]
    assert inbox(colleague) == [(order, False)], "the orderer is not on call now: who is has it too"
    assert inbox(lab.trainee) == []
    assert lab.ask(queries.critical_rows, who=colleague)[0].ordered_by == "Thabo Mbeki"
    lab.later(minutes=40)
    assert inbox(colleague) == [(order, True)]
    assert next(one.name for one in lab.ask(queries.call_list, result, who=lab.technologist)) == "Nadia Haddad"
    lab.told(result, "7.1")
    assert inbox(lab.doctor) == inbox(colleague) == []


def test_the_report_tells_in_time_late_waiting_overdue_and_corrected(lab: Laboratory) -> None:
    assert (report(lab).percent, report(lab).median_minutes, report(lab).rows) == (None, None, ())
    _order, told = critical(lab, family="Told")
    lab.later(minutes=5)
    lab.told(told, "7.1")
    _order, late = critical(lab, family="Late")
    order, _wrong = critical(lab, "1.9", family="Wrong")
    lab.entered(lab.ask(queries.result, _wrong).specimen, order, K="4.9")
    _order, mistake = critical(lab, "1.8", family="Mistake")
    lab.do(service.void_result, mistake, "Wrong tube", who=lab.technologist)
    _order, _overdue = critical(lab, family="Overdue")
    lab.later(minutes=45)
    lab.told(late, "7.1")
    critical(lab, family="Waiting")
    found = report(lab)
    states = {row.patient.family if row.patient else "": row.state for row in found.rows}
    assert states == {
        "Told": "in-time", "Late": "late", "Wrong": "replaced", "Mistake": "mistake", "Overdue": "overdue",
        "Waiting": "waiting",
    }  # fmt: skip
    assert (found.owed, found.due, found.percent, found.median_minutes) == (4, 3, 33, 5)
    assert next(row.value for row in found.rows if row.state == "replaced") == "1.9", "as it was found"


@pytest.mark.hazard("H12")
def test_a_correction_after_the_visit_ended_reaches_who_is_on_call(lab: Laboratory, colleague: Any) -> None:
    patient = lab.patient()
    visit = lab.visit(patient)
    order, result, _release = lab.released(patient, encounter=visit)
    lab.do(finish_visit, visit)
    new = lab.do(service.correct_result, result, Decimal("5.0"), "Mixed up", who=lab.verifier)
    other = by_role("Anna Meyer", "lab_verifier")
    lab.do(service.verify, [new], who=lab.second)
    lab.do(service.validate, [new], who=other)
    lab.do(service.release, order, who=lab.verifier)
    for who in (lab.doctor, colleague):
        assert [row.corrected for row in lab.ask(queries.inbox, who=who)] == [True]
    assert lab.ask(queries.inbox, who=colleague)[0].ordered_by == "Thabo Mbeki"


def test_any_words_are_an_answer_only_where_the_catalogue_says_so(lab: Laboratory) -> None:
    listed = (("no growth", "N"), ("*", "A"))
    assert [answer_flag(listed, words) for words in ("no growth", "Candida", " ", "*")] == ["N", "A", None, None]
    assert answer_flag((("positive", "A"),), "perhaps") is None
    order = lab.ordered(lab.patient(), "UCULT")
    specimen = lab.received(order)
    with pytest.raises(BadInput, match="choose one of the answers"):
        lab.do(service.enter_results, specimen, order, {"UCCNT": "many"}, who=lab.technologist)
    lab.do(service.enter_results, specimen, order, {"UCORG": "Candida albicans"}, who=lab.technologist)
    line = next(line for line in lab.sheet(order).lines if line.test.code == "UCORG")
    assert line.result is not None and (line.result.text, line.result.flag) == ("Candida albicans", "A")

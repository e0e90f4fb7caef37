# SPDX-License-Identifier: Apache-2.0
"""Looks that need a question are found among many that don't, each with what is odd about it, and settled once."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from hms_desktop.clinic.patients.service_restricted import restrict
from hms_desktop.clinic.privacy import service
from hms_desktop.clinic.privacy.queries_looks import Question, open_questions, questions
from hms_desktop.clinic.privacy.rules_looks import FLAGS, Subject, Ties, Worker, flags, home_key, near
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.security.roles import policy
from hms_desktop.storage.reader import Reader
from tests.clinic.privacy.crowd import DAY_MS, SPAN_DAYS, Crowd, gather, plant, pour_looks
from tests.desk import MONDAY_09_00, Desk, person

OFFICER = person("Pia", policy().permissions)
ON = date(2026, 11, 23)


def found(desk: Desk) -> tuple[Question, ...]:
    def ask(reader: Reader) -> tuple[Question, ...]:
        return questions(reader, reader.now - timedelta(days=SPAN_DAYS + 1), reader.now + timedelta(minutes=1))

    return desk.ask(ask)


@pytest.mark.parametrize("looks", [3_000, pytest.param(100_000, marks=pytest.mark.proof)])
def test_twenty_snoops_are_found_and_nobody_else(tmp_path: Path, looks: int) -> None:
    desk = Desk(tmp_path, OFFICER)
    crowd = gather(desk.store, looks // 20, looks - 20)
    planted = plant(crowd)
    for patient in crowd.restricted:
        desk.do(partial(restrict, patient=patient, kind="vip", reason="In the news", owner=crowd.workers[-1]))
    pour_looks(crowd)
    asked = found(desk)
    assert {(q.viewer, q.patient): q.flags for q in asked} == planted and len(planted) == 20
    assert open_questions(asked) == 18 and asked[-1].flags == ("no_relation",)
    assert all(q.record.startswith("P") and q.name.startswith("Worker") and q.looks == 1 for q in asked)
    desk.store.close()


def small(tmp_path: Path) -> tuple[Desk, Crowd, Question]:
    """A desk with one question that is about a colleague."""
    desk = Desk(tmp_path, OFFICER)
    crowd = gather(desk.store, 20, 0)
    crowd.looks.append((crowd.workers[0], crowd.charts[1], MONDAY_09_00 - DAY_MS))
    pour_looks(crowd)
    (question,) = found(desk)
    return desk, crowd, question


def test_a_question_is_settled_with_a_reason_and_keeps_it(tmp_path: Path) -> None:
    desk, _crowd, question = small(tmp_path)
    act = partial(service.settle_look, viewer=question.viewer, patient=question.patient, on=question.on)
    with pytest.raises(BadInput, match="few words"):
        desk.do(partial(act, outcome="talked", words=" "))
    with pytest.raises(BadInput, match="what you found"):
        desk.do(partial(act, outcome="forgiven", words="x"))
    desk.do(partial(act, outcome="talked", words="Spoke with her on Tuesday"))
    (settled,) = found(desk)
    assert (settled.outcome, settled.words, settled.key) == ("talked", "Spoke with her on Tuesday", question.key)
    assert open_questions([settled]) == 0
    desk.store.close()


def test_nobody_settles_their_own_and_only_who_answers_for_it(tmp_path: Path) -> None:
    desk, _crowd, question = small(tmp_path)
    own = partial(service.settle_look, viewer=OFFICER.person.id, patient=question.patient, on=ON)
    with pytest.raises(Refused, match="themselves"):
        desk.do(partial(own, outcome="justified", words="It was me"))
    with pytest.raises(NotAllowed):
        desk.do(partial(own, outcome="justified", words="x"), person("Curious", {"patient.read"}))
    with pytest.raises(NotAllowed):
        desk.ask(lambda reader: questions(reader, reader.now, reader.now), person("Curious", {"patient.read"}))
    desk.store.close()


def test_a_chart_that_was_named_as_a_colleagues_counts_like_one_of_their_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path, OFFICER)
    crowd = gather(desk.store, 20, 0)
    other = crowd.patients[3]
    crowd.looks.append((crowd.workers[5], other, MONDAY_09_00 - DAY_MS))
    pour_looks(crowd)
    before = {q.patient: q.flags for q in found(desk)}
    desk.do(partial(service.name_staff_chart, account=crowd.workers[6], patient=other))
    assert {q.patient: q.flags for q in found(desk)}[other][0] == "colleague"
    desk.do(partial(service.name_staff_chart, account=None, patient=other))
    assert {q.patient: q.flags for q in found(desk)} == before
    with pytest.raises(NotFound):
        desk.do(partial(service.name_staff_chart, account=UUID(int=1), patient=other))
    desk.store.close()


def test_what_asks_and_what_does_not() -> None:
    account, chart = UUID(int=1), UUID(int=2)
    worker = Worker(account, "ndlovu", "zanele", frozenset({chart}), frozenset({"home"}))
    other = Subject(UUID(int=3), "ndlovu", frozenset({"home"}), UUID(int=9), True)
    assert flags(worker, other, Ties(), ON) == FLAGS[1:]
    assert flags(worker, other, Ties(own=[ON]), ON) == ()
    assert flags(worker, Subject(chart), Ties(own=[ON]), ON) == ("own",)
    assert flags(worker, Subject(UUID(int=4), worker=account), Ties(), ON) == ("own",)
    assert flags(Worker(account), Subject(UUID(int=5)), Ties(clinic=[ON]), ON) == ()
    assert near([ON], ON - timedelta(days=30)) and not near([ON], ON - timedelta(days=31))
    assert near([ON], ON + timedelta(days=14)) and not near([ON], ON + timedelta(days=15))
    assert home_key("4 Mill Rd.", "7700") == home_key("4 MILL RD", "7700") != "" and home_key("4", None) == ""

# SPDX-License-Identifier: Apache-2.0
"""Patients ask: amendments with a term and one extension, releases that become disclosures; who looked, what left."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.privacy import service
from hms_desktop.clinic.privacy.queries import RequestRow, disclosures, looks_at, requests, waiting_requests
from hms_desktop.clinic.privacy.rules import STATES, WINS, deadline, ground_word, request_word, state_word
from hms_desktop.clinic.privacy.service import Asked, Sent
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.documents import printing
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.roles import policy
from tests.clinic.patients.people import AMARA
from tests.clinic.patients.people import register as registered
from tests.desk import MONDAY_09_00, Desk, person, rights_of
from tests.documents.samples import whole

DAY_MS = 86_400_000
TODAY = date(2026, 11, 23)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, person("Pia", policy().permissions), clock=SetClock(MONDAY_09_00))


@pytest.fixture
def patient(desk: Desk) -> UUID:
    return registered(desk, **AMARA)


def take(desk: Desk, patient: UUID, kind: str = "amendment", **more: object) -> UUID:
    asked = Asked(kind, TODAY, "Amara herself", "The allergy to penicillin is wrong", **more)  # type: ignore[arg-type]
    return desk.do(partial(service.take_request, patient=patient, asked=asked))


def only(desk: Desk) -> RequestRow:
    (row,) = desk.ask(requests)
    return row


def test_an_amendment_has_sixty_days_and_one_extension_of_thirty(desk: Desk, patient: UUID) -> None:
    request = take(desk, patient)
    row = only(desk)
    assert (row.due, row.left, row.status, row.may_extend) == (date(2027, 1, 22), 60, "open", True)
    assert not row.soon and desk.ask(waiting_requests) == 0
    desk.clock.ms += 55 * DAY_MS  # type: ignore[attr-defined]
    assert only(desk).left == 5 and only(desk).soon and desk.ask(waiting_requests) == 1
    extend = partial(service.extend_request, request=request, reason="The doctor who wrote it is away")
    desk.do(extend)
    assert (only(desk).due, only(desk).left) == (date(2027, 2, 21), 35) and not only(desk).may_extend
    with pytest.raises(Refused, match="one extension"):
        desk.do(extend)
    desk.clock.ms += 40 * DAY_MS  # type: ignore[attr-defined]
    assert only(desk).left == -5 and desk.ask(waiting_requests) == 1


def test_after_the_first_term_there_is_no_extension(desk: Desk, patient: UUID) -> None:
    request = take(desk, patient)
    desk.clock.ms += 61 * DAY_MS  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="60 days were over on 22-Jan-2027"):
        desk.do(partial(service.extend_request, request=request, reason="Late"))
    assert not only(desk).may_extend


def test_a_granted_amendment_is_a_doctors_task_and_is_answered_once(desk: Desk, patient: UUID) -> None:
    request = take(desk, patient)
    desk.do(partial(service.grant_request, request=request, words="It was her sister's"))
    assert (only(desk).status, only(desk).decided_on) == ("granted", TODAY)
    (task,) = desk.ask(lambda reader: reader.rows(Task.__table__.select()))
    assert task.role == "doctor" and task.subject == request and "penicillin" in task.title
    for again in (
        partial(service.grant_request, request=request, words="x"),
        partial(service.deny_request, request=request, ground="accurate", words="x"),
        partial(service.withdraw_request, request=request, words="x"),
        partial(service.extend_request, request=request, reason="x"),
    ):
        with pytest.raises(Refused, match="answered already"):
            desk.do(again)


def test_a_denial_has_a_ground_and_the_patient_may_disagree(desk: Desk, patient: UUID) -> None:
    request = take(desk, patient)
    with pytest.raises(Refused, match="Answer the request first"):
        desk.do(partial(service.disagree, request=request, words="I do not agree"))
    with pytest.raises(BadInput, match="ground"):
        desk.do(partial(service.deny_request, request=request, ground="lazy", words="x"))
    desk.do(partial(service.deny_request, request=request, ground="accurate", words="The test of 2024 shows it"))
    desk.do(partial(service.disagree, request=request, words="The test was another's"))
    row = only(desk)
    assert (row.status, ground_word(row.ground), row.disagreement) == (
        "denied", "Accurate and complete as it is", "The test was another's",
    )  # fmt: skip


def test_a_release_to_somebody_else_is_a_disclosure_under_the_authorisation(desk: Desk, patient: UUID) -> None:
    request = take(desk, patient, "release", recipient="Dr Botha", address="2 Hill Street", authorised_until=TODAY)
    desk.do(partial(service.grant_request, request=request, words="Sent", way="post"))
    (row,) = desk.ask(partial(disclosures, patient=patient))
    assert (row.name, row.address, row.basis, row.way, row.counted) == (
        "Dr Botha", "2 Hill Street", "authorisation", "post", False,
    )  # fmt: skip
    late = take(desk, patient, "release", recipient="Dr Botha", authorised_until=TODAY - timedelta(days=1))
    with pytest.raises(Refused, match="ended on 22-Nov-2026"):
        desk.do(partial(service.grant_request, request=late, words="Sent"))
    own = take(desk, patient, "release")
    desk.do(partial(service.grant_request, request=own, words="Handed over"))
    assert [d.recipient for d in desk.ask(disclosures)].count("patient") == 1
    assert [r.status for r in desk.ask(requests)].count("open") == 1


def test_what_is_taken_is_checked(desk: Desk, patient: UUID) -> None:
    tomorrow = Asked("amendment", TODAY + timedelta(days=1), "Amara", "x")
    for asked, told in (
        (tomorrow, "still to come"), (Asked("wish", TODAY, "Amara", "x"), "asked for"),
        (Asked("release", TODAY, "Amara", " "), "few words"), (Asked("release", TODAY, "Amara", "x" * 1001), "at most"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=told):
            desk.do(partial(service.take_request, patient=patient, asked=asked))
    for sent, told in (
        (Sent("nobody", "x", "other", "post"), "one of the list"), (Sent("court", "x", "court", "post"), "who got it"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=told):
            desk.do(partial(service.record_disclosure, patient=patient, sent=sent))
    curious = person("Curious", {"patient.read"})
    for query in (requests, disclosures, partial(looks_at, patient=patient)):
        with pytest.raises(NotAllowed):
            desk.ask(query, curious)


def test_two_answers_that_met_keep_what_is_best_for_the_patient() -> None:
    assert WINS[frozenset({"open", "denied"})] == "denied" and WINS[frozenset({"denied", "granted"})] == "granted"
    assert deadline("release", TODAY, extended=True) == TODAY + timedelta(days=60)
    assert {state_word(state) for state in STATES} == {"Open", "Granted", "Denied", "Withdrawn"}
    assert request_word("release") == "Release of information"


def test_the_accounting_lists_what_must_be_listed_and_the_paper_says_both(desk: Desk, patient: UUID) -> None:
    for sent in (
        Sent("authority", "Notifiable disease report", "public_health", "electronic", "Department of Health", "1 Hill"),
        Sent("payer", "Claim", "payment", "electronic", "Umoya"),
    ):
        desk.do(partial(service.record_disclosure, patient=patient, sent=sent))
    assert [row.name for row in desk.ask(partial(disclosures, patient=patient, counted=True))] == [
        "Department of Health"
    ]
    shown = desk.do(partial(printing.preview, kind="accounting", subject=patient))
    text = whole(shown.pdf)
    assert "Department of Health, 1 Hill" in text and "Also released" in text and "Umoya" in text
    assert "other than for treatment" in text and not shown.copy


def test_every_paper_for_the_patient_leaves_a_line_and_a_file_is_an_export(desk: Desk, patient: UUID) -> None:
    shown = desk.do(partial(printing.preview, kind="access-report", subject=patient))
    asked = printing.Asked("access-report", patient)
    handed = desk.do(partial(printing.printed, asked=asked, way="file", seen=shown.drawn))
    assert whole(handed.data) == whole(shown.pdf), "with the looks that were seen on it, not the one at it"
    (left,) = desk.ask(disclosures)
    assert (left.recipient, left.what, left.way, left.basis) == ("patient", "access-report", "file", "patient")
    kinds = [row.kind for row in desk.ask(lambda r: r.rows(AccessEvent.__table__.select()))]
    assert kinds == ["document", "export"]


def test_the_access_report_says_who_where_when_and_why_and_is_a_look_itself(desk: Desk, patient: UUID) -> None:
    nurse = person("Zanele", rights_of(["nurse"]), ["nurse"])
    desk.do(partial(register.open_record, patient=patient), nurse)
    report = desk.do(partial(service.open_report, patient=patient))
    assert [(look.kind, look.detail, look.purpose) for look in report.looks] == [
        ("document", "access report", "operations"), ("chart", "patient page", "treatment"),
    ]  # fmt: skip
    assert all(look.station for look in report.looks) and report.people == 1
    text = whole(desk.do(partial(printing.preview, kind="access-report", subject=patient)).pdf)
    assert "Who looked at this record" in text and "Patient page" in text and "Treatment" in text


def test_nobody_looked_is_said_too(desk: Desk, patient: UUID) -> None:
    report = desk.ask(partial(looks_at, patient=patient))
    assert report.looks == () and report.record

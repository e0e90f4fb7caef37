# SPDX-License-Identifier: Apache-2.0
"""What a privacy officer does: show who looked, write down what left, answer patients, settle questions about looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_people import clinic_day, one_person
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.clinic.privacy.model import Disclosure, LookReview, PrivacyRequest, StaffChart
from hms_desktop.clinic.privacy.queries import AccessReport, looks_at
from hms_desktop.clinic.privacy.rules import (
    BASES,
    GROUNDS,
    RECIPIENTS,
    REQUESTS,
    STEPS,
    TERM_DAYS,
    WAYS,
    deadline,
    may_extend,
)
from hms_desktop.clinic.privacy.rules_looks import OUTCOMES
from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

LONGEST = 1000


@dataclass(frozen=True)
class Sent:
    """Something that left the clinic: who got it, what it was, why, on what basis, and how it went."""

    recipient: str
    what: str
    basis: str
    way: str
    name: str | None = None
    address: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request as it was taken; `recipient` and `address` are whom a release is for, when it is not the patient."""

    kind: str
    asked_on: date
    asked_by: str
    what: str
    why: str | None = None
    recipient: str | None = None
    address: str | None = None
    authorised_until: date | None = None


@action("privacy.open_report", needs="privacy.read")
def open_report(unit: Unit, *, patient: UUID) -> AccessReport:
    """Show who looked at a patient; that is a look, too, and is written down first."""
    record_access(unit, "document", one_person(unit, patient).survivor, "access report", purpose="operations")
    return looks_at(unit, patient)


@action("privacy.record_disclosure", needs="disclosure.record")
def record_disclosure(unit: Unit, *, patient: UUID, sent: Sent, source: UUID | None = None) -> UUID:
    """Write down that health information left the clinic: to whom, what, why and how."""
    for value, known, field in (
        (sent.recipient, RECIPIENTS, "recipient"), (sent.basis, BASES, "basis"), (sent.way, WAYS, "way"),
    ):  # fmt: skip
        if value not in known:
            raise BadInput(_("Choose one of the list."), field)
    if sent.recipient != "patient" and not (sent.name or "").strip():
        raise BadInput(_("Say who got it."), "name")
    unit.get(Patient, patient)
    return unit.add(
        Disclosure, patient=one_person(unit, patient).survivor, at=unit.now, recipient=sent.recipient,
        name=_or_none(sent.name), address=_or_none(sent.address), what=_said(sent.what, "what"),
        why=_or_none(sent.why), basis=sent.basis, way=sent.way, by=unit.person.id, source=source,
    )  # fmt: skip


@action("privacy.take_request", needs="privacy.request")
def take_request(unit: Unit, *, patient: UUID, asked: Asked) -> UUID:
    """Take a patient's request for an amendment or a release; its last day counts from the day on which they asked."""
    if asked.kind not in REQUESTS:
        raise BadInput(_("Choose what was asked for."), "kind")
    if asked.asked_on > clinic_day(unit):
        raise BadInput(_("This day is still to come."), "asked_on")
    unit.get(Patient, patient)
    return unit.add(
        PrivacyRequest, patient=one_person(unit, patient).survivor, kind=asked.kind, asked_on=asked.asked_on,
        asked_by=_said(asked.asked_by, "asked_by"), what=_said(asked.what, "what"), why=_or_none(asked.why),
        recipient=_or_none(asked.recipient), address=_or_none(asked.address),
        authorised_until=asked.authorised_until, status="open",
    )  # fmt: skip


@action("privacy.extend_request", needs="privacy.request")
def extend_request(unit: Unit, *, request: UUID, reason: str) -> None:
    """Take the one extension of 30 days, with the reason that the patient is told in writing."""
    row, today = unit.get(PrivacyRequest, request), clinic_day(unit)
    _must_be_open(row.status)
    if row.extended_on is not None:
        raise Refused(_("This request was extended already; there is one extension."))
    if not may_extend(row.kind, row.asked_on, today, extended=False):
        last = show_day(deadline(row.kind, row.asked_on, extended=False))
        raise Refused(_("Its {days} days were over on {day}: answer it now.").format(
            days=TERM_DAYS[row.kind], day=last))  # fmt: skip
    unit.change(PrivacyRequest, request, extended_on=today, extended_why=_said(reason, "reason"))


@action("privacy.grant_request", needs="privacy.request")
def grant_request(unit: Unit, *, request: UUID, words: str, way: str = "print") -> None:
    """Grant a request: a release is written down as a disclosure, an amendment becomes a task for a doctor."""
    row = unit.get(PrivacyRequest, request)
    said = _said(words, "words")
    today = _decide(unit, request, "granted", words=said)
    if row.kind == "amendment":
        title = _("Amend the record as granted: {what}").format(what=row.what)
        give_task(unit, title=title, role="doctor", patient=row.patient, subject=request,
                  subject_table="privacy_request")  # fmt: skip
        return
    if row.authorised_until is not None and row.authorised_until < today:
        raise Refused(_("The authorisation ended on {day}. Ask for a new one.").format(
            day=show_day(row.authorised_until)))  # fmt: skip
    to_another = row.recipient is not None
    sent = Sent(
        "other" if to_another else "patient", row.what, "authorisation" if to_another else "patient", way,
        row.recipient, row.address, row.why,
    )  # fmt: skip
    record_disclosure(unit, patient=row.patient, sent=sent, source=request)


@action("privacy.deny_request", needs="privacy.request")
def deny_request(unit: Unit, *, request: UUID, ground: str, words: str) -> None:
    """Deny a request, with the ground and the words that the patient is told in writing."""
    if ground not in GROUNDS:
        raise BadInput(_("Choose the ground."), "ground")
    _decide(unit, request, "denied", ground=ground, words=_said(words, "words"))


@action("privacy.withdraw_request", needs="privacy.request")
def withdraw_request(unit: Unit, *, request: UUID, words: str) -> None:
    """Write down that the patient took a request back."""
    _decide(unit, request, "withdrawn", words=_said(words, "words"))


@action("privacy.disagree", needs="privacy.request")
def disagree(unit: Unit, *, request: UUID, words: str) -> None:
    """Keep the patient's statement of disagreement with a denial; it goes along with the record from then on."""
    if unit.get(PrivacyRequest, request).status != "denied":
        raise Refused(_("A patient disagrees with what was denied. Answer the request first."))
    unit.change(PrivacyRequest, request, disagreement=_said(words, "words"))


@action("privacy.settle_look", needs="privacy.review")
def settle_look(unit: Unit, *, viewer: UUID, patient: UUID, on: date, outcome: str, words: str) -> UUID:
    """Settle the question about one person's looks at one patient on one day, with the reason; never one's own."""
    if outcome not in OUTCOMES:
        raise BadInput(_("Choose what you found."), "outcome")
    if viewer == unit.person.id:
        raise Refused(_("Nobody settles what they did themselves. Ask another privacy officer."))
    said = _said(words, "words")
    return unit.add(LookReview, viewer=viewer, patient=patient, on=on, outcome=outcome, words=said, by=unit.person.id)


@action("privacy.name_staff_chart", needs="privacy.review")
def name_staff_chart(unit: Unit, *, patient: UUID, account: UUID | None) -> UUID:
    """Say whose own chart this is among those who work here; None: it is nobody's of them, whatever the name says."""
    unit.get(Patient, patient)
    if account is not None:
        unit.get(Account, account)
    return unit.add(StaffChart, patient=patient, account=account, by=unit.person.id)


def _decide(unit: Unit, request: UUID, status: str, *, words: str, ground: str | None = None) -> date:
    row, today = unit.get(PrivacyRequest, request), clinic_day(unit)
    if status not in STEPS[row.status]:
        _must_be_open(row.status)
    unit.change(PrivacyRequest, request, status=status, decided_on=today, ground=ground, words=words, by=unit.person.id)
    return today


def _must_be_open(status: str) -> None:
    if status != "open":
        raise Refused(_("This request was answered already. Open the list again to see how."))


def _said(words: str, field: str) -> str:
    said = " ".join(words.split())
    if not said:
        raise BadInput(_("Say it in a few words; it stays with the record."), field)
    if len(said) > LONGEST:
        raise BadInput(_("Say it in at most {n} letters.").format(n=LONGEST), field)
    return said


def _or_none(words: str | None) -> str | None:
    return " ".join((words or "").split()) or None

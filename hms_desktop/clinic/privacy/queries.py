# SPDX-License-Identifier: Apache-2.0
"""What stands in the privacy officer's lists: who looked at a patient, what was disclosed, what patients asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_people import clinic_day, one_person
from hms_desktop.clinic.patients.queries_restricted import told_to_patients
from hms_desktop.clinic.privacy.model import Disclosure, PrivacyRequest
from hms_desktop.clinic.privacy.rules import ACCOUNTING_YEARS, NOT_COUNTED, SOON_DAYS, deadline, may_extend
from hms_desktop.core.clock import stamp_author
from hms_desktop.security.accounts import Account
from hms_desktop.security.audit import SHOWING, AccessEvent
from hms_desktop.security.queries import query
from hms_desktop.security.versions import station_names, station_word
from hms_desktop.storage.reader import Reader

READS = "privacy.read"
_DAYS = 366 * ACCOUNTING_YEARS


@dataclass(frozen=True)
class LookRow:
    """One look at a patient: who, as what, from where, when (aware), why, at what."""

    id: UUID
    at: datetime
    name: str
    roles: tuple[str, ...]
    station: str
    kind: str
    purpose: str
    detail: str


@dataclass(frozen=True)
class AccessReport:
    """Everybody who looked at one patient, the latest first; `record` is the record number."""

    patient: UUID
    record: str
    looks: tuple[LookRow, ...]

    @property
    def people(self) -> int:
        """How many different people looked."""
        return len({look.name for look in self.looks})


@dataclass(frozen=True)
class DisclosureRow:
    """One disclosure as lists and the accounting show it; `counted` says that the accounting must list it."""

    id: UUID
    patient: UUID
    record: str
    at: datetime
    recipient: str
    name: str
    address: str
    what: str
    why: str
    basis: str
    way: str
    by: str
    counted: bool


@dataclass(frozen=True)
class RequestRow:
    """One request of a patient; `due` is the last day, `left` the days until then (negative: overdue)."""

    id: UUID
    patient: UUID
    record: str
    kind: str
    asked_on: date
    asked_by: str
    what: str
    why: str
    recipient: str
    address: str
    due: date
    left: int
    extended_why: str
    may_extend: bool
    status: str
    decided_on: date | None
    ground: str
    words: str
    by: str
    disagreement: str

    @property
    def soon(self) -> bool:
        """Whether it is open and its last day is near or gone."""
        return self.status == "open" and self.left <= SOON_DAYS


@query("privacy.read")
def looks_at(reader: Reader, patient: UUID) -> AccessReport:
    """Who looked at a person's charts in the six years that count, from where, when and why; asks the right to read."""
    reader.check(READS)
    person = one_person(reader, patient)
    since = reader.now - timedelta(days=_DAYS)
    named = AccessEvent.patient.in_(person.charts) & AccessEvent.kind.in_(sorted(SHOWING | {"break-glass", "denied"}))
    among = [AccessEvent.listed.contains(chart.hex) for chart in sorted(person.charts)]
    question = select(AccessEvent.__table__).where(or_(named, *among), AccessEvent.at >= since)
    rows = reader.rows(question.order_by(AccessEvent.at.desc(), AccessEvent.id.desc()))
    accounts = {row.id: row for row in reader.rows(select(Account.id, Account.name, Account.roles))}
    stations = station_names(reader)
    looks = tuple(
        LookRow(
            row.id, row.at, accounts[row.by].name if row.by in accounts else "",
            tuple(accounts[row.by].roles) if row.by in accounts else (), station_word(stations, stamp_author(row.k)),
            row.kind, row.purpose, _place(row.detail),
        )
        for row in rows
    )  # fmt: skip
    return AccessReport(person.survivor, records(reader, [person.survivor]).get(person.survivor, ""), looks)


@query("privacy.read")
def for_the_patient(reader: Reader, report: AccessReport) -> AccessReport:
    """The report as the patient gets it: broken glass is told where the clinic's setting says so."""
    if told_to_patients(reader):
        return report
    return replace(report, looks=tuple(look for look in report.looks if look.kind != "break-glass"))


def _place(detail: str | None) -> str:
    """What was opened, without the id of it: `invoice 01a…` is an invoice, `invoice 01a… copy 1` a copy of one."""
    place, _id, rest = (detail or "").partition(" 0")
    return place + "".join(rest.partition(" copy ")[1:])


@query("privacy.read")
def disclosures(reader: Reader, patient: UUID | None = None, *, counted: bool = False) -> tuple[DisclosureRow, ...]:
    """What left the clinic in the six years that count, the latest first: of one person, or of everybody.

    With `counted`, what an accounting must list (164.528). Asks the right to read.
    """
    reader.check(READS)
    since = reader.now - timedelta(days=_DAYS)
    question = select(Disclosure.__table__).where(Disclosure.at >= since).order_by(Disclosure.at.desc())
    if patient is not None:
        question = question.where(Disclosure.patient.in_(one_person(reader, patient).charts))
    if counted:
        question = question.where(Disclosure.basis.not_in(NOT_COUNTED))
    rows = reader.rows(question)
    numbers, people = records(reader, {row.patient for row in rows}), account_names(reader)
    return tuple(
        DisclosureRow(
            row.id, row.patient, numbers.get(row.patient, ""), row.at, row.recipient, row.name or "",
            row.address or "", row.what, row.why or "", row.basis, row.way, people.get(row.by, ""),
            row.basis not in NOT_COUNTED,
        )
        for row in rows
    )  # fmt: skip


@query("privacy.read")
def requests(reader: Reader, patient: UUID | None = None) -> tuple[RequestRow, ...]:
    """What patients asked for: what is open first, by its last day, then what was answered. Asks the right to read."""
    reader.check(READS)
    question = select(PrivacyRequest.__table__)
    if patient is not None:
        question = question.where(PrivacyRequest.patient.in_(one_person(reader, patient).charts))
    rows, today = reader.rows(question), clinic_day(reader)
    numbers, people = records(reader, {row.patient for row in rows}), account_names(reader)
    found = []
    for row in rows:
        extended = row.extended_on is not None
        due = deadline(row.kind, row.asked_on, extended=extended)
        extendable = row.status == "open" and may_extend(row.kind, row.asked_on, today, extended=extended)
        found.append(
            RequestRow(
                row.id, row.patient, numbers.get(row.patient, ""), row.kind, row.asked_on, row.asked_by, row.what,
                row.why or "", row.recipient or "", row.address or "", due, (due - today).days,
                row.extended_why or "", extendable, row.status, row.decided_on, row.ground or "", row.words or "",
                people.get(row.by, ""), row.disagreement or "",
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda r: (r.status != "open", r.due, r.id)))


@query("privacy.read")
def waiting_requests(reader: Reader) -> int:
    """How many requests are open and near their last day, for the rail."""
    return sum(row.soon for row in requests(reader))


@query("privacy.read")
def records(reader: Reader, patients: Collection[UUID]) -> dict[UUID, str]:
    """Record numbers of these charts."""
    return {row.id: row.mrn for row in reader.rows(select(Patient.id, Patient.mrn).where(Patient.id.in_(patients)))}


@query("privacy.read")
def account_names(reader: Reader) -> dict[UUID | None, str]:
    """The name of everybody with an account."""
    return {row.id: row.name for row in reader.rows(select(Account.id, Account.name))}

# SPDX-License-Identifier: Apache-2.0
"""Looks that need a question, found among everybody's: by name, address, colleague, restriction and missing care."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.ehr.model import Encounter, Note, Observation, Order, Prescription
from hms_desktop.clinic.patients.model import Interaction, Patient, PatientContact
from hms_desktop.clinic.patients.model_restricted import PatientRestriction, PatientRestrictionEnd
from hms_desktop.clinic.patients.names import name_keys
from hms_desktop.clinic.privacy.model import LookReview, StaffChart
from hms_desktop.clinic.privacy.queries import account_names, records
from hms_desktop.clinic.privacy.rules_looks import Subject, Ties, Worker, flags, home_key
from hms_desktop.clinic.staff.model import Practitioner
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.security.accounts import Account
from hms_desktop.security.audit import SHOWING, AccessEvent
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

REVIEWS = "privacy.review"
CALLED_OFF = ("cancelled", "noshow", "entered-in-error")


@dataclass(frozen=True)
class Question:
    """One person's looks at one patient on one day that ask for an answer: `flags` say why, `looks` how many.

    It names the record by its number. `outcome` is empty until somebody settled it.
    """

    viewer: UUID
    patient: UUID
    on: date
    name: str
    record: str
    flags: tuple[str, ...]
    looks: int
    first: datetime
    kinds: tuple[str, ...]
    outcome: str = ""
    words: str = ""
    settled_by: str = ""

    @property
    def key(self) -> tuple[UUID, UUID, date]:
        """What names the question for ever."""
        return self.viewer, self.patient, self.on


@dataclass
class _Day:
    looks: int
    first: datetime
    kinds: set[str]


@query("privacy.read")
def questions(reader: Reader, since: datetime, until: datetime) -> tuple[Question, ...]:
    """Every question about looks between two moments: what is open first, most flags first, then the latest.

    Asks the right to review. Looks by workers of the server and by workstations are nobody's.
    """
    reader.check(REVIEWS)
    seen = _days(reader, since, until)
    facts = _Facts(reader, {patient for _by, patient, _on in seen})
    settled = _settled(reader)
    names, numbers = account_names(reader), facts.numbers
    found = []
    for (by, patient, on), looked in seen.items():
        why = facts.flags(by, patient, on)
        if why:
            outcome, words, settler = settled.get((by, patient, on), ("", "", ""))
            found.append(
                Question(by, patient, on, names.get(by, ""), numbers.get(patient, ""), why, looked.looks, looked.first,
                         tuple(sorted(looked.kinds)), outcome, words, settler)
            )  # fmt: skip
    return tuple(sorted(found, key=lambda q: (bool(q.outcome), -_weight(q), -q.first.timestamp(), q.record)))


def _weight(question: Question) -> int:
    """How much a question asks: missing care alone asks least."""
    return sum(1 if flag == "no_relation" else 2 for flag in question.flags)


def _days(reader: Reader, since: datetime, until: datetime) -> dict[tuple[UUID, UUID, date], _Day]:
    """Looks by person, patient and day of the clinic."""
    columns = (AccessEvent.by, AccessEvent.patient, AccessEvent.at, AccessEvent.kind)
    question = select(*columns).where(
        AccessEvent.at >= since, AccessEvent.at < until, AccessEvent.kind.in_(sorted(SHOWING)),
        AccessEvent.patient.is_not(None), AccessEvent.by.is_not(None),
    )  # fmt: skip
    zone, found = reader.clinic.zone, dict[tuple[UUID, UUID, date], _Day]()
    for by, patient, at, kind in reader.rows(question.order_by(AccessEvent.at)):
        key = (by, patient, at.astimezone(zone).date())
        looked = found.get(key)
        if looked is None:
            found[key] = _Day(1, at, {kind})
        else:
            looked.looks += 1
            looked.kinds.add(kind)
    return found


def _settled(reader: Reader) -> dict[tuple[UUID, UUID, date], tuple[str, str, str]]:
    names = account_names(reader)
    rows = reader.rows(select(LookReview.__table__).order_by(LookReview.k))
    return {(r.viewer, r.patient, r.on): (r.outcome, r.words, names.get(r.by, "")) for r in rows}


class _Facts:
    """Who the workers are, who was looked at, and on which days somebody had to do with whom; each read once."""

    def __init__(self, reader: Reader, patients: set[UUID]) -> None:
        self._reader = reader
        self._zone = reader.clinic.zone
        self.numbers = records(reader, patients) if len(patients) < 500 else records_of_all(reader)
        self._names = {
            row.id: (row.family_key or "", row.given_key or "")
            for row in reader.rows(select(Patient.id, Patient.family_key, Patient.given_key))
        }
        self._homes = _homes(reader)
        self._said = _staff_charts(reader)
        self._workers = self._all_workers()
        self._chart_of = {chart: worker.account for worker in self._workers.values() for chart in worker.charts}
        self._restricted = _restricted(reader)
        self._clinic: dict[UUID, set[date]] = defaultdict(set)
        self._own: dict[tuple[UUID, UUID], set[date]] = defaultdict(set)
        self._read_ties()

    def flags(self, by: UUID, patient: UUID, on: date) -> tuple[str, ...]:
        """What asks for an answer; nothing for who is no person with an account."""
        worker = self._workers.get(by)
        if worker is None:
            return ()
        family, _given = self._names.get(patient, ("", ""))
        subject = Subject(
            patient, family, self._homes.get(patient, frozenset()), self._chart_of.get(patient),
            any(begun <= on and (ended is None or on <= ended) for begun, ended in self._restricted.get(patient, ())),
        )  # fmt: skip
        ties = Ties(self._clinic.get(patient, ()), self._own.get((by, patient), ()))
        return flags(worker, subject, ties, on)

    def _all_workers(self) -> dict[UUID, Worker]:
        """Everybody with an account; their own chart is the one named, else the only one of their full name."""
        by_name: dict[tuple[str, str], list[UUID]] = defaultdict(list)
        for patient, name in self._names.items():
            by_name[name].append(patient)
        rows = self._reader.rows(select(Practitioner.account, Practitioner.family, Practitioner.given))
        called = {row.account: (row.family, row.given) for row in rows if row.account}
        found = {}
        for account in self._reader.rows(select(Account.id, Account.name)):
            family, given = called.get(account.id) or _split(account.name)
            keys = name_keys(family, given)
            name = (keys["family_key"] or "", keys["given_key"] or "")
            same = by_name.get(name, [])
            named = [chart for chart, whose in self._said.items() if whose == account.id]
            guessed = same if len(same) == 1 and all(name) and same[0] not in self._said else ()
            charts = frozenset(named or guessed)
            homes = frozenset(home for chart in charts for home in self._homes.get(chart, ()))
            found[account.id] = Worker(account.id, name[0], name[1], charts, homes)
        return found

    def _read_ties(self) -> None:
        """Bookings and visits tie a patient to the clinic; who they are with, and who wrote something, to a person."""
        accounts = {row.id: row.account for row in self._reader.rows(select(Practitioner.id, Practitioner.account))}
        for patient, person, on in self._tied():
            self._clinic[patient].add(on)
            if person is not None:
                self._own[accounts.get(person) or person, patient].add(on)

    def _tied(self) -> Iterator[tuple[UUID, UUID | None, date]]:
        booked = select(Appointment.patient, Appointment.practitioner, Appointment.starts).where(
            Appointment.status.not_in(CALLED_OFF)
        )
        visits = select(Encounter.patient, Encounter.practitioner, Encounter.started, Encounter.k)
        for row in self._reader.rows(booked):
            yield row.patient, row.practitioner, self._day(row.starts)
        for row in self._reader.rows(visits):
            yield row.patient, row.practitioner, self._day(row.started or instant(stamp_ms(row.k)))
        for columns in _WORK:
            for row in self._reader.rows(select(*columns).where(columns[1].is_not(None))):
                moment = row[2] if isinstance(row[2], datetime) else instant(stamp_ms(row[2]))
                yield row[0], row[1], self._day(moment)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()


_WORK: tuple[tuple[Any, Any, Any], ...] = (
    (Interaction.patient, Interaction.by, Interaction.at),
    (Observation.patient, Observation.by, Observation.k),
    (Note.patient, Note.by, Note.k),
    (Order.patient, Order.requester, Order.k),
    (Prescription.patient, Prescription.requester, Prescription.k),
    (Patient.id, Patient.registered_by, Patient.k),
)
"""What a person wrote about a patient, and when: patient, who, moment or stamp."""


@query("privacy.read")
def records_of_all(reader: Reader) -> dict[UUID, str]:
    """The record number of every chart here."""
    return {row.id: row.mrn for row in reader.rows(select(Patient.id, Patient.mrn))}


def _homes(reader: Reader) -> dict[UUID, frozenset[str]]:
    """Where each patient lives and which telephone is theirs, as it is compared."""
    columns = (PatientContact.patient, PatientContact.kind, PatientContact.line, PatientContact.postcode,
               PatientContact.city, PatientContact.value, PatientContact.phone_key)  # fmt: skip
    question = select(*columns).where(PatientContact.active, PatientContact.kind.in_(("address", "phone")))
    found: dict[UUID, set[str]] = defaultdict(set)
    for row in reader.rows(question):
        key = row.phone_key if row.kind == "phone" else home_key(row.line or row.value, row.postcode or row.city)
        if key:
            found[row.patient].add(f"{row.kind} {key}")
    return {patient: frozenset(keys) for patient, keys in found.items()}


def _staff_charts(reader: Reader) -> dict[UUID, UUID | None]:
    """Whose own chart each is, as somebody said last."""
    rows = reader.rows(select(StaffChart.patient, StaffChart.account).order_by(StaffChart.k))
    return {row.patient: row.account for row in rows}


def _restricted(reader: Reader) -> dict[UUID, list[tuple[date, date | None]]]:
    """From when until when each restricted patient was restricted."""
    zone = reader.clinic.zone
    ends = {row.restriction: row.k for row in reader.rows(select(PatientRestrictionEnd.restriction,
                                                                 PatientRestrictionEnd.k))}  # fmt: skip
    found: dict[UUID, list[tuple[date, date | None]]] = defaultdict(list)
    day: Callable[[int], date] = lambda k: instant(stamp_ms(k)).astimezone(zone).date()  # noqa: E731
    for row in reader.rows(select(PatientRestriction.id, PatientRestriction.patient, PatientRestriction.k)):
        found[row.patient].append((day(row.k), day(ends[row.id]) if row.id in ends else None))
    return found


def _split(name: str) -> tuple[str, str]:
    """Family and given names out of a name in one piece: the last word is the family name."""
    given, _space, family = name.rpartition(" ")
    return family, given


def open_questions(found: Iterable[Question]) -> int:
    """How many of these nobody settled, those of missing care alone left out."""
    return sum(not q.outcome and q.flags != ("no_relation",) for q in found)

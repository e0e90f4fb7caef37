# SPDX-License-Identifier: Apache-2.0
"""Restricted patients as one person sees them: who is hidden, what stands, whose glass is broken, what was reviewed.

Modules above tell by `register_care` what is open between a patient and the clinic; the register knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Row, select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.model_restricted import (
    BrokenGlass,
    BrokenGlassEnd,
    BrokenGlassReview,
    PatientRestriction,
    PatientRestrictionEnd,
)
from hms_desktop.clinic.patients.rules_restricted import REVIEW_HOURS, Tie, Viewer, may_know
from hms_desktop.core.clock import instant, milliseconds, stamp_author, stamp_ms
from hms_desktop.core.countdown import Countdowns
from hms_desktop.core.errors import Restricted
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, setting
from hms_desktop.security.queries import query
from hms_desktop.security.versions import station_names, station_word
from hms_desktop.storage.reader import Reader

SEES_ALL = "patient.restricted"
GLASS_TOLD = "glass_in_access_report"
"""The clinic's setting: whether a patient's own copy of who looked tells of broken glass; it does unless chosen not."""
REVIEWS = "privacy.review"
Ties = Callable[[Reader, Collection[UUID]], Iterable[Tie]]
Whose = Callable[[Reader], tuple[frozenset[UUID], frozenset[str]]]
_TIES: list[Ties] = []
_WHOSE: list[Whose] = []
_glass_time = Countdowns()


@dataclass(frozen=True)
class Glass:
    """An open glass of the person who asks: `minutes` are left, counted up; 1 in the last of them."""

    id: UUID
    minutes: int


@dataclass(frozen=True)
class RestrictionRow:
    """A restriction as it stands or stood; `ended` None while it stands. Moments are aware."""

    id: UUID
    patient: UUID
    record: str
    kind: str
    reason: str
    owner: UUID
    owner_name: str
    by: str
    since: datetime
    ended: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""


@dataclass(frozen=True)
class GlassRow:
    """One breaking of the glass, by record number and never by name; `verdict` empty while nobody reviewed it."""

    id: UUID
    patient: UUID
    record: str
    by: UUID
    name: str
    station: str
    at: datetime
    until: datetime
    reason: str
    words: str
    late: bool
    verdict: str = ""
    reviewer: str = ""
    review_words: str = ""


def register_care(ties: Ties) -> Ties:
    """Let a module say what is open between these charts and the clinic."""
    _TIES.append(ties)
    return ties


def register_viewer(whose: Whose) -> Whose:
    """Let a module say who else the person at work is (practitioner ids), and for which services they work."""
    _WHOSE.append(whose)
    return whose


@query("patient.read")
def hidden(reader: Reader, persons: Iterable[tuple[UUID, ...]]) -> frozenset[UUID]:
    """Of these persons (each all the charts of one), the charts of those whom the person who asks may not know."""
    if SEES_ALL in reader.person.permissions:
        return frozenset()
    standing = _standing(reader)
    found: set[UUID] = set()
    for charts in set(persons) if standing else ():
        held = [row for chart in charts for row in standing.get(chart, ())]
        if held and not _knows(reader, charts, held):
            found.update(charts)
    return frozenset(found)


@query("patient.read")
def require_seen(reader: Reader, charts: Sequence[UUID]) -> None:
    """Raise Restricted when the person who asks may not know whose charts these are."""
    if hidden(reader, [tuple(charts)]):
        number = reader.scalar(select(Patient.mrn).where(Patient.id == charts[0])) or ""
        words = _("Record {number} is restricted. Whoever needs it for care breaks the glass and says why.")
        raise Restricted(words.format(number=number), charts[0])


_STANDING: WeakKeyDictionary[Reader, dict[UUID, list[Row[Any]]]] = WeakKeyDictionary()


def _standing(reader: Reader) -> dict[UUID, list[Row[Any]]]:
    """Every restriction that stands, by chart: few, and asked for with every name, so a reading reads them once."""
    known = _STANDING.get(reader)
    if known is None:
        known = {}
        for row in reader.rows(_open_restrictions()):
            known.setdefault(row.patient, []).append(row)
        if type(reader) is Reader:
            _STANDING[reader] = known
    return known


def _open_restrictions() -> Any:
    ended = select(PatientRestrictionEnd.id).where(PatientRestrictionEnd.restriction == PatientRestriction.id)
    return select(PatientRestriction.__table__).where(~ended.exists()).order_by(PatientRestriction.id)


def _knows(reader: Reader, charts: Sequence[UUID], held: Iterable[Row[Any]]) -> bool:
    registrars = reader.rows(select(Patient.registered_by).where(Patient.id.in_(charts)))
    named = {row.owner for row in held} | {row.registered_by for row in registrars if row.registered_by}
    viewer = _viewer(reader)
    if may_know(viewer, named, ()) or glass_of(reader, charts) is not None:
        return True
    return may_know(viewer, (), (tie for ties in _TIES for tie in ties(reader, charts)))


def _viewer(reader: Reader) -> Viewer:
    ids, services = {reader.person.id}, set[str]()
    for whose in _WHOSE:
        also, works_for = whose(reader)
        ids |= also
        services |= works_for
    return Viewer(frozenset(ids), frozenset(services), reader.person.roles)


@query("patient.read")
def glass_of(reader: Reader, charts: Sequence[UUID]) -> Glass | None:
    """The open glass of the person who asks over one of these charts; the one that lasts longest."""
    ended = select(BrokenGlassEnd.id).where(BrokenGlassEnd.glass == BrokenGlass.id).exists()
    question = select(BrokenGlass.id, BrokenGlass.until).where(
        BrokenGlass.patient.in_(charts), BrokenGlass.by == reader.person.id, ~ended
    )
    left = {row.id: _left(reader, row) for row in reader.rows(question)}
    best = max(left, key=lambda id: left[id], default=None)
    return Glass(best, -(-left[best] // 60_000)) if best is not None and left[best] else None


def _left(reader: Reader, row: Row[Any]) -> int:
    return _glass_time.left_ms(row.id, milliseconds(row.until), reader.latest_ms)


@query("patient.read")
def standing_on(reader: Reader, charts: Sequence[UUID]) -> tuple[RestrictionRow, ...]:
    """The restrictions that stand on a person's charts, in the order in which they were made."""
    return _restrictions(reader, _open_restrictions().where(PatientRestriction.patient.in_(charts)))


@query("patient.read")
def restriction_history(reader: Reader, charts: Sequence[UUID]) -> tuple[RestrictionRow, ...]:
    """Every restriction of a person, also those that were lifted: who, when and why."""
    question = select(PatientRestriction.__table__).where(PatientRestriction.patient.in_(charts))
    return _restrictions(reader, question.order_by(PatientRestriction.id))


@query("privacy.review")
def all_restrictions(reader: Reader) -> tuple[RestrictionRow, ...]:
    """Every restriction that stands, by record number; asks the right to review."""
    reader.check(REVIEWS)
    return _restrictions(reader, _open_restrictions())


def _restrictions(reader: Reader, question: Any) -> tuple[RestrictionRow, ...]:
    rows = reader.rows(question)
    people, records = _people(reader), _records(reader, {row.patient for row in rows})
    ends = {row.restriction: row for row in reader.rows(select(PatientRestrictionEnd.__table__))} if rows else {}
    found = []
    for row in rows:
        end = ends.get(row.id)
        found.append(
            RestrictionRow(
                row.id, row.patient, records.get(row.patient, ""), row.kind, row.reason, row.owner,
                people.get(row.owner, ""), people.get(row.by, ""), instant(stamp_ms(row.k)),
                instant(stamp_ms(end.k)) if end else None, people.get(end.by, "") if end else "",
                end.reason if end else "",
            )
        )  # fmt: skip
    return tuple(found)


@query("privacy.review")
def glass_rows(reader: Reader, *, everything: bool = False) -> tuple[GlassRow, ...]:
    """What waits for review, the oldest first, or everything, the latest first; asks the right to review."""
    reader.check(REVIEWS)
    rows = _glass_rows(reader, select(BrokenGlass.__table__).order_by(BrokenGlass.k))
    return tuple(reversed(rows)) if everything else tuple(row for row in rows if not row.verdict)


@query("privacy.review")
def glass_of_patient(reader: Reader, charts: Sequence[UUID]) -> tuple[GlassRow, ...]:
    """Every breaking of the glass over a person's charts, for the report of who looked; asks the right to review."""
    reader.check(REVIEWS)
    return _glass_rows(reader, select(BrokenGlass.__table__).where(BrokenGlass.patient.in_(charts)))


def _glass_rows(reader: Reader, question: Any) -> tuple[GlassRow, ...]:
    rows = reader.rows(question)
    reviews = {row.glass: row for row in reader.rows(select(BrokenGlassReview.__table__).order_by(BrokenGlassReview.k))}
    people, records = _people(reader), _records(reader, {row.patient for row in rows})
    stations = station_names(reader)
    late = reader.now - timedelta(hours=REVIEW_HOURS)
    found = []
    for row in rows:
        at, seen = instant(stamp_ms(row.k)), reviews.get(row.id)
        found.append(
            GlassRow(
                row.id, row.patient, records.get(row.patient, ""), row.by, people.get(row.by, ""),
                station_word(stations, stamp_author(row.k)), at, row.until, row.reason, row.words,
                seen is None and at < late, seen.verdict if seen else "", people.get(seen.by, "") if seen else "",
                seen.words if seen else "",
            )
        )  # fmt: skip
    return tuple(found)


@query("privacy.read")
def told_to_patients(reader: Reader) -> bool:
    """Whether a patient's own copy of who looked tells of broken glass."""
    return bool(setting(reader, GLASS_TOLD, True))


@query("privacy.review")
def waiting_reviews(reader: Reader) -> int:
    """How many breakings of the glass nobody has reviewed, for the rail."""
    return len(glass_rows(reader))


def _people(reader: Reader) -> dict[UUID, str]:
    return {row.id: row.name for row in reader.rows(select(Account.id, Account.name))}


def _records(reader: Reader, patients: Collection[UUID]) -> dict[UUID, str]:
    return {row.id: row.mrn for row in reader.rows(select(Patient.id, Patient.mrn).where(Patient.id.in_(patients)))}


@query("staff.read")
def owners(reader: Reader) -> tuple[tuple[UUID, str], ...]:
    """Who may answer for a restricted patient: everybody who works here, by name."""
    rows = reader.rows(select(Account.id, Account.name).where(Account.active).order_by(Account.name))
    return tuple((row.id, row.name) for row in rows)

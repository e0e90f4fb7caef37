# SPDX-License-Identifier: Apache-2.0
"""Who lies where, since when, with how many nights; and the nights that a stay can't have had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.model_stays import BedNight, BedStay, BedStayEnd
from hms_desktop.clinic.ehr.rules_stays import Lying, bed_order
from hms_desktop.clinic.patients.queries_people import PatientName, names, one_person
from hms_desktop.clinic.staff.model import Place
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class InpatientRow:
    """One patient in a bed; `nights` are those counted in all beds of this visit."""

    stay: UUID
    encounter: UUID
    patient: UUID
    name: PatientName
    ward: str
    place: UUID
    bed: str
    since: datetime
    admitted: datetime
    reason: str | None
    nights: int
    saved_here: bool


def _open() -> Select[Any]:
    ended = select(BedStayEnd.id).where(BedStayEnd.stay == BedStay.id).exists()
    return select(BedStay.__table__).where(~ended).order_by(BedStay.k, BedStay.rid)


def open_beds(encounter: UUID) -> Select[Any]:
    """The stays of a visit that have not ended, the latest first."""
    return (
        _open().where(BedStay.encounter == encounter).order_by(None).order_by(BedStay.since.desc(), BedStay.id.desc())
    )


@query("chart.read", "stay.manage")
def open_stays(reader: Reader) -> list[Row[Any]]:
    """Every stay that has not ended."""
    return reader.rows(_open())


@query("chart.read", "stay.manage")
def open_stay(reader: Reader, patient: UUID) -> Row[Any] | None:
    """Where the person behind a chart lies now, or None; of two beds that nobody knew both of, the later one."""
    rows = reader.rows(_open().where(BedStay.patient.in_(one_person(reader, patient).charts)))
    return max(rows, key=lambda row: (row.since, row.id), default=None)


@query("chart.read", "stay.manage")
def in_bed(reader: Reader, place: UUID, bed: str) -> bool:
    """Whether somebody lies there."""
    taken = reader.rows(_open().where(BedStay.place == place))
    return any(row.bed.casefold() == bed.casefold() for row in taken)


@query("chart.read", "stay.manage")
def inpatients(reader: Reader) -> tuple[InpatientRow, ...]:
    """Everybody in a bed, by ward and bed."""
    rows = open_stays(reader)
    who = names(reader, {row.patient for row in rows})
    wards = {r.id: r.name for r in reader.rows(select(Place.id, Place.name))}
    visits = {
        r.id: r for r in reader.rows(select(Encounter.__table__).where(Encounter.id.in_({r.encounter for r in rows})))
    }
    nights = Counter(r.encounter for r in reader.rows(select(BedNight.encounter)))
    here = reader.local_only([row.id for row in rows])
    found = [
        InpatientRow(
            row.id, row.encounter, row.patient, who[row.patient], wards.get(row.place, ""), row.place, row.bed,
            row.since, visits[row.encounter].started or row.since, visits[row.encounter].reason,
            nights[row.encounter], row.id in here,
        )
        for row in rows
        if row.patient in who and row.encounter in visits
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda r: (r.ward, bed_order(r.bed))))


@query("chart.read", "stay.manage")
def wards(reader: Reader) -> tuple[tuple[UUID, str], ...]:
    """Active wards by name."""
    question = select(Place.id, Place.name).where(Place.active, Place.kind == "ward").order_by(Place.name)
    return tuple((row.id, row.name) for row in reader.rows(question))


@query("chart.read", "stay.manage")
def stays_of(reader: Reader, encounter: UUID) -> list[Lying]:
    """Every stay of an inpatient visit in order of coming; one that was ended twice ended the first time."""
    rows = reader.rows(select(BedStay.__table__).where(BedStay.encounter == encounter))
    ends: dict[UUID, datetime] = {}
    for row in reader.rows(select(BedStayEnd.stay, BedStayEnd.at).where(BedStayEnd.stay.in_({r.id for r in rows}))):
        ends[row.stay] = min(row.at, ends.get(row.stay, row.at))
    found = [Lying(r.id, r.since, ends.get(r.id), r.by, r.price_code) for r in rows]
    return sorted(found, key=lambda s: (s.since, s.stay))


@query("chart.read", "stay.manage")
def nights_of(reader: Reader, encounter: UUID) -> list[Row[Any]]:
    """Every night that was counted for a visit, in order."""
    question = select(BedNight.__table__).where(BedNight.encounter == encounter)
    return reader.rows(question.order_by(BedNight.night))

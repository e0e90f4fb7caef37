# SPDX-License-Identifier: Apache-2.0
"""What the bench sees: what to collect, the worklist, one specimen with everything about it, a label's words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.ehr.queries import OrderRow, order, orders
from hms_desktop.clinic.ehr.queries_people import age_and_sex, clinic_day, person_names
from hms_desktop.clinic.ehr.queries_standing import contested
from hms_desktop.clinic.lab.model import Specimen, SpecimenOrder, SpecimenStep
from hms_desktop.clinic.lab.queries_calls import call_list, critical_open, revoked_with_result
from hms_desktop.clinic.lab.queries_catalogue import LabTestRow, catalogue, orderable, ordered_tests
from hms_desktop.clinic.lab.queries_inbox import chart_results, critical_rows, inbox, release, reports
from hms_desktop.clinic.lab.queries_results import result
from hms_desktop.clinic.lab.queries_sheets import OrderSheet, most_urgent, sheet, sheets, step_of
from hms_desktop.clinic.lab.rules_specimens import PRIORITY_RANK, ToCollect, TubePlan, fewest_tubes
from hms_desktop.clinic.patients.queries_people import PatientName, names, one_person
from hms_desktop.core.errors import NotFound
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

__all__ = [
    "bench",
    "call_list",
    "catalogue",
    "chart_results",
    "critical_open",
    "critical_rows",
    "find_specimen",
    "inbox",
    "label",
    "orderable",
    "release",
    "reports",
    "result",
    "revoked_with_result",
    "sheet",
    "to_collect",
    "worklist",
]

LAB = "laboratory"
ACTIVE_SPECIMEN = ("collected", "in-transit", "available")
RECENT = timedelta(hours=24)
MOST = 400


@dataclass(frozen=True)
class CollectPlan:
    """A patient's orders that wait for a specimen, and the fewest tubes that serve them."""

    patient: PatientName
    orders: tuple[OrderRow, ...]
    tubes: tuple[TubePlan, ...]
    priority: str


@dataclass(frozen=True)
class WorkRow:
    """A specimen on the worklist. `state` is collected, in-transit, received, entering, critical, verify, release,
    released, rejected, revoked or disposed; `since` is when it was taken."""

    specimen: UUID
    accession: str
    patient: PatientName | None
    tests: str
    bench: str
    priority: str
    state: str
    since: datetime
    saved_here: bool


@dataclass(frozen=True)
class CustodyStep:
    """One hand-over of a specimen."""

    step: str
    at: datetime
    by: str
    reason: str | None


@dataclass(frozen=True)
class Bench:
    """One specimen with everything that the bench needs of it."""

    specimen: UUID
    patient: UUID
    accession: str
    type: str
    container: str
    status: str
    state: str
    collected_at: datetime
    reject_code: str | None
    priority: str
    age_days: int | None
    sex: str
    custody: tuple[CustodyStep, ...]
    sheets: tuple[OrderSheet, ...]
    contested: bool
    saved_here: bool


@dataclass(frozen=True)
class LabelData:
    """The words of a specimen's label (50 x 25 mm); the barcode is the accession."""

    accession: str
    patient: str
    born: str
    sex: str
    mrn: str
    container: str
    type: str
    tests: str
    priority: str
    collected_at: datetime


@query("lab.read", "specimen.collect")
def to_collect(reader: Reader, patient: UUID | None = None) -> list[CollectPlan]:
    """Patients whose placed orders wait for a specimen, most urgent and oldest first; one patient if given."""
    waiting = _waiting_orders(reader, patient)
    by_person: dict[UUID, list[OrderRow]] = defaultdict(list)
    who = names(reader, {row.patient for row in waiting})
    for row in waiting:
        if row.patient in who:
            by_person[who[row.patient].patient].append(row)
    known: dict[date, dict[str, LabTestRow]] = {}
    plans = []
    for found in by_person.values():
        ordered = tuple(sorted(found, key=lambda o: (PRIORITY_RANK[o.priority], o.placed or reader.now)))
        wanted = [
            ToCollect(o.id, t.container, t.specimen_type)
            for o in ordered
            if (t := _test_of(reader, o, known)) is not None
        ]
        plans.append(CollectPlan(who[ordered[0].patient], ordered, fewest_tubes(wanted), ordered[0].priority))
    return sorted(plans, key=lambda p: (PRIORITY_RANK[p.priority], p.orders[0].placed or reader.now))


def _waiting_orders(reader: Reader, patient: UUID | None) -> list[OrderRow]:
    served = (
        select(SpecimenOrder.order)
        .join(Specimen, Specimen.id == SpecimenOrder.specimen)
        .where(Specimen.status.in_(ACTIVE_SPECIMEN))
    )
    question = select(Order.id).where(Order.category == LAB, Order.status == "active", Order.id.notin_(served))
    if patient is not None:
        question = question.where(Order.patient.in_(one_person(reader, patient).charts))
    wanted = {row.id for row in reader.rows(question.limit(MOST))}
    if patient is not None:
        return [o for o in orders(reader, patient, pending=True, category=LAB) if o.id in wanted]
    return [order(reader, id) for id in wanted]


def _test_of(reader: Reader, row: OrderRow, known: dict[date, dict[str, LabTestRow]]) -> LabTestRow | None:
    try:
        return ordered_tests(reader, row, known)[0]
    except NotFound:
        return None


@query("lab.read", "specimen.collect")
def worklist(reader: Reader, place: str | None = None) -> list[WorkRow]:
    """Specimens in work and those of the last 24 hours, by priority, then oldest first; `place` is a bench's name."""
    rows = _specimens_in_work(reader)
    links: dict[UUID, list[UUID]] = defaultdict(list)
    pairs = select(SpecimenOrder.specimen, SpecimenOrder.order).where(SpecimenOrder.specimen.in_([r.id for r in rows]))
    for pair in reader.rows(pairs):
        links[pair.specimen].append(pair.order)
    wanted = {id for ids in links.values() for id in ids}
    by_order = {s.order.id: s for s in sheets(reader, [order(reader, id) for id in wanted], with_past=False)}
    who = names(reader, {row.patient for row in rows})
    here = reader.local_only([row.id for row in rows] + list(wanted)) if rows else set()
    found = [
        _work_row(
            row,
            [by_order[o] for o in links[row.id] if o in by_order],
            who.get(row.patient),
            bool(here & {row.id, *links[row.id]}),
        )
        for row in rows
    ]
    kept = [row for row in found if place is None or row.bench == place]
    return sorted(
        kept,
        key=lambda r: (
            r.state in ("released", "rejected", "disposed"),
            PRIORITY_RANK[r.priority],
            r.since,
            r.accession,
        ),
    )


def _specimens_in_work(reader: Reader) -> list[Row[Any]]:
    pending = (
        select(SpecimenOrder.specimen)
        .join(Order, Order.id == SpecimenOrder.order)
        .where(Order.status.in_(("active", "on-hold", "revoked")), Order.category == LAB)
    )
    fresh = select(Specimen.__table__).order_by(Specimen.rid.desc()).limit(MOST)
    question = select(Specimen.__table__).where(Specimen.id.in_(pending), Specimen.status.in_(ACTIVE_SPECIMEN))
    since = reader.now - RECENT
    rows = {r.id: r for r in reader.rows(question.order_by(Specimen.rid.desc()).limit(MOST))}
    rows |= {r.id: r for r in reader.rows(fresh) if r.collected_at >= since}
    return [row for row in rows.values() if row.status != "entered-in-error"]


def _work_row(row: Row[Any], served: list[OrderSheet], who: PatientName | None, here: bool) -> WorkRow:
    return WorkRow(
        row.id,
        row.accession,
        who,
        ", ".join(s.test.display for s in served),
        served[0].test.bench if served else "",
        most_urgent(s.order.priority for s in served),
        step_of(row.status, served),
        row.collected_at,
        here,
    )


@query("lab.read", "specimen.collect")
def bench(reader: Reader, specimen: UUID) -> Bench:
    """One specimen with its custody, its orders and every result. Record the access first: `service.open_specimen`."""
    row = reader.get(Specimen, specimen)
    served = reader.rows(select(SpecimenOrder.order).where(SpecimenOrder.specimen == specimen))
    found = sheets(reader, [order(reader, r.order) for r in served], with_past=True)
    ordered = tuple(sorted(found, key=lambda s: (PRIORITY_RANK[s.order.priority], s.test.display)))
    age, sex = age_and_sex(reader, row.patient, clinic_day(reader, row.collected_at))
    return Bench(
        row.id,
        one_person(reader, row.patient).survivor,
        row.accession,
        row.type,
        row.container,
        row.status,
        step_of(row.status, ordered),
        row.collected_at,
        row.reject_code,
        most_urgent(s.order.priority for s in ordered),
        age,
        sex,
        _custody(reader, specimen),
        ordered,
        bool(contested(reader, Specimen, specimen)),
        bool(reader.local_only([row.id])),
    )


def _custody(reader: Reader, specimen: UUID) -> tuple[CustodyStep, ...]:
    rows = reader.rows(
        select(SpecimenStep.__table__)
        .where(SpecimenStep.specimen == specimen)
        .order_by(SpecimenStep.at, SpecimenStep.id)
    )
    who = person_names(reader, [row.by for row in rows])
    return tuple(CustodyStep(row.step, row.at, who[row.by], row.reason) for row in rows)


@query("lab.read", "specimen.collect")
def find_specimen(reader: Reader, accession: str) -> UUID | None:
    """The specimen with this accession number, or None."""
    found: UUID | None = reader.scalar(select(Specimen.id).where(Specimen.accession == accession))
    return found


@query("lab.read", "specimen.collect")
def label(reader: Reader, specimen: UUID) -> LabelData:
    """The words of a specimen's label."""
    row = reader.get(Specimen, specimen)
    who = names(reader, [row.patient]).get(row.patient)
    served = reader.rows(select(SpecimenOrder.order).where(SpecimenOrder.specimen == specimen))
    asked = [order(reader, r.order) for r in served]
    return LabelData(
        row.accession,
        who.full if who else "",
        who.birth if who else "",
        who.sex if who else "",
        who.mrn if who else "",
        row.container,
        row.type,
        ", ".join(o.display for o in asked),
        most_urgent(o.priority for o in asked),
        row.collected_at,
    )

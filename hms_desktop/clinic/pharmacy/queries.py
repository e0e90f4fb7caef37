# SPDX-License-Identifier: Apache-2.0
"""How far prescriptions are filled, and the queue at the counter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select

from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.ehr.queries_people import clinic_day, person_names
from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.patients.queries_people import PatientName, names, one_person, people
from hms_desktop.clinic.pharmacy.model import Dispense, DispenseVoid
from hms_desktop.clinic.pharmacy.rules import COMPLETE, EXPIRED, NOT_STARTED, OVER, PARTIAL, Fill, authorised
from hms_desktop.security.accounts import setting
from hms_desktop.security.queries import query
from hms_desktop.storage.leases import Lease, LeaseSpend, runs
from hms_desktop.storage.reader import Reader

VALID_DAYS = 180
"""How long a prescription may be supplied after it was written, unless the setting `prescription_valid_days` says."""


@dataclass(frozen=True)
class SupplyRow:
    """One hand-over; `void_reason`, `void_by` and `void_at` are set when it was taken back."""

    id: UUID
    prescription: UUID
    patient: UUID
    item: UUID
    edition: UUID | None
    display: str
    quantity: Decimal
    unit: str
    at: datetime
    by: str
    firm: bool
    override_reason: str | None
    batches: tuple[tuple[UUID, Decimal], ...]
    void_reason: str | None
    saved_here: bool
    controlled: bool = False
    void_by: str = ""
    void_at: datetime | None = None


@dataclass(frozen=True)
class QueueRow:
    """One patient's prescriptions of one visit: how many lines wait, who wrote them, since when."""

    patient: UUID
    name: PatientName
    encounter: UUID | None
    prescriptions: tuple[UUID, ...]
    requester: str
    since: datetime
    states: tuple[str, ...]
    held: bool
    saved_here: bool

    @property
    def state(self) -> str:
        """`held` when any line is on hold, `partial` when something is owed, else `not-started` or `complete`."""
        if self.held:
            return "held"
        if PARTIAL in self.states or (COMPLETE in self.states and NOT_STARTED in self.states):
            return PARTIAL
        return NOT_STARTED if NOT_STARTED in self.states else COMPLETE


@dataclass(frozen=True)
class Queue:
    """The three lists of the counter, longest waiting first; collected is of today, latest first."""

    waiting: tuple[QueueRow, ...]
    owing: tuple[QueueRow, ...]
    collected: tuple[QueueRow, ...]


@query("dispense.read")
def supplied(reader: Reader, prescriptions: Iterable[UUID]) -> dict[UUID, Decimal]:
    """What standing dispenses handed over for each prescription, in its unit."""
    sums: dict[UUID, Decimal] = defaultdict(Decimal)
    question = _standing().where(Dispense.prescription.in_(list(prescriptions)))
    for row in reader.rows(question):
        sums[row.prescription] += row.quantity
    return dict(sums)


def _standing() -> Select[Any]:
    void = select(DispenseVoid.id).where(DispenseVoid.dispense == Dispense.id).exists()
    return select(Dispense.__table__).where(~void)


@query("dispense.read")
def fill_of(reader: Reader, row: Row[Any], handed_over: Decimal) -> Fill:
    """The fill of a prescription row."""
    days = int(setting(reader, "prescription_valid_days", VALID_DAYS))
    expired = row.written + timedelta(days=days) < reader.now
    return Fill(authorised(row.quantity or Decimal(0), row.repeats), handed_over, expired)


@query("dispense.read")
def fill(reader: Reader, prescription: UUID) -> Fill:
    """How far one prescription is filled, as far as this station knows."""
    row = reader.get(Prescription, prescription)
    return fill_of(reader, row, supplied(reader, [prescription]).get(prescription, Decimal(0)))


@query("dispense.read")
def lent_here(reader: Reader, prescriptions: Collection[UUID]) -> dict[UUID, Decimal]:
    """How much of each prescription's rest is lent to this station now and not given away; absent without a lease."""
    return _lent(reader, prescriptions, Lease.device == reader.station.device)


@query("dispense.read")
def lent_elsewhere(reader: Reader, prescriptions: Collection[UUID]) -> dict[UUID, Decimal]:
    """How much of each prescription's rest other stations hold now and have not given away."""
    return _lent(reader, prescriptions, Lease.device != reader.station.device)


def _lent(reader: Reader, prescriptions: Collection[UUID], whose: ColumnElement[bool]) -> dict[UUID, Decimal]:
    question = select(Lease.id, Lease.subject, Lease.amount).where(
        Lease.kind == "prescription", Lease.subject.in_(prescriptions), whose, runs(reader.now)
    )
    left: dict[UUID, Decimal] = defaultdict(Decimal)
    for lease in reader.rows(question):
        spent = reader.rows(select(LeaseSpend.amount).where(LeaseSpend.lease == lease.id))
        left[lease.subject] += lease.amount - sum((s.amount for s in spent), Decimal(0))
    return dict(left)


@query("dispense.read")
def open_prescriptions(reader: Reader, charts: Collection[UUID] | None = None) -> list[tuple[Row[Any], Fill]]:
    """Prescriptions that the counter may still meet: active or on hold, with a quantity, not run out; oldest first."""
    days = int(setting(reader, "prescription_valid_days", VALID_DAYS))
    question = select(Prescription.__table__).where(
        Prescription.status.in_(("active", "on-hold")),
        Prescription.quantity.is_not(None),
        Prescription.written >= reader.now - timedelta(days=days),
    )
    if charts is not None:
        question = question.where(Prescription.patient.in_(charts))
    rows = reader.rows(question.order_by(Prescription.written, Prescription.id))
    done = supplied(reader, [row.id for row in rows])
    return [(row, fill_of(reader, row, done.get(row.id, Decimal(0)))) for row in rows]


@query("dispense.read")
def queue(reader: Reader) -> Queue:
    """Who waits at the counter, who is owed something, and who collected today."""
    groups: dict[tuple[UUID, UUID | None], list[tuple[Row[Any], Fill]]] = defaultdict(list)
    found = open_prescriptions(reader)
    persons = people(reader, {row.patient for row, _fill in found})
    for row, filled in found:
        groups[persons[row.patient].survivor, row.encounter].append((row, filled))
    who = names(reader, {patient for patient, _encounter in groups})
    today = _collected_today(reader)
    lines = [
        _queue_row(reader, who[patient], encounter, members)
        for (patient, encounter), members in groups.items()
        if patient in who
    ]
    waiting = sorted((q for q in lines if q.state in (NOT_STARTED, "held")), key=lambda q: q.since)
    owing = sorted((q for q in lines if q.state == PARTIAL), key=lambda q: q.since)
    collected = sorted(
        (q for q in lines if q.state == COMPLETE and today & set(q.prescriptions)), key=lambda q: q.since, reverse=True
    )
    return Queue(tuple(waiting), tuple(owing), tuple(collected))


def _queue_row(
    reader: Reader, name: PatientName, encounter: UUID | None, members: Sequence[tuple[Row[Any], Fill]]
) -> QueueRow:
    rows = [row for row, _fill in members]
    requester = rows[0].requester
    return QueueRow(
        name.patient,
        name,
        encounter,
        tuple(row.id for row in rows),
        person_names(reader, [requester])[requester],
        min(row.written for row in rows),
        tuple(COMPLETE if f.state in (OVER, EXPIRED) else f.state for _row, f in members),
        any(row.status == "on-hold" for row in rows),
        bool(reader.local_only([row.id for row in rows])),
    )


def _collected_today(reader: Reader) -> set[UUID]:
    start = reader.now - timedelta(days=1)
    rows = reader.rows(_standing().where(Dispense.at >= start))
    return {row.prescription for row in rows if clinic_day(reader, row.at) == clinic_day(reader)}


@query("dispense.read")
def supplies(reader: Reader, patient: UUID, limit: int = 50) -> tuple[SupplyRow, ...]:
    """What the person behind a chart was given, the latest first, voided hand-overs too."""
    charts = one_person(reader, patient).charts
    question = select(Dispense.__table__).where(Dispense.patient.in_(charts))
    return _supply_rows(reader, reader.rows(question.order_by(Dispense.at.desc()).limit(limit)))


@query("dispense.read")
def supplies_of(reader: Reader, prescription: UUID) -> tuple[SupplyRow, ...]:
    """Every hand-over of one prescription, the earliest first."""
    question = select(Dispense.__table__).where(Dispense.prescription == prescription).order_by(Dispense.at)
    return _supply_rows(reader, reader.rows(question))


@query("dispense.read")
def supply(reader: Reader, dispense: UUID) -> SupplyRow:
    """One hand-over; NotFound when it is not on this device."""
    return _supply_rows(reader, [reader.get(Dispense, dispense)])[0]


def _supply_rows(reader: Reader, rows: list[Row[Any]]) -> tuple[SupplyRow, ...]:
    ids = [row.id for row in rows]
    struck = reader.rows(select(DispenseVoid.__table__).where(DispenseVoid.dispense.in_(ids)))
    voids = {void.dispense: void for void in struck}
    wanted = {row.prescription for row in rows}
    shown = reader.rows(select(Prescription.id, Prescription.display).where(Prescription.id.in_(wanted)))
    display = {row.id: row.display for row in shown}
    by = person_names(reader, [row.by for row in (*rows, *struck)])
    here = reader.local_only(ids) if ids else set()
    handed = {row.edition for row in rows}
    classed = select(ItemVersion.id).where(ItemVersion.id.in_(handed), ItemVersion.schedule.is_not(None))
    controlled = {row.id for row in reader.rows(classed)} if rows else set()
    return tuple(
        SupplyRow(
            r.id,
            r.prescription,
            r.patient,
            r.item,
            r.edition,
            display.get(r.prescription, ""),
            r.quantity,
            r.unit,
            r.at,
            by[r.by],
            r.firm,
            r.override_reason,
            _batches(r.batches),
            void.reason if void else None,
            r.id in here,
            r.edition in controlled,
            by[void.by] if void else "",
            void.at if void else None,
        )
        for r in rows
        for void in (voids.get(r.id),)
    )


def _batches(listed: list[dict[str, str]]) -> tuple[tuple[UUID, Decimal], ...]:
    return tuple((UUID(one["batch"]), Decimal(one["quantity"])) for one in listed)

# SPDX-License-Identifier: Apache-2.0
"""What the counter shows of one patient: each line with its checks, its batches, its directions and its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.ehr.queries_allergies import Allergies, allergies
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow, checks, medicine_rows, overrides
from hms_desktop.clinic.ehr.rules_medicines import Alert
from hms_desktop.clinic.inventory.model import Batch
from hms_desktop.clinic.inventory.queries import ItemRow, StockLine, item_rows, own_place, stock_lines, today
from hms_desktop.clinic.inventory.queries import item as item_of
from hms_desktop.clinic.inventory.rules import Pick
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.pharmacy.queries import (
    SupplyRow,
    fill_of,
    lent_here,
    open_prescriptions,
    supplied,
    supplies,
    supply,
)
from hms_desktop.clinic.pharmacy.rules import (
    COMPLETE,
    NO_ALLERGY_RECORD,
    OVER,
    Fill,
    directions,
    judge,
    proposal,
    units_each,
)
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class LineAlert:
    """An alert of a line; `answer` is the reason why somebody went on in spite of it, or None while it stands open."""

    alert: Alert
    answer: str | None


@dataclass(frozen=True)
class CounterLine:
    """One prescription at the counter. `contested` names the groups in which two values stand against each other.

    `picks` propose the batches that expire first for what is owed; `short` is what the shelf lacks; `lent` is what of
    the rest this station may give away without asking, None when it holds no lease.
    """

    medicine: MedicineRow
    fill: Fill
    item: ItemRow | None
    alerts: tuple[LineAlert, ...]
    not_checked: tuple[str, ...]
    checked_with: str
    contested: frozenset[str]
    stock: tuple[StockLine, ...]
    picks: tuple[Pick, ...]
    short: Decimal
    lent: Decimal | None
    directions: str

    @property
    def stops(self) -> tuple[LineAlert, ...]:
        """Stop alerts that nobody has answered."""
        return tuple(a for a in self.alerts if a.alert.tier == "stop" and a.answer is None)

    @property
    def to_answer(self) -> tuple[LineAlert, ...]:
        """Every alert that waits for an answer, stops first."""
        return tuple(a for a in self.alerts if a.answer is None)

    @property
    def state(self) -> str:
        """One word for the line's chip, the gravest first."""
        if self.fill.state in (COMPLETE, OVER):
            return self.fill.state
        if self.contested:
            return "conflict"
        if self.stops:
            return "stopped"
        if self.medicine.status == "on-hold":
            return "held"
        if self.to_answer:
            return "reason"
        return "short" if self.short or self.item is None else self.fill.state


@dataclass(frozen=True)
class Counter:
    """Everything the dispensing screen shows of one patient."""

    patient: UUID
    allergies: Allergies
    could_not_ask: str | None
    lines: tuple[CounterLine, ...]
    supplied_before: tuple[SupplyRow, ...]
    place: UUID

    @property
    def blocked_by_allergies(self) -> bool:
        """Whether nothing may be handed over until somebody asked about allergies, or said why they could not."""
        if self.allergies.state == "unavailable":
            return True
        return self.allergies.state == "not-recorded" and self.could_not_ask is None


@dataclass(frozen=True)
class LabelFacts:
    """What a medicine label says of one hand-over; batches with their last days."""

    medicine: str
    directions: str
    quantity: Decimal
    unit: str
    cautions: tuple[str, ...]
    batches: tuple[tuple[str, date], ...]
    supplied_at: datetime
    by: str
    firm: bool
    patient: UUID


@query("dispense.read")
def counter(reader: Reader, patient: UUID) -> Counter:
    """The lines of a person that may be supplied or were supplied lately, over all their charts."""
    place = own_place(reader)
    found = open_prescriptions(reader, one_person(reader, patient).charts)
    rows = [row for row, _fill in found]
    items = _items(reader, rows)
    lines = stock_lines(reader, place, [i.id for i in items.values()]) if items else []
    medicines = medicine_rows(reader, rows)
    shown = tuple(
        _line(reader, medicine, row, filled, items.get(row.medicine), lines)
        for medicine, (row, filled) in zip(medicines, found, strict=True)
    )
    return Counter(
        patient,
        allergies(reader, patient),
        could_not_ask(reader, [row.id for row in rows]),
        shown,
        supplies(reader, patient),
        place,
    )


@query("dispense.read")
def could_not_ask(reader: Reader, prescriptions: Sequence[UUID]) -> str | None:
    """Why somebody could not ask about allergies for one of these prescriptions, or None."""
    for prescription in prescriptions:
        for override in overrides(reader, prescription):
            if override.kind == NO_ALLERGY_RECORD:
                return override.reason
    return None


@query("dispense.read")
def line_states(reader: Reader, prescriptions: Sequence[UUID]) -> dict[UUID, str]:
    """The word for each of these lines' chips, for the queue."""
    place = own_place(reader)
    return {one: line(reader, one, place).state for one in prescriptions}


@query("dispense.read")
def line(reader: Reader, prescription: UUID, place: UUID) -> CounterLine:
    """One line as the counter checks it at the moment of hand-over."""
    row = reader.get(Prescription, prescription)
    items = _items(reader, [row])
    stock = stock_lines(reader, place, items) if items else []
    filled = fill_of(reader, row, supplied(reader, [prescription]).get(prescription, Decimal(0)))
    return _line(reader, medicine_rows(reader, [row])[0], row, filled, items.get(row.medicine), stock)


def _items(reader: Reader, rows: Sequence[Row[Any]]) -> dict[UUID, ItemRow]:
    return item_rows(reader, {row.medicine for row in rows if row.medicine})


def _line(
    reader: Reader, medicine: MedicineRow, row: Row[Any], filled: Fill, item: ItemRow | None, stock: Sequence[StockLine]
) -> CounterLine:
    found = checks(reader, row.patient, row.display, row.ingredient, row.classes, leave_out=row.id)
    own = tuple(s for s in stock if item and s.item.id == item.id)
    picks, short = proposal([s.as_shelf for s in own], filled.owing, today(reader))
    answers = {(o.kind, o.detail): o.reason for o in overrides(reader, row.id)}
    alerts = tuple(LineAlert(a, answers.get((a.kind, a.title))) for a in found.alerts)
    return CounterLine(
        medicine,
        filled,
        item,
        alerts,
        found.not_checked,
        found.version,
        contested_groups(reader, row.id),
        own,
        picks,
        short,
        lent_here(reader, [row.id]).get(row.id),
        _directions(medicine, item),
    )


@query("dispense.read")
def contested_groups(reader: Reader, prescription: UUID) -> frozenset[str]:
    """Groups of the prescription that a person must settle before anything is handed over."""
    return frozenset(reader.heads(Prescription, prescription)) & {"what", "dose", "state"}


def _directions(medicine: MedicineRow, item: ItemRow | None) -> str:
    dose = medicine.dose
    if dose is None:
        return medicine.dose_line
    each = units_each(dose.amount, dose.unit, item.strength, item.unit) if item else None
    said = directions(
        dose=dose.amount,
        dose_unit=dose.unit,
        each=each,
        unit=item.unit if item else dose.unit,
        route=dose.route,
        frequency=dose.frequency,
        days=dose.days,
        prn=dose.prn,
    )
    return _("{directions} The dose was changed.").format(directions=said) if medicine.amended else said


@query("dispense.read")
def label_before(reader: Reader, prescription: UUID, quantity: Decimal, picks: Sequence[Pick]) -> LabelFacts:
    """The label of a line that is being prepared, from the batches picked for it."""
    shown = line(reader, prescription, own_place(reader))
    item = shown.item
    name = (item.display, item.strength, item.form) if item else (shown.medicine.display, shown.medicine.form)
    batches = [reader.get(Batch, pick.batch) for pick in picks]
    return LabelFacts(
        " ".join(part for part in name if part),
        shown.directions,
        quantity,
        item.unit if item else "",
        (item.label_text,) if item and item.label_text else (),
        tuple((b.lot, b.expires) for b in batches),
        reader.now,
        reader.person.name,
        judge(quantity, shown.fill, shown.lent, "").firm,
        shown.medicine.patient,
    )


@query("dispense.read")
def label(reader: Reader, dispense: UUID) -> LabelFacts:
    """The label of a hand-over: what was given from which batches, in the words of then, and how it is taken."""
    handed = supply(reader, dispense)
    item = item_of(reader, handed.item, handed.edition)
    medicine = medicine_rows(reader, [reader.get(Prescription, handed.prescription)])[0]
    batches = [reader.get(Batch, batch) for batch, _quantity in handed.batches]
    return LabelFacts(
        " ".join(part for part in (item.display, item.strength, item.form) if part),
        _directions(medicine, item),
        handed.quantity,
        handed.unit,
        (item.label_text,) if item.label_text else (),
        tuple((b.lot, b.expires) for b in batches),
        handed.at,
        handed.by,
        handed.firm,
        handed.patient,
    )

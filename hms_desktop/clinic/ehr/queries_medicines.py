# SPDX-License-Identifier: Apache-2.0
"""A person's medicines: what is taken now, what was stopped, doses that stand against each other, and the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.knowledge import allergy_knowledge
from hms_desktop.clinic.ehr.model import AlertOverride, Prescription
from hms_desktop.clinic.ehr.queries_allergies import allergy_facts
from hms_desktop.clinic.ehr.queries_people import clinic_day, person_names
from hms_desktop.clinic.ehr.rules_doses import Dose, dose_words
from hms_desktop.clinic.ehr.rules_medicines import Checks, Current, Knowledge, Medicine, check_medicine, medicine_facts
from hms_desktop.clinic.patients.queries_people import one_person, seen_person
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

CURRENT = ("active", "on-hold")


@dataclass(frozen=True)
class DoseOption:
    """One of the doses that stand: who wrote it and when, and how it reads."""

    stamp: int
    author: int
    at: datetime
    line: str


@dataclass(frozen=True)
class MedicineRow:
    """A prescription as it is shown. `doses` holds every standing dose when two people changed it; else it is empty."""

    id: UUID
    patient: UUID
    encounter: UUID | None
    medicine: UUID | None
    display: str
    form: str | None
    dose: Dose | None
    dose_line: str
    quantity: Decimal | None
    quantity_unit: str | None
    repeats: int
    status: str
    stop_reason: str | None
    written: datetime
    requester: str
    review_on: date | None
    reason: str | None
    doses: tuple[DoseOption, ...]
    saved_here: bool
    amended: bool = False
    """Whether the dose was changed after the prescription was written."""
    edition: UUID | None = None
    """The version of the medicine that it was written with."""


@dataclass(frozen=True)
class Override:
    """An alert that somebody went past."""

    kind: str
    detail: str
    reason: str
    by: str
    at: datetime


@query("chart.read", "dispense.read")
def medicines(reader: Reader, patient: UUID, *, current: bool = True) -> tuple[MedicineRow, ...]:
    """Medicines of the person behind a chart, latest first: those taken now, or with `current` False the others."""
    where = Prescription.status.in_(CURRENT) if current else Prescription.status.notin_((*CURRENT, "draft"))
    charts = seen_person(reader, patient).charts
    question = select(Prescription.__table__).where(Prescription.patient.in_(charts), where)
    return medicine_rows(reader, reader.rows(question.order_by(Prescription.written.desc(), Prescription.id)))


@query("chart.read", "dispense.read")
def medicine(reader: Reader, prescription: UUID) -> MedicineRow:
    """One prescription; NotFound when it is not on this device."""
    return medicine_rows(reader, [reader.get(Prescription, prescription)])[0]


@query("chart.read", "dispense.read")
def medicine_rows(reader: Reader, rows: list[Row[Any]]) -> tuple[MedicineRow, ...]:
    """Rows of the prescription table for reading."""
    names = person_names(reader, [row.requester for row in rows])
    here = reader.local_only([row.id for row in rows]) if rows else set()
    return tuple(
        MedicineRow(
            row.id,
            row.patient,
            row.encounter,
            row.medicine,
            row.display,
            row.form,
            dose_of(row._asdict()),
            line_of(row._asdict()),
            row.quantity,
            row.quantity_unit,
            row.repeats or 0,
            row.status,
            row.stop_reason,
            row.written,
            names[row.requester],
            row.review_on,
            row.reason,
            contested_doses(reader, row.id),
            row.id in here,
            (row.g_dose or 0) > row.k,
            row.edition,
        )
        for row in rows
    )


@query("chart.read", "dispense.read")
def contested_doses(reader: Reader, prescription: UUID) -> tuple[DoseOption, ...]:
    """Every dose that stands when two people changed it; empty when there is one. Until settled, nobody supplies."""
    heads = reader.heads(Prescription, prescription).get("dose", [])
    return tuple(DoseOption(head.stamp, head.author, head.at, line_of(head.values)) for head in heads)


def dose_of(values: Mapping[str, Any]) -> Dose | None:
    """The dose group of a row or head; None when it is not whole, as in some imported records."""
    if values["dose"] is None or values["times_per_day"] is None or values["days"] is None:
        return None
    return Dose(
        values["dose"],
        values["dose_unit"] or "",
        values["route"] or "",
        values["frequency"] or "",
        values["times_per_day"],
        values["days"],
        bool(values["prn"]),
    )


def line_of(values: Mapping[str, Any]) -> str:
    """The dose line of a row or head; without a whole dose its text as it was written, or an empty line."""
    dose = dose_of(values)
    return dose_words(dose) if dose else (values["frequency"] or "")


@query("chart.read", "dispense.read")
def overrides(reader: Reader, subject: UUID) -> tuple[Override, ...]:
    """The alerts that were overridden for a prescription or order."""
    question = select(AlertOverride.__table__).where(AlertOverride.subject == subject)
    rows = reader.rows(question.order_by(AlertOverride.at))
    names = person_names(reader, [row.by for row in rows])
    return tuple(Override(row.kind, row.detail, row.reason, names[row.by], row.at) for row in rows)


@query("chart.read", "dispense.read")
def current_medicines(reader: Reader, patient: UUID, leave_out: UUID | None = None) -> tuple[Current, ...]:
    """What the person takes now, as the duplicate check sees it; drafts in the basket count."""
    charts = one_person(reader, patient).charts
    question = select(Prescription.__table__).where(
        Prescription.patient.in_(charts), Prescription.status.in_((*CURRENT, "draft"))
    )
    known = allergy_knowledge()
    found = [(row, row_facts(row, known)) for row in reader.rows(question) if row.id != leave_out]
    return tuple(Current(row.id, row.display, facts.ingredients, facts.classes) for row, facts in found)


def row_facts(row: Row[Any], knowledge: Knowledge | None) -> Medicine:
    """A prescription row as the checks see it."""
    return medicine_facts(row.display, row.ingredient, row.classes, knowledge, row.id)


@query("chart.read", "dispense.read")
def checks(
    reader: Reader,
    patient: UUID,
    display: str,
    ingredients: str | None,
    classes: str | None,
    leave_out: UUID | None = None,
) -> Checks:
    """Every check of a medicine for the person behind a chart; lists are parted by semicolons.

    `leave_out` is the prescription being looked at, so that it is no duplicate of itself.
    """
    knowledge = allergy_knowledge()
    taken = current_medicines(reader, patient, leave_out)
    asked = medicine_facts(display, ingredients, classes, knowledge)
    return check_medicine(asked, allergy_facts(reader, patient), taken, knowledge, clinic_day(reader))

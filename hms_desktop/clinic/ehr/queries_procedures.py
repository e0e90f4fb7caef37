# SPDX-License-Identifier: Apache-2.0
"""Procedures as the chart shows them, mistakes struck through with their reason; and the clinic's list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Procedure, ProcedureType, ProcedureVoid
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.patients.queries_people import seen_person
from hms_desktop.security.queries import query
from hms_desktop.storage.editions import in_force
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class ProcedureRow:
    """A procedure that was done; `void_reason`, who and when, when it was entered in error."""

    id: UUID
    encounter: UUID | None
    code: str | None
    display: str
    at: datetime
    by: str
    reason: str | None
    imported: bool
    void_reason: str | None
    void_by: str
    void_at: datetime | None
    saved_here: bool


@dataclass(frozen=True)
class ProcedureTypeRow:
    """A procedure of the clinic's list."""

    id: UUID
    code: str
    display: str
    price_code: str | None


@query("chart.read")
def procedures(reader: Reader, patient: UUID, limit: int = 300) -> tuple[ProcedureRow, ...]:
    """What was done to the person behind a chart, the latest first."""
    charts = seen_person(reader, patient).charts
    question = select(Procedure.__table__).where(Procedure.patient.in_(charts)).order_by(Procedure.at.desc())
    rows = reader.rows(question.limit(limit))
    ids = [row.id for row in rows]
    struck = reader.rows(select(ProcedureVoid.__table__).where(ProcedureVoid.procedure.in_(ids))) if ids else []
    voids = {row.procedure: row for row in struck}
    who = person_names(reader, [*(row.by for row in rows), *(row.by for row in struck)])
    here = reader.local_only([*ids, *voids]) if ids else set()
    return tuple(
        ProcedureRow(
            row.id, row.encounter, row.code, row.display, row.at, who[row.by], row.reason, row.source is not None,
            void.reason if void else None, who[void.by] if void else "", void.at if void else None, row.id in here,
        )
        for row in rows
        for void in (voids.get(row.id),)
    )  # fmt: skip


@query("chart.read", "procedure.catalogue")
def procedure_types(reader: Reader) -> tuple[ProcedureTypeRow, ...]:
    """The clinic's list of today by name."""
    rows = sorted(in_force(reader, ProcedureType), key=lambda row: row.display)
    return tuple(ProcedureTypeRow(r.id, r.code, r.display, r.price_code) for r in rows)

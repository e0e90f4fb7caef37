# SPDX-License-Identifier: Apache-2.0
"""Whose chart an entry that counts stands in: for a mark or a change of it that was refused and is asked for again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import (
    Condition,
    Encounter,
    Note,
    NoteVoid,
    Observation,
    ObservationVoid,
    Order,
    Prescription,
    Procedure,
    ProcedureVoid,
)
from hms_desktop.clinic.ehr.model_visits import VisitLink, VisitLinkVoid
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

MISTAKE = "entered-in-error"
_STATED = {"prescription": Prescription, "service_order": Order, "encounter": Encounter, "condition": Condition}
_FACTS = {"observation": Observation, "note": Note, "procedure": Procedure, "visit_link": VisitLink}
_VOIDS = {
    "observation": ObservationVoid.observation,
    "note": NoteVoid.note,
    "procedure": ProcedureVoid.procedure,
    "visit_link": VisitLinkVoid.visit_link,
}


@query("chart.read")
def chart_of_entry(reader: Reader, table: str, id: UUID) -> UUID | None:
    """The patient of an entry of a chart; None when it is not here, or is marked as a mistake already."""
    if table in _STATED:
        row = reader.find(_STATED[table], id)
        state = (getattr(row, "status", None), getattr(row, "verification_status", None))
        return row.patient if row is not None and MISTAKE not in state else None
    row = reader.find(_FACTS[table], id)
    if row is None or reader.scalar(select(_VOIDS[table]).where(_VOIDS[table] == id)) is not None:
        return None
    visit = reader.find(Encounter, row.survivor) if table == "visit_link" else row
    return visit.patient if visit is not None else None

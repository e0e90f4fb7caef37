# SPDX-License-Identifier: Apache-2.0
"""The history of one entry of the record of care: every version with who, when, where and why, mistakes included."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import (
    NoteAddendum,
    NoteSection,
    NoteSignature,
    NoteVoid,
    Observation,
    ObservationVoid,
    ProcedureVoid,
)
from hms_desktop.clinic.ehr.model_templates import NoteBeginning
from hms_desktop.security.queries import query
from hms_desktop.security.versions import Versions, record_versions
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import table_of

_PARTS: dict[str, tuple[tuple[Any, Any], ...]] = {
    "note": (
        (NoteSection, NoteSection.note),
        (NoteSignature, NoteSignature.note),
        (NoteAddendum, NoteAddendum.note),
        (NoteVoid, NoteVoid.note),
        (NoteBeginning, NoteBeginning.note),
    ),
    "observation": ((Observation, Observation.parent), (ObservationVoid, ObservationVoid.observation)),
    "procedure": ((ProcedureVoid, ProcedureVoid.procedure),),
}
"""Records that belong to an entry, each with the column that points at it."""


@query("chart.read")
def entry_versions(reader: Reader, table: str, id: UUID) -> Versions:
    """Every version of an entry, and what was added to it or said of it, newest first."""
    records: list[tuple[Any, UUID]] = [(table_of(table).record, id)]
    for record, column in _PARTS.get(table, ()):
        records += [(record, row.id) for row in reader.rows(select(record.id).where(column == id))]
    return record_versions(reader, records)

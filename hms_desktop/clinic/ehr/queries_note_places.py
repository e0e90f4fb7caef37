# SPDX-License-Identifier: Apache-2.0
"""Where a section of a note belongs, and what stands there now: for words that came back and are taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Encounter, Note, NoteSection
from hms_desktop.clinic.ehr.queries_notes import note_id, section_id, standing_texts
from hms_desktop.clinic.ehr.rules_notes import SECTIONS
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class NotePlace:
    """The visit that a note belongs to and what stands in its sections now; `section_of` names a section by its id."""

    patient: UUID
    encounter: UUID
    standing: dict[str, str]

    def section_of(self, id: UUID) -> str | None:
        """The section that this record is, by its rule."""
        note = note_id(self.encounter)
        return next((name for name in SECTIONS if section_id(note, name) == id), None)


@query("chart.read")
def note_place(reader: Reader, encounter: UUID | None, section: UUID) -> NotePlace | None:
    """Where a section's note belongs: to this visit, else to the one of the note that holds it; None when not here."""
    if encounter is None:
        of_section = select(Note.encounter).join(NoteSection, NoteSection.note == Note.id)
        encounter = reader.scalar(of_section.where(NoteSection.id == section))
    visit = reader.find(Encounter, encounter) if encounter is not None else None
    return NotePlace(visit.patient, visit.id, standing_texts(reader, note_id(visit.id))) if visit is not None else None


@query("chart.read")
def visit_of_note(reader: Reader, note: UUID) -> tuple[UUID, UUID] | None:
    """The patient and the visit that a note is of; None when it is not here."""
    written = reader.find(Note, note)
    visit = reader.find(Encounter, written.encounter) if written is not None else None
    return (visit.patient, visit.id) if visit is not None else None

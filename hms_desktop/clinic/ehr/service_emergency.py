# SPDX-License-Identifier: Apache-2.0
"""Care while the workstation's permit has ended: read what an emergency needs, add a note or an allergy, with a reason.

Each look is a breaking of the glass: a privacy officer reviews it, and who it is about can be told. Nothing that stands
is changed here; what is added counts like everything else once the server has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hms_desktop.clinic.ehr.events import NoteSigned
from hms_desktop.clinic.ehr.model import Note, NoteSection, NoteSignature
from hms_desktop.clinic.ehr.queries import ProblemRow, problems
from hms_desktop.clinic.ehr.queries_allergies import Allergies, allergies
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow, medicines
from hms_desktop.clinic.ehr.queries_notes import section_id
from hms_desktop.clinic.ehr.queries_people import holds
from hms_desktop.clinic.ehr.rules_notes import AUTHOR, IN_TRAINING, digest_of, needs_cosign, signed_text
from hms_desktop.clinic.ehr.service_allergies import record_allergy
from hms_desktop.clinic.ehr.service_visits import chart_of
from hms_desktop.clinic.patients.model_restricted import BrokenGlass
from hms_desktop.clinic.patients.queries_people import PatientName, names, one_person
from hms_desktop.clinic.patients.queries_search import Found
from hms_desktop.clinic.patients.rules_restricted import GLASS_MINUTES, NO_PERMIT, require_words
from hms_desktop.clinic.patients.service import find_patients
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

EMERGENCY_NOTE = "Emergency note"


@dataclass(frozen=True)
class EmergencyCard:
    """What an emergency needs of one patient; None where this workstation does not hold it."""

    name: PatientName
    allergies: Allergies
    problems: tuple[ProblemRow, ...] | None
    medicines: tuple[MedicineRow, ...] | None
    takes_notes: bool
    takes_allergies: bool


@action("ehr.emergency_find", needs="emergency.read")
def find_in_emergency(unit: Unit, *, text: str, limit: int = 12) -> Found:
    """Find a patient while the permit has ended; the search is noted as any other."""
    return find_patients(unit, text=text, limit=limit)


@action("ehr.emergency_read", needs="emergency.read")
def read_in_emergency(unit: Unit, *, patient: UUID, reason: str) -> EmergencyCard:
    """Read a patient's allergies, problems and current medicines while the permit has ended; reviewed afterwards."""
    why = require_words(reason, "reason", _("Say in a few words why you need it."))
    person = one_person(unit, patient)
    _mark(unit, person.survivor, why)
    record_access(unit, "break-glass", person.survivor, NO_PERMIT, purpose="emergency")
    return EmergencyCard(
        name=names(unit, [person.survivor])[person.survivor],
        allergies=allergies(unit, person.survivor),
        problems=problems(unit, person.survivor) if holds(unit, "condition") else None,
        medicines=medicines(unit, person.survivor) if holds(unit, "prescription") else None,
        takes_notes=holds(unit, "note"),
        takes_allergies=holds(unit, "allergy"),
    )


@action("ehr.emergency_note", needs="emergency.record")
def write_in_emergency(unit: Unit, *, patient: UUID, reason: str, text: str) -> UUID:
    """Add a note to a chart while the permit has ended: signed as it is saved, and reviewed."""
    why = require_words(reason, "reason", _("Say in a few words why you need it."))
    words = text.strip()
    if not words:
        raise BadInput(_("Type the note."), "text")
    if not holds(unit, "note"):
        raise Refused(_("This workstation holds no notes. Write it on paper, and into the chart where notes are held."))
    chart = chart_of(unit, patient)
    _mark(unit, chart, why)
    note = unit.add(Note, patient=chart, encounter=None, title=EMERGENCY_NOTE, by=unit.person.id)
    unit.add(NoteSection, id=section_id(note, "assessment"), note=note, section="assessment", text=words)
    _sign(unit, note, chart, words)
    return note


@action("ehr.emergency_allergy", needs="emergency.record")
def add_allergy_in_emergency(
    unit: Unit, *, patient: UUID, reason: str, substance: str, reaction: str | None = None
) -> UUID:
    """Add an allergy while the permit has ended: unconfirmed until somebody confirms it, and reviewed."""
    why = require_words(reason, "reason", _("Say in a few words why you need it."))
    _mark(unit, one_person(unit, patient).survivor, why)
    return record_allergy(unit, patient, substance, reaction=reaction)


def _mark(unit: Unit, patient: UUID, why: str) -> None:
    """For the review: whose chart, by whom, why; it also opens the record of a restricted patient for an hour."""
    until = instant(unit.latest_ms) + timedelta(minutes=GLASS_MINUTES)
    unit.add(BrokenGlass, patient=patient, by=unit.person.id, reason=NO_PERMIT, words=why, until=until)


def _sign(unit: Unit, note: UUID, chart: UUID, words: str) -> None:
    text = signed_text(chart, None, {"assessment": words})
    meaning = IN_TRAINING if needs_cosign(unit.person.roles) else AUTHOR
    id = unit.add(
        NoteSignature, note=note, by=unit.person.id, meaning=meaning, at=unit.now, digest=digest_of(text), text=text
    )
    unit.announce(NoteSigned(note, id, chart, None, EMERGENCY_NOTE, unit.person.id, unit.now))

# SPDX-License-Identifier: Apache-2.0
"""Writing a visit's note without overwriting a colleague, signing and countersigning it, adding to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.events import AddendumWritten, NoteSigned
from hms_desktop.clinic.ehr.model import Encounter, Note, NoteAddendum, NoteSection, NoteSignature, NoteVoid
from hms_desktop.clinic.ehr.queries_notes import contested_sections, note_id, section_id, standing_texts
from hms_desktop.clinic.ehr.rules_notes import (
    AUTHOR,
    COSIGNER,
    IN_TRAINING,
    SECTIONS,
    VISIT_NOTE,
    Texts,
    digest_of,
    is_empty,
    moved_sections,
    needs_cosign,
    note_title,
    section_name,
    signed_text,
)
from hms_desktop.clinic.ehr.service_templates import note_beginning
from hms_desktop.clinic.ehr.service_visits import chart_of, require_settled
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


class WrittenMeanwhile(Refused):
    """Somebody else changed these sections since they were read: `sections` holds their text now. Nothing was saved."""

    def __init__(self, sections: Mapping[str, str]) -> None:
        names = ", ".join(section_name(name) for name in sections)
        super().__init__(
            _("A colleague changed {sections} while you wrote. Both texts are shown: keep what is right.").format(
                sections=names
            )
        )
        self.sections = dict(sections)


@action("ehr.write_note", needs="note.write")
def write_note(
    unit: Unit, encounter: UUID, texts: Texts, *, seen: Texts | None = None, begun: Sequence[UUID] = ()
) -> UUID:
    """Save sections of a visit's note as its common draft; sections not given stay as they are.

    `begun` are the versions of templates that were put into it since it was read: the note keeps them. `seen` is what
    the writer read before writing: a section that a colleague changed since then raises WrittenMeanwhile instead of
    being overwritten.
    """
    if unknown := sorted(set(texts) - set(SECTIONS)):
        raise BadInput(_("A note has no section “{name}”.").format(name=unknown[0]), unknown[0])
    visit = unit.get(Encounter, encounter)
    id = note_id(encounter)
    if unit.find(Note, id) is None:
        chart = chart_of(unit, visit.patient)
        unit.add(Note, id=id, patient=chart, encounter=encounter, title=VISIT_NOTE, by=unit.person.id)
    _refuse_signed(unit, id)
    now = standing_texts(unit, id)
    if moved := moved_sections(seen or now, now, texts):
        raise WrittenMeanwhile(moved)
    contested = contested_sections(unit, id)
    for name, text in texts.items():
        if (text or "") != now[name] or name in contested:
            _write_section(unit, id, name, text or "")
    for template in begun:
        note_beginning(unit, id, template)
    return id


def _write_section(unit: Unit, note: UUID, name: str, text: str) -> None:
    id = section_id(note, name)
    if unit.find(NoteSection, id) is None:
        unit.add(NoteSection, id=id, note=note, section=name, text=text)
    else:
        unit.change(NoteSection, id, text=text)


def sign(unit: Unit, encounter: UUID, seen_digest: str) -> UUID | None:
    """Sign the note of a visit as it was read; None when nobody wrote one. Part of `sign_visit`."""
    row = unit.find(Note, note_id(encounter))
    if row is None or is_empty(standing_texts(unit, row.id)):
        return None
    _refuse_signed(unit, row.id)
    for name in SECTIONS:
        require_settled(unit, NoteSection, section_id(row.id, name), ("words",), _("this note"))
    text = signed_text(row.patient, row.encounter, standing_texts(unit, row.id))
    if digest_of(text) != seen_digest:
        raise Refused(_("The note changed since you read it. Read it again, then sign."))
    meaning = IN_TRAINING if needs_cosign(unit.person.roles) else AUTHOR
    return _add_signature(unit, row, text, meaning)


def is_signed(unit: Unit, encounter: UUID) -> bool:
    """Whether the note of a visit was signed: what is ordered after that is signed without it. Part of `sign_visit`."""
    return bool(_signatures(unit, note_id(encounter)))


def digest_now(unit: Unit, encounter: UUID) -> str:
    """The digest of a visit's note as it stands. Part of `sign_visit`, after the signer's own text was saved."""
    row = unit.get(Note, note_id(encounter))
    return digest_of(signed_text(row.patient, row.encounter, standing_texts(unit, row.id)))


@action("ehr.cosign_note", needs="note.cosign")
def cosign_note(unit: Unit, note: UUID) -> UUID:
    """Countersign what somebody in training signed: the same text, which makes the note final."""
    row = unit.get(Note, note)
    signed = _signatures(unit, note)
    if not signed:
        raise Refused(_("The author has not signed this note yet. It can be countersigned after that."))
    if any(s.meaning in (AUTHOR, COSIGNER) for s in signed):
        raise Refused(_("This note is final: nobody needs to countersign it."))
    if any(s.by == unit.person.id for s in signed):
        raise Refused(_("You signed this note yourself. A colleague has to countersign it."))
    return _add_signature(unit, row, signed[0].text, COSIGNER)


@action("ehr.add_addendum", needs="note.sign")
def add_addendum(unit: Unit, note: UUID, text: str) -> UUID:
    """Add words to a signed note; the signed text stays as it is."""
    row = unit.get(Note, note)
    if not text.strip():
        raise BadInput(_("Type what is to be added to the note."), "text")
    if not _signatures(unit, note):
        raise Refused(_("This note is not signed: write into it. Addenda come after signing."))
    id = unit.add(NoteAddendum, note=note, by=unit.person.id, at=unit.now, text=text.strip())
    unit.announce(AddendumWritten(id, note, row.patient, unit.person.id, unit.now))
    return id


@action("ehr.void_note", needs="entry.void")
def void_note(unit: Unit, note: UUID, reason: str) -> None:
    """The note was a mistake, written into the wrong chart for example; it stays readable, with the reason."""
    if not reason.strip():
        raise BadInput(_("Say why the note was a mistake."), "reason")
    unit.get(Note, note)
    if unit.first(select(NoteVoid.id).where(NoteVoid.note == note)) is not None:
        raise Refused(_("This note is marked as entered in error already."))
    unit.add(NoteVoid, note=note, reason=reason.strip(), at=unit.now, by=unit.person.id)


def _add_signature(unit: Unit, row: Row[Any], text: dict[str, str], meaning: str) -> UUID:
    id = unit.add(
        NoteSignature, note=row.id, by=unit.person.id, meaning=meaning, at=unit.now, digest=digest_of(text), text=text
    )
    unit.announce(NoteSigned(row.id, id, row.patient, row.encounter, note_title(row.title), unit.person.id, unit.now))
    return id


def _refuse_signed(unit: Unit, note: UUID) -> None:
    if _signatures(unit, note):
        raise Refused(_("This note is signed and locked. Write an addendum instead."))


def _signatures(unit: Unit, note: UUID) -> list[Row[Any]]:
    question = select(NoteSignature.__table__).where(NoteSignature.note == note)
    return unit.rows(question.order_by(NoteSignature.at, NoteSignature.id))

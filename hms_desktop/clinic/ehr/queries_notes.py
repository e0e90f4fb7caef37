# SPDX-License-Identifier: Apache-2.0
"""Notes as they are read: the text that stands or was signed, who signed, what was added, who still has to sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Encounter, Note, NoteAddendum, NoteSection, NoteSignature, NoteVoid
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.ehr.queries_templates import Beginning, beginnings
from hms_desktop.clinic.ehr.rules_notes import (
    AUTHOR,
    COSIGNER,
    SECTIONS,
    NoteStatus,
    digest_of,
    note_status,
    note_title,
    signed_text,
)
from hms_desktop.clinic.patients.queries_people import PatientName, names, seen_person
from hms_desktop.core.ids import rule_id
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Head, Reader


@dataclass(frozen=True)
class Signature:
    """One signature: `meaning` is author, author-in-training or cosigner; `whole` when its text has its digest."""

    id: UUID
    by: UUID
    name: str
    meaning: str
    at: datetime
    whole: bool


@dataclass(frozen=True)
class Addendum:
    """Words added after signing."""

    id: UUID
    by: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Version:
    """One of the texts of a section that stand against each other."""

    author: int
    at: datetime
    text: str


@dataclass(frozen=True)
class Mistake:
    """An entry was said to be a mistake: why, by whom and when."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class NoteView:
    """A note. Signed: `texts` are those that were signed, and `late` what was written elsewhere before that was known.

    `contested` holds every standing text of a section that two people wrote apart from each other. `digest` is of the
    text as it stands, for signing what was read.
    """

    id: UUID
    patient: UUID
    encounter: UUID | None
    title: str
    author: str
    status: NoteStatus
    locked: bool
    texts: dict[str, str]
    late: dict[str, str]
    contested: dict[str, tuple[Version, ...]]
    signatures: tuple[Signature, ...]
    addenda: tuple[Addendum, ...]
    digest: str
    saved_here: bool
    mistake: Mistake | None = None
    """Set when the note was entered in error: it stays readable and counts no more."""
    begun: tuple[Beginning, ...] = ()
    """The versions of templates that it was begun from."""

    @property
    def waits_for_cosigner(self) -> bool:
        """Signed by somebody in training and by nobody else yet."""
        return self.locked and self.status == "preliminary" and self.mistake is None


@dataclass(frozen=True)
class UnsignedNote:
    """A line of the list of notes that still need a signature; `cosign` when it is the second one."""

    note: UUID
    encounter: UUID | None
    patient: PatientName | None
    title: str
    author: str
    at: datetime | None
    cosign: bool


def note_id(encounter: UUID) -> UUID:
    """The note of a visit, by rule: two clinicians offline write into one note."""
    return rule_id(encounter, "note")


def section_id(note: UUID, section: str) -> UUID:
    """A section of a note, by rule: apart they merge, and the same one written twice stands twice."""
    return rule_id(note, "section:" + section)


@query("chart.read")
def standing_texts(reader: Reader, note: UUID) -> dict[str, str]:
    """The text of every section as it stands; a section that nobody wrote is empty."""
    found = {r.section: r.text for r in reader.rows(select(NoteSection.__table__).where(NoteSection.note == note))}
    return {name: found.get(name, "") for name in SECTIONS}


@query("chart.read")
def contested_sections(reader: Reader, note: UUID) -> dict[str, list[Head]]:
    """Sections in which two texts stand, with both."""
    heads = {name: reader.heads(NoteSection, section_id(note, name)).get("words", []) for name in SECTIONS}
    return {name: found for name, found in heads.items() if found}


@query("chart.read")
def visit_note(reader: Reader, encounter: UUID) -> NoteView | None:
    """The note of a visit, or None while nobody wrote one."""
    row = reader.find(Note, note_id(encounter))
    return None if row is None else _views(reader, [row])[0]


@query("chart.read")
def note(reader: Reader, id: UUID) -> NoteView:
    """A note by its id; NotFound when it is not on this device."""
    return _views(reader, [reader.get(Note, id)])[0]


@query("chart.read")
def notes(reader: Reader, patient: UUID, limit: int = 100) -> tuple[NoteView, ...]:
    """The notes of the person behind a chart, latest first."""
    charts = seen_person(reader, patient).charts
    question = select(Note.__table__).where(Note.patient.in_(charts)).order_by(Note.k.desc()).limit(limit)
    return tuple(_views(reader, reader.rows(question)))


@query("chart.read")
def unsigned_notes(reader: Reader, *, everyone: bool = False, limit: int = 200) -> tuple[UnsignedNote, ...]:
    """Notes that wait for this person's signature, oldest first; with `everyone` those of all authors.

    Who may countersign also sees the notes of people in training that wait for it.
    """
    signed = select(NoteSignature.note).where(NoteSignature.meaning.in_((AUTHOR, COSIGNER)))
    stands = (Note.id.notin_(signed), Note.id.notin_(select(NoteVoid.note)), Note.source.is_(None))
    question = select(Note.__table__).where(*stands).order_by(Note.k).limit(limit)
    me, cosigns = reader.person.id, "note.cosign" in reader.person.permissions
    views = [
        view
        for view, row in _paired(reader, reader.rows(question))
        if everyone or (row.by == me and not view.locked) or (cosigns and view.locked)
    ]
    patients = names(reader, [view.patient for view in views])
    starts = _starts(reader, [view.encounter for view in views])
    return tuple(
        UnsignedNote(v.id, v.encounter, patients.get(v.patient), v.title, v.author, starts.get(v.encounter), v.locked)
        for v in views
    )


def _starts(reader: Reader, visits: Iterable[UUID | None]) -> dict[UUID | None, datetime | None]:
    wanted = [visit for visit in visits if visit is not None]
    question = select(Encounter.id, Encounter.started).where(Encounter.id.in_(wanted))
    return {row.id: row.started for row in reader.rows(question)} if wanted else {}


def _paired(reader: Reader, rows: list[Row[Any]]) -> list[tuple[NoteView, Row[Any]]]:
    return list(zip(_views(reader, rows), rows, strict=True))


def _views(reader: Reader, rows: list[Row[Any]]) -> list[NoteView]:
    ids = [row.id for row in rows]
    signed, added = select(NoteSignature.__table__), select(NoteAddendum.__table__)
    signatures = reader.rows(signed.where(NoteSignature.note.in_(ids)).order_by(NoteSignature.at, NoteSignature.id))
    addenda = reader.rows(added.where(NoteAddendum.note.in_(ids)).order_by(NoteAddendum.at, NoteAddendum.id))
    voids = reader.rows(select(NoteVoid.__table__).where(NoteVoid.note.in_(ids)).order_by(NoteVoid.at.desc()))
    said = [*rows, *signatures, *addenda, *voids]
    who = person_names(reader, [one.by for one in said])
    mistakes = {v.note: Mistake(v.reason, who[v.by], v.at) for v in voids}
    here, begun = _local(reader, ids), beginnings(reader, ids)
    return [
        _view(
            reader,
            row,
            [s for s in signatures if s.note == row.id],
            [a for a in addenda if a.note == row.id],
            who,
            row.id in here,
            mistakes.get(row.id),
            begun.get(row.id, ()),
        )
        for row in rows
    ]


def _local(reader: Reader, ids: list[UUID]) -> set[UUID]:
    """Notes with anything in them that the server has not acknowledged."""
    parts = {section_id(id, name): id for id in ids for name in SECTIONS} | {id: id for id in ids}
    return {parts[id] for id in reader.local_only(parts)} if ids else set()


def _view(
    reader: Reader,
    row: Row[Any],
    signatures: list[Row[Any]],
    addenda: list[Row[Any]],
    who: dict[UUID | None, str],
    here: bool,
    mistake: Mistake | None,
    begun: tuple[Beginning, ...],
) -> NoteView:
    standing = standing_texts(reader, row.id)
    first = signatures[0].text if signatures else None
    signed = {name: first.get(name, "") for name in SECTIONS} if first else None
    meanings = [s.meaning for s in signatures]
    return NoteView(
        id=row.id,
        patient=row.patient,
        encounter=row.encounter,
        title=note_title(row.title),
        author=who[row.by],
        status=note_status(meanings, len(addenda)),
        locked=bool(signatures),
        texts=signed or standing,
        late={n: text for n, text in standing.items() if signed is not None and text != signed[n]},
        contested={
            name: tuple(Version(h.author, h.at, h.values["text"]) for h in found)
            for name, found in contested_sections(reader, row.id).items()
        },
        signatures=tuple(
            Signature(s.id, s.by, who[s.by], s.meaning, s.at, digest_of(s.text) == s.digest) for s in signatures
        ),
        addenda=tuple(Addendum(a.id, who[a.by], a.at, a.text) for a in addenda),
        digest=digest_of(signed_text(row.patient, row.encounter, standing)),
        saved_here=here,
        mistake=mistake,
        begun=begun,
    )

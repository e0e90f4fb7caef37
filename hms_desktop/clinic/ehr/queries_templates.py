# SPDX-License-Identifier: Apache-2.0
"""Templates and phrases for notes, and forms, as they hold on a day; the versions that entries were made with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model_templates import EntryForm, NoteBeginning, NotePhrase, NoteTemplate
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.ehr.rules_notes import SECTIONS
from hms_desktop.clinic.ehr.rules_vitals import SIGN_ROWS, VITALS_FORM
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.editions import Term, in_force, term
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class TemplateRow:
    """One version of a named beginning for every section."""

    id: UUID
    name: str
    version: int
    texts: dict[str, str]

    @property
    def words(self) -> str:
        """Its name with the version."""
        return _("{name}, version {version}").format(name=self.name, version=self.version)


@dataclass(frozen=True)
class PhraseRow:
    """One version of a named piece of text."""

    name: str
    text: str


@dataclass(frozen=True)
class NoteWords:
    """What a clinic offers for its notes today."""

    templates: tuple[TemplateRow, ...] = ()
    phrases: tuple[PhraseRow, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """A note was begun from this version of a template: by whom, when, and from when to when the version holds."""

    template: TemplateRow
    term: Term
    by: str
    at: datetime


@dataclass(frozen=True)
class FormRow:
    """One version of what a form asks for; `id` is None for what the programme asks when the clinic has no form."""

    id: UUID | None
    name: str
    version: int
    rows: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> str:
        """Its name with the version."""
        return _("{name}, version {version}").format(name=self.name, version=self.version)


@query("chart.read")
def note_words(reader: Reader, on: date | None = None) -> NoteWords:
    """The templates and phrases that hold on a day (today by default), by name."""
    templates = [_template(row) for row in in_force(reader, NoteTemplate, on)]
    phrases = [PhraseRow(row.display, row.text) for row in in_force(reader, NotePhrase, on)]
    templates.sort(key=lambda one: one.name.casefold())
    phrases.sort(key=lambda one: one.name.casefold())
    return NoteWords(tuple(templates), tuple(phrases))


@query("chart.read")
def beginnings(reader: Reader, notes: Collection[UUID]) -> dict[UUID, tuple[Beginning, ...]]:
    """Note to the versions of templates that it was begun from, the first first."""
    question = select(NoteBeginning.__table__).where(NoteBeginning.note.in_(notes))
    rows = reader.rows(question.order_by(NoteBeginning.at, NoteBeginning.id)) if notes else []
    who = person_names(reader, [row.by for row in rows])
    found: dict[UUID, dict[UUID, Beginning]] = {}
    for row in rows:
        made_with = reader.get(NoteTemplate, row.template)
        begun = Beginning(_template(made_with), term(reader, NoteTemplate, made_with), who[row.by], row.at)
        found.setdefault(row.note, {}).setdefault(row.template, begun)
    return {note: tuple(by_template.values()) for note, by_template in found.items()}


@query("chart.read")
def vitals_form(reader: Reader, on: date | None = None) -> FormRow:
    """What the form of vital signs asks for on a day (today by default); every sign when the clinic has no form."""
    question = select(EntryForm.__table__).where(EntryForm.code == VITALS_FORM)
    found = next(iter(in_force(reader, EntryForm, on, question)), None)
    return _form(found) if found is not None else FormRow(None, _("Vital signs"), 0, SIGN_ROWS)


@query("chart.read")
def form_versions(reader: Reader, ids: Collection[UUID]) -> dict[UUID, FormRow]:
    """The versions of forms with these ids, as far as they are held here."""
    rows = reader.rows(select(EntryForm.__table__).where(EntryForm.id.in_(ids))) if ids else []
    return {row.id: _form(row) for row in rows}


def _form(row: Row[Any]) -> FormRow:
    return FormRow(row.id, row.display, row.version, tuple(tuple(keys) for keys in row.rows))


def _template(row: Row[Any]) -> TemplateRow:
    return TemplateRow(row.id, row.display, row.version, {name: row.texts.get(name, "") for name in SECTIONS})

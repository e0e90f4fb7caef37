# SPDX-License-Identifier: Apache-2.0
"""Publishing templates and phrases for notes, and forms; noting what a note was begun from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model_templates import EntryForm, NoteBeginning, NotePhrase, NoteTemplate
from hms_desktop.clinic.ehr.rules_notes import SECTIONS
from hms_desktop.clinic.ehr.rules_vitals import VITALS_FORM, refuse_form
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.editions import publish
from hms_desktop.storage.unit import Unit


@action("ehr.publish_templates", needs="note.catalogue")
def publish_templates(unit: Unit, templates: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of note templates on record, each from its day on; returns how many are new.

    A note keeps the version it was begun from.
    """
    return sum(_publish_template(unit, values) for values in templates)


def _publish_template(unit: Unit, values: Mapping[str, Any]) -> bool:
    _named(values)
    if unknown := sorted(set(values["texts"]) - set(SECTIONS)):
        raise BadInput(_("A note has no section “{name}”.").format(name=unknown[0]), unknown[0])
    return publish(unit, NoteTemplate, values, values["display"])[1]


@action("ehr.publish_phrases", needs="note.catalogue")
def publish_phrases(unit: Unit, phrases: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of phrases on record, each from its day on; returns how many are new."""
    return sum(_publish_phrase(unit, values) for values in phrases)


def _publish_phrase(unit: Unit, values: Mapping[str, Any]) -> bool:
    _named(values)
    if not values["text"].strip():
        raise BadInput(_("{name} has no text to put in. Write one.").format(name=values["display"]), "text")
    return publish(unit, NotePhrase, values, values["display"])[1]


@action("ehr.publish_forms", needs="note.catalogue")
def publish_forms(unit: Unit, forms: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of forms on record, each from its day on; returns how many are new.

    The one form so far is that of vital signs; BadInput names what it can't ask for. A reading keeps the version in
    which it was typed.
    """
    return sum(_publish_form(unit, values) for values in forms)


def _publish_form(unit: Unit, values: Mapping[str, Any]) -> bool:
    _named(values)
    if values["code"] != VITALS_FORM:
        message = _("There is no form “{code}”. The form that a clinic can change is “{known}”.")
        raise BadInput(message.format(code=values["code"], known=VITALS_FORM), "code")
    refuse_form(values["rows"])
    return publish(unit, EntryForm, values, values["display"])[1]


def note_beginning(unit: Unit, note: UUID, template: UUID) -> None:
    """Write down, once, from which version of a template a note was begun. Part of `write_note` and `sign_visit`."""
    unit.get(NoteTemplate, template)
    known = select(NoteBeginning.id).where(NoteBeginning.note == note, NoteBeginning.template == template)
    if unit.first(known) is None:
        unit.add(NoteBeginning, note=note, template=template, at=unit.now, by=unit.person.id)


def _named(values: Mapping[str, Any]) -> None:
    for field in ("code", "display"):
        if not values[field].strip():
            raise BadInput(_("Templates, phrases and forms need a code and a name."), field)

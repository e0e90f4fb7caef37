# SPDX-License-Identifier: Apache-2.0
"""Tables of what helps to write the record: templates and phrases for notes, forms, and what a note was begun from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import data, instant, link, ref, text
from hms_desktop.storage.editions import Edition
from hms_desktop.storage.records import Fact


class NoteTemplate(Edition, table="note_template"):
    """One version of a named beginning for a note; `texts` is section to text."""

    display: Mapped[str] = text()
    texts: Mapped[dict[str, str]] = data()


class NotePhrase(Edition, table="note_phrase"):
    """One version of a named piece of text, put into a note behind a slash."""

    display: Mapped[str] = text()
    text: Mapped[str] = text()


class EntryForm(Edition, table="entry_form"):
    """One version of what a form asks for: `rows` of keys, beside and below each other as they are typed."""

    display: Mapped[str] = text()
    rows: Mapped[list[list[str]]] = data()


class NoteBeginning(Fact, table="note_beginning", phi=True):
    """A note was begun from this version of a template."""

    note: Mapped[UUID] = ref("note")
    template: Mapped[UUID] = ref("note_template")
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()

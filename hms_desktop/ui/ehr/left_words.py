# SPDX-License-Identifier: Apache-2.0
"""Words of a note that can no longer go into it as they were typed: it was signed meanwhile, or its visit is over.

They stay a draft of their author and stand in the chart until they are added, saved or let go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr import service
from hms_desktop.clinic.ehr.queries import OPEN_VISIT
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.ehr.rules_notes import SECTIONS, section_name
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.addendum import ask_addendum
from hms_desktop.ui.ehr.chart_facts import ChartFacts
from hms_desktop.ui.ehr.note_draft import note_key
from hms_desktop.ui.ehr.vitals_cards import Rows
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme

TYPED = "text"
"""Where a draft keeps the words as they were gone over in the form of the addendum."""


@dataclass(frozen=True)
class Left:
    """A visit's note, None where nobody wrote one, and what this person typed into it that is not in it: by section."""

    visit: UUID
    note: NoteView | None
    kept: Mapping[str, Any]
    sections: Mapping[str, str]

    @property
    def locked(self) -> bool:
        """Whether the note was signed: words are added below it then."""
        return self.note is not None and self.note.locked

    @property
    def words(self) -> str:
        """All of it, each section with its name; as it was gone over, if it was."""
        gone_over: str | None = self.kept.get(TYPED)
        return gone_over or "\n".join(
            _("{section}: {text}").format(section=section_name(name), text=text) for name, text in self.sections.items()
        )

    @property
    def merged(self) -> dict[str, str]:
        """These sections with what stands in the note now above them."""
        now = self.note.texts if self.note is not None else {}
        return {name: "\n".join(filter(None, (now.get(name), text))) for name, text in self.sections.items()}


def own_words(kept: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, str]:
    """What a draft says by section that neither stood there when it was typed nor stands there now."""
    found = {}
    for name in SECTIONS:
        typed, seen = str(kept.get("texts", {}).get(name, "")), str(kept.get("seen", {}).get(name, ""))
        own = typed.removeprefix(seen).strip() if seen else typed.strip()
        if typed != seen and own and own not in now.get(name, ""):
            found[name] = own
    return found


class LeftWords(Rows):
    """Every such draft of the patient who is shown, each with the acts that settle it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._looked: frozenset[tuple[UUID, bool]] = frozenset()
        self._left: dict[UUID, Left] = {}

    def look(self, facts: ChartFacts) -> None:
        """The chart was read: offer what was left in notes that are written in no more."""
        written = {note.encounter: note for note in facts.notes}
        over = {visit.id: written.get(visit.id) for visit in facts.visits}
        for visit in facts.visits:
            note = over[visit.id]
            if visit.status in OPEN_VISIT and not (note is not None and note.locked):
                del over[visit.id]
        looked = frozenset((id, note is not None and note.locked) for id, note in over.items())
        if looked == self._looked:
            return
        self._looked = looked
        self._show({id: left for id, left in self._left.items() if id in over})
        if over:
            self._desk.drafts.keys(partial(self._load, looked, over), owner=self)

    def _load(
        self, looked: frozenset[tuple[UUID, bool]], over: Mapping[UUID, NoteView | None], keys: frozenset[str]
    ) -> None:
        for visit, note in over.items():
            if note_key(visit) in keys and looked == self._looked:
                found = partial(self._found, looked, visit, note)
                self._desk.drafts.load(note_key(visit), found, owner=self)

    def _found(
        self, looked: frozenset[tuple[UUID, bool]], visit: UUID, note: NoteView | None, kept: dict[str, Any] | None
    ) -> None:
        if kept is None or looked != self._looked:
            return
        left = Left(visit, note, kept, own_words(kept, note.texts if note is not None else {}))
        if left.words:
            self._show({**self._left, visit: left})

    def _show(self, left: dict[UUID, Left]) -> None:
        self._left = left
        self.fill([self._card(one) for one in left.values()])

    def _card(self, left: Left) -> Card:
        card = Card()
        said = _("Signed while you wrote") if left.locked else _("Its visit ended while you wrote")
        card.setAccessibleName(said)
        card.add(Text(said, "bodyStrong", "warning", wrap=True))
        card.add(Text(_("These words of yours are in no note. Only you see them."), "label", "secondary", wrap=True))
        card.add(Text(left.words, "body", wrap=True))
        row = FlowRow(theme.space(3), theme.space(2))
        if left.locked and self._desk.may("note.sign"):
            row.add(Button(_("Add to the signed note"), icon="plus", clicked=lambda: self._add(left)))
        elif not left.locked and self._desk.may("note.write"):
            row.add(Button(_("Save into the note"), icon="hard-drives", clicked=lambda: self._save(left)))
        row.add(Button(_("Let these words go"), "quiet", icon="x", clicked=lambda: self._ask(left)))
        card.add(row)
        return card

    def _add(self, left: Left) -> None:
        """The form keeps what is gone over in the same draft, beside what it was: it can be left and come back to."""
        assert left.note is not None
        key = note_key(left.visit)
        kept = {**left.kept, TYPED: left.words}
        self._desk.drafts.save(key, kept, _("Visit note"))
        dialog = ask_addendum(self._desk, self, left.note.id, lambda _id: self._settled(left.visit), key)
        dialog.form.on_draft = lambda typed: self._gone_over(left, typed)

    def _gone_over(self, left: Left, typed: Mapping[str, Any]) -> None:
        kept = {**left.kept, **typed}
        self._desk.drafts.save(note_key(left.visit), kept, _("Visit note"))
        if left.visit in self._left:
            self._show({**self._left, left.visit: Left(left.visit, left.note, kept, left.sections)})

    def _save(self, left: Left) -> None:
        key = note_key(left.visit)
        seen = dict(left.note.texts) if left.note is not None else {}
        act = partial(service.write_note, encounter=left.visit, texts=left.merged, seen=seen)
        drop = partial(self._desk.drafts.drop, key)

        def saved(_note: UUID) -> None:
            drop()
            self._settled(left.visit)
            self._desk.announce(_("Note saved"))

        self._desk.tasks.run(act, saved, self._desk.show_error, owner=self, left=drop)

    def _ask(self, left: Left) -> None:
        def go() -> None:
            self._desk.drafts.discard(note_key(left.visit))
            self._settled(left.visit)

        said = _("They are in no note and can't be brought back.")
        ask_first(self, _("Let these words go?"), said, _("Let them go"), go, safe=_("Keep them"))

    def _settled(self, visit: UUID) -> None:
        self._show({id: left for id, left in self._left.items() if id != visit})

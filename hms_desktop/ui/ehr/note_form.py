# SPDX-License-Identifier: Apache-2.0
"""The four sections of a note as they are typed: what was read before typing, and what colleagues wrote meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QSizeF, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from hms_desktop.clinic.ehr.queries_templates import PhraseRow, TemplateRow
from hms_desktop.clinic.ehr.rules_notes import SECTIONS, fill_empty, section_name
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.form import Form, OnDraft
from hms_desktop.ui.widgets.text_fields import NoteField, Phrase
from hms_desktop.ui.widgets.theme import theme

LINES = 2
MOST_LINES = 7


class NoteForm(Form):
    """`met` when a colleague's text stands beside an own one; `texts` is what is typed, `seen` what it was typed on.

    `begun` are the versions of templates that were put into it and are not in the record yet.
    """

    met = Signal()

    def __init__(self, on_draft: OnDraft, parent: QWidget | None = None) -> None:
        super().__init__(None, parent)
        self._keep = on_draft
        self.on_draft = lambda typed: self._keep(
            {"texts": self.texts(), "seen": dict(self.seen), "begun": [template.hex for template in self.begun]}
        )
        self.sections = {name: NoteField(name, section_name(name), lines=LINES) for name in SECTIONS}
        self.begun: list[UUID] = []
        self.seen: dict[str, str] = dict.fromkeys(SECTIONS, "")
        self._theirs: dict[str, str] = {}
        self._bars: dict[str, CheckBar] = {}
        for field in self.sections.values():
            self.add(field)
            field.edit.document().documentLayout().documentSizeChanged.connect(partial(_grow, field))
        self._share_room(True)

    def use_phrases(self, phrases: Sequence[PhraseRow]) -> None:
        """Offer the phrases that are in force."""
        for field in self.sections.values():
            field.use_phrases([Phrase(one.name, one.text) for one in phrases])

    def set_read_only(self, read_only: bool) -> None:
        """What was signed is read from the top, one section close below the other; to write, all share the room."""
        super().set_read_only(read_only)
        self._share_room(not read_only)

    def _share_room(self, share: bool) -> None:
        policy = QSizePolicy.Policy.Expanding if share else QSizePolicy.Policy.Maximum
        for field in self.sections.values():
            field.setSizePolicy(QSizePolicy.Policy.Preferred, policy)
            self.column.setStretchFactor(field, int(share))
        self.column.setStretch(self.column.count() - 1, int(not share))

    def texts(self) -> dict[str, str]:
        """Every section as it is typed."""
        return {name: field.typed() for name, field in self.sections.items()}

    @property
    def touched(self) -> bool:
        """Whether anything typed differs from what was read."""
        return self.texts() != self.seen

    @property
    def unsettled(self) -> bool:
        """Whether a colleague's text still stands beside an own one."""
        return bool(self._theirs)

    def start(self, texts: Mapping[str, str]) -> None:
        """Show a note that nobody here has touched."""
        self.seen, self.begun = {name: texts.get(name, "") for name in SECTIONS}, []
        self.set_values(self.seen)
        self._theirs.clear()
        self._show_bars()
        self.settle()

    def restore(self, draft: Mapping[str, Any], now: Mapping[str, str]) -> None:
        """Put a draft back over the note as it stands now."""
        self.seen = {name: str(draft.get("seen", {}).get(name, "")) for name in SECTIONS}
        self.begun = [UUID(template) for template in draft.get("begun", ())]
        self.load_draft({name: str(draft.get("texts", {}).get(name, "")) for name in SECTIONS})
        self.meet(now)

    def meet(self, now: Mapping[str, str]) -> None:
        """Take in the note as it stands: untouched sections follow it, touched ones stay and show what is new."""
        mine = self.texts()
        for name in SECTIONS:
            theirs = now.get(name, "")
            if theirs == self.seen[name]:
                self._theirs.pop(name, None)
                continue
            if mine[name] in (self.seen[name], theirs):
                self.seen[name] = theirs
                self.set_values({name: theirs})
                self._theirs.pop(name, None)
            else:
                self._theirs[name] = theirs
        self._show_bars()

    def saved(self, texts: Mapping[str, str]) -> None:
        """These texts are in the record now; what was typed since they were sent stays, and is still to be saved."""
        self.seen, self.begun = dict(texts), []
        self._theirs.clear()
        self._show_bars()
        if not self.touched:
            self.settle()

    def fill_from(self, template: TemplateRow) -> None:
        """Put a template into the empty sections; the note remembers which version it was."""
        filled = fill_empty(self.texts(), template.texts)
        if filled != self.texts() and template.id not in self.begun:
            self.begun.append(template.id)
        for name, text in filled.items():
            self.sections[name].type_in(text)

    def choose(self, name: str, way: str) -> None:
        """Settle a section that a colleague changed as well: keep `mine`, take `theirs`, or `both` below each other."""
        theirs = self._theirs.pop(name)
        self.seen[name] = theirs
        mine = self.sections[name].typed()
        if way != "mine":
            self.sections[name].type_in(theirs if way == "theirs" else f"{mine}\n{theirs}")
        self._show_bars()
        self.sections[name].take_focus()
        self.met.emit()

    def _show_bars(self) -> None:
        for name, bar in list(self._bars.items()):
            if name not in self._theirs or bar.face.reason != self._theirs[name]:
                self.column.removeWidget(bar)
                bar.hide()
                bar.deleteLater()
                del self._bars[name]
        for name, theirs in self._theirs.items():
            if name not in self._bars:
                self._bars[name] = self._bar(name, theirs)
                self.column.insertWidget(self.column.indexOf(self.sections[name]) + 1, self._bars[name])
                self.met.emit()

    def _bar(self, name: str, theirs: str) -> CheckBar:
        title = _("A colleague changed {section} while you wrote").format(section=section_name(name))
        acts = (
            AlertAct("both", _("Keep both")),
            AlertAct("mine", _("Keep mine")),
            AlertAct("theirs", _("Take theirs")),
        )
        bar = CheckBar(AlertFace(title, theirs, acts=acts))
        bar.acted.connect(lambda way: self.choose(name, way))
        return bar


def _grow(field: NoteField, size: QSizeF) -> None:
    """Let a section grow with its text, up to a few lines; a plain text's size is counted in lines."""
    lines = max(LINES, min(round(size.height()), MOST_LINES))
    field.edit.setMinimumHeight(theme.line_height("body") * lines + theme.space(5))

# SPDX-License-Identifier: Apache-2.0
"""What is left when the permit has ended: one patient's allergies, problems and medicines, with a reason; notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.service_emergency import (
    EmergencyCard,
    add_allergy_in_emergency,
    find_in_emergency,
    read_in_emergency,
    write_in_emergency,
)
from hms_desktop.clinic.patients.queries_search import Found
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.routes import EmergencyReading
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.patient_amended import birth_day, list_name
from hms_desktop.ui.widgets.patient_picker import FEWEST, patient_option
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.text_fields import NoteField, TextField
from hms_desktop.ui.widgets.theme import theme


class EmergencyPage(Page):
    """Who and why on top, then three cards; nothing is shown before the look was written down."""

    def __init__(self, desk: Desk, _route: EmergencyReading) -> None:
        super().__init__(desk)
        self.title = _("Emergency reading")
        self.context = _("Each look needs a reason and is reviewed by the clinic")
        self._patient: UUID | None = None
        self._why = ""
        self.form = Form()
        self.form.add(ChoiceField("patient", _("&Patient"), self._find, required=True))
        self.form.add(TextField("reason", _("&Reason"), required=True))
        self.form.finished.connect(self._read)
        self.open = Button(_("Read"), "primary", icon="first-aid-kit", key="Ctrl+Enter", clicked=self.form.finish)
        self.note = Button(_("Emergency note"), icon="note-pencil", clicked=self.write_note)
        self.allergy = Button(_("Add allergy"), icon="warning-fill", clicked=self.add_allergy)
        self._who = Text("", "subheading", wrap=True)
        self._cards = QVBoxLayout()
        self._lay_out()
        self._show(None)
        self.setFocusProxy(self.form.fields["patient"])

    def keys(self) -> Sequence[Key]:
        """Adding, once somebody is shown."""
        return (
            Key("Alt+N", _("Emergency note"), self.write_note, "note-pencil", enabled=self.note.isVisible),
            Key("Alt+A", _("Add allergy"), self.add_allergy, "warning-fill", enabled=self.allergy.isVisible),
        )

    def write_note(self) -> None:
        """Ask for the words of a note."""
        field = NoteField("text", _("&Note"), required=True)
        self._ask(_("Emergency note"), _("Save and sign"), field, write_in_emergency)

    def add_allergy(self) -> None:
        """Ask for a substance and what it does."""
        substance = TextField("substance", _("&Substance"), required=True)
        reaction = TextField("reaction", _("&Reaction"), optional=True)
        self._ask(_("Add allergy"), _("Add"), substance, add_allergy_in_emergency, reaction)

    def _ask(self, title: str, verb: str, first: Field, act: Callable[..., Any], *more: Field) -> None:
        if self._patient is None:
            return

        def acts(values: dict[str, Any]) -> Any:
            return partial(act, patient=self._patient, **values)

        dialog = FormDialog(self.desk, self, title, verb, acts, self._added, facts=[(_("Patient"), self._who.text())])
        reason = TextField("reason", _("&Why now"), required=True)
        for field in (first, *more, reason):
            dialog.form.add(field)
        reason.type_in(self._why)
        dialog.ask()

    def _added(self, _id: object) -> None:
        self.desk.toast(_("Saved here, marked for review"))
        self._look()

    def _find(self, typed: str, found: Callable[[Sequence[Option]], object]) -> None:
        def show(result: Found) -> None:
            found([patient_option(hit.name) for hit in result.hits])

        if len(typed.strip()) < FEWEST:
            found([])
        else:
            self.desk.tasks.run(partial(find_in_emergency, text=typed), show, self.desk.show_error, owner=self)

    def _read(self, values: dict[str, Any]) -> None:
        self._patient, self._why = UUID(values["patient"]), values["reason"]
        self._look()

    def _look(self) -> None:
        if self._patient is not None:
            act = partial(read_in_emergency, patient=self._patient, reason=self._why)
            self.desk.tasks.run(act, self._show, self.desk.show_error, owner=self)

    def _show(self, card: EmergencyCard | None) -> None:
        clear(self._cards)
        self._who.setText(_who_words(card) if card else "")
        records = self.desk.may("emergency.record")
        self.note.setVisible(card is not None and card.takes_notes and records)
        self.allergy.setVisible(card is not None and card.takes_allergies and records)
        if card is not None:
            for heading, lines in _told(card):
                self._cards.addWidget(_card(heading, lines))
        self.tell()

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        column = QVBoxLayout(inner)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.space(4))
        asked = Card(_("Who and why"))
        asked.body.addWidget(self.form)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space(3))
        foot.addWidget(self.open)
        foot.addStretch(1)
        asked.body.addLayout(foot)
        asked.setMaximumWidth(theme.grow(760))
        column.addWidget(asked)
        head = QHBoxLayout()
        head.setSpacing(theme.space(3))
        head.addWidget(self._who, 1)
        head.addWidget(self.note)
        head.addWidget(self.allergy)
        column.addLayout(head)
        self._cards.setSpacing(theme.space(4))
        column.addLayout(self._cards)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPane(inner, name=self.title))


def _who_words(card: EmergencyCard) -> str:
    name = card.name
    return ", ".join(part for part in (list_name(name), birth_day(name), name.age, name.mrn) if part)


def _told(card: EmergencyCard) -> list[tuple[str, list[str]]]:
    not_held = [_("This workstation does not hold them")]
    problems = not_held if card.problems is None else [row.display for row in card.problems]
    medicines = not_held if card.medicines is None else [f"{row.display}, {row.dose_line}" for row in card.medicines]
    return [
        (_("Allergies"), _allergy_lines(card)),
        (_("Problems"), problems or [_("None recorded")]),
        (_("Current medicines"), medicines or [_("None recorded")]),
    ]


def _allergy_lines(card: EmergencyCard) -> list[str]:
    known = card.allergies
    if known.state == "unavailable":
        return [known.why]
    if known.standing:
        return [row.shown for row in known.standing]
    return [_("Asked, and none known") if known.statement is not None else _("Nobody asked yet")]


def _card(heading: str, lines: list[str]) -> Card:
    card = Card(heading)
    for line in lines:
        card.body.addWidget(Text(line, "body", wrap=True))
    return card

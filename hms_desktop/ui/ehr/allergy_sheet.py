# SPDX-License-Identifier: Apache-2.0
"""The patient's allergies in full: record, confirm, rule out, go through again, or state that none is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.knowledge import allergy_knowledge
from hms_desktop.clinic.ehr.queries_allergies import Allergies, AllergyRow
from hms_desktop.clinic.ehr.rules_allergies import AllergyFacts
from hms_desktop.clinic.ehr.rules_medicines import known_substances
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.entry_history import show_entry
from hms_desktop.ui.ehr.vitals_cards import Rows
from hms_desktop.ui.ehr.why import ask_why
from hms_desktop.ui.ehr.words import ago
from hms_desktop.ui.widgets.alerts import AlertFace, CheckBar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip, ChipFace, saved_here
from hms_desktop.ui.widgets.choice_field import ChoiceField, Found, Option, RadioField, finds_in
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Rule, Text
from hms_desktop.ui.widgets.text_fields import TextField, TickField
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import scrolled

Done = Callable[[Any], object]
TABLES = ("allergy", "no_known_allergy", "no_known_allergy_void", "ehr_conflict_settlement")


class AllergySheet(QDialog):
    """All entries of a person, the worst first; those that no longer count below."""

    def __init__(self, desk: Desk, parent: QWidget, patient: UUID) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Allergies"))
        self.setAccessibleName(_("Allergies"))
        self.desk, self._patient = desk, patient
        self._back_to: QWidget | None = parent.window().focusWidget()
        self.rows = Rows()
        self.said = Text("", "body", "secondary", wrap=True)
        self.wrong = Text("", "body", "critical", wrap=True)
        self.wrong.hide()
        self.record = Button(_("Record an allergy"), "primary", icon="plus", key="A", clicked=lambda: self.ask_new())
        self.none = Button(_("No known allergies"), icon="check", clicked=self.state_none)
        self.again = Button(_("All still right"), icon="arrows-clockwise", clicked=self.reverify)
        self.mistake = Button(_("That was a mistake…"), icon="x", clicked=self.ask_mistake)
        self._statement: UUID | None = None
        self._found: Allergies | None = None
        self._lay_out()
        desk.tasks.changed.connect(self._changed)
        self.finished.connect(lambda _result: self._give_back())
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        pad = theme.space(6)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.space(4))
        column.addWidget(Text(_("Allergies"), "title"))
        column.addWidget(self.said)
        column.addWidget(scrolled(self.rows), 1)
        column.addWidget(self.wrong)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space(3))
        column.addLayout(foot)
        may = self.desk.may("allergy.record")
        for button in (self.record, self.none, self.again):
            foot.addWidget(button)
            button.setVisible(may)
        foot.addWidget(self.mistake)
        self.mistake.hide()
        foot.addStretch(1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        fit_dialog(self, 720, 520)

    def refresh(self) -> None:
        """Read the entries again."""
        query = partial(queries.allergies, patient=self._patient)
        self.desk.tasks.read(query, self.show_allergies, self._failed, owner=self, replaces="allergies")

    def show_allergies(self, found: Allergies) -> None:
        """Show the state and every entry; what stands there already stays, with the keyboard in it."""
        if found == self._found:
            return
        self._found = found
        self.said.setText(self._state_words(found))
        standing, may = bool(found.standing), self.desk.may("allergy.record")
        self.none.setVisible(may and not standing and found.state != "unavailable")
        self.again.setVisible(may and standing)
        self._statement = found.statement.id if found.statement and not standing else None
        self.mistake.setVisible(self._statement is not None and self.desk.may("entry.void"))
        parts: list[QWidget] = []
        for row in found.standing:
            parts += [self._entry(row, standing=True), Rule()]
        if found.past:
            parts.append(Text(_("No longer counted"), "subheading", "secondary"))
        for row in found.past:
            parts += [self._entry(row, standing=False), Rule()]
        self.rows.fill(parts)

    def _state_words(self, found: Allergies) -> str:
        if found.state == "unavailable":
            return found.why
        if found.state == "not-recorded":
            return _("Nobody has recorded yet whether this patient has allergies. Ask now.")
        if found.state == "none" and found.statement is not None:
            said = _("No known allergies, asked by {name}, {time}.")
            return said.format(name=found.statement.by, time=ago(found.statement.at, self.desk.now()))
        if found.due:
            return _("It is long ago that somebody went through this list. Go through it with the patient.")
        return ""

    def _entry(self, row: AllergyRow, *, standing: bool) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, theme.space(3), 0)
        column.setSpacing(theme.space(2))
        head = QHBoxLayout()
        head.addWidget(Text(row.shown, "bodyStrong", "critical" if standing else "secondary", wrap=True), 1)
        for face in _faces(row):
            head.addWidget(Chip.of(face))
        column.addLayout(head)
        column.addWidget(Text(_facts(row, self.desk), "label", "secondary", wrap=True))
        if row.facts.contested:
            words = _("Two people left this entry differently. Review it: what you choose replaces both.")
            column.addWidget(CheckBar(AlertFace(_("Two versions"), words)))
        if self.desk.may("allergy.record") and row.facts.verification_status != "entered-in-error":
            column.addWidget(self._acts(row, standing))
        else:
            column.addWidget(self._history(row), 0, Qt.AlignmentFlag.AlignLeft)
        return box

    def _history(self, row: AllergyRow) -> Button:
        button = Button(_("History"), "quiet", clicked=lambda: show_entry(self.desk, self, "allergy", row.facts.id))
        button.setAccessibleName(_("History of {substance}").format(substance=row.facts.substance))
        return button

    def _acts(self, row: AllergyRow, standing: bool) -> QWidget:
        acts = FlowRow(theme.space(2), theme.space(2))
        facts = row.facts
        parts: list[QWidget] = []
        if not standing:
            parts.append(Button(_("Count it again"), "quiet", clicked=lambda: self._review(facts.id, "reactivate")))
        elif facts.verification_status != "confirmed" or facts.contested:
            parts.append(Button(_("Confirm"), "quiet", clicked=lambda: self._review(facts.id, "confirm")))
        if standing:
            parts.append(Button(_("Describe…"), "quiet", clicked=lambda: self.ask_description(row)))
            for review, text in (("refute", _("Rule out…")), ("resolve", _("Resolved…"))):
                parts.append(Button(text, "quiet", clicked=partial(self.ask_reason, facts, review, text)))
        if self.desk.may("entry.void"):
            text = _("Mistake…")
            parts.append(Button(text, "quiet", clicked=partial(self.ask_reason, facts, "mistake", text)))
        parts.append(self._history(row))
        acts.fill(parts)
        return acts

    def ask_new(self, draft: str = "") -> FormDialog:
        """Open the form for a new allergy; nothing in it is preselected, unless a draft of it is named."""

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            return partial(
                service.record_allergy,
                patient=self._patient,
                substance=values["substance"],
                type=values["type"],
                category=values["category"],
                criticality=values["criticality"],
                reaction=values["reaction"],
                confirmed=values["confirmed"],
            )

        dialog = FormDialog(self.desk, self, _("Record an allergy"), _("Record"), acts, lambda _id: self.refresh())
        dialog.form.add(ChoiceField("substance", _("&Substance"), finds_substances, required=True))
        _describe(dialog)
        dialog.form.add(TickField("confirmed", _("Confirmed"), _("Seen or proven, not only told")))
        dialog.take_up(draft)
        return dialog.ask()

    def ask_description(self, row: AllergyRow) -> FormDialog:
        """Write anew how an allergy shows."""

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            return partial(
                service.describe_allergy,
                allergy=row.facts.id,
                type=values["type"],
                category=values["category"],
                criticality=values["criticality"],
                reaction=values["reaction"],
                reason=values["reason"],
            )

        dialog = FormDialog(self.desk, self, row.facts.substance, _("Save"), acts, lambda _none: self.refresh())
        _describe(dialog)
        dialog.form.add(TextField("reason", _("&Why, if something is corrected"), optional=True, longest=200))
        known = {
            "type": row.facts.type,
            "category": row.category,
            "criticality": row.facts.criticality,
            "reaction": row.facts.reaction,
        }
        dialog.form.set_values({key: value for key, value in known.items() if value is not None})
        return dialog.ask()

    def ask_reason(self, facts: AllergyFacts, review: str, verb: str) -> FormDialog:
        """Ask why an entry no longer counts."""

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            return partial(service.review_allergy, allergy=facts.id, review=review, reason=values["reason"])

        title = _("{verb} {substance}?").format(verb=verb.rstrip("…"), substance=facts.substance)
        text = _("The entry stays readable, and prescribing no longer stops for it.")
        dialog = FormDialog(
            self.desk, self, title, verb.rstrip("…"), acts, lambda _none: self.refresh(), text=text, kind="danger"
        )
        dialog.form.add(TextField("reason", _("&Reason"), required=True))
        return dialog.ask()

    def state_none(self) -> None:
        """The patient was asked and knows of none."""
        self._run(partial(service.state_no_allergies, patient=self._patient))

    def ask_mistake(self) -> None:
        """The statement that no allergy is known was a mistake: ask why."""
        if self._statement is None:
            return
        title = _("Was “no known allergies” entered in error?")
        act = partial(service.void_no_allergies, statement=self._statement)
        ask_why(self.desk, self, title, _("Mark as a mistake"), act, lambda _none: self.refresh())

    def reverify(self) -> None:
        """The list was gone through with the patient."""
        self._run(partial(service.reverify_allergies, patient=self._patient))

    def keyPressEvent(self, event: Any) -> None:
        """A opens the form."""
        if event.key() == Qt.Key.Key_A and not event.modifiers() and self.desk.may("allergy.record"):
            self.ask_new()
            return
        super().keyPressEvent(event)

    def _review(self, allergy: UUID, review: str) -> None:
        self._run(partial(service.review_allergy, allergy=allergy, review=review))

    def _run(self, act: Callable[[Any], Any]) -> None:
        self.wrong.hide()
        self.desk.tasks.run(act, lambda _done: self.refresh(), self._failed, owner=self)

    def _failed(self, error: ClinicError) -> None:
        self.wrong.setText(str(error))
        self.wrong.show()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()

    def _give_back(self) -> None:
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)


def finds_substances(typed: str, found: Found) -> None:
    """Substances with a code, and the words as typed."""
    names = known_substances(allergy_knowledge())
    words = " ".join(typed.split())
    options = [Option(name, name) for name in names]
    if len(words) > 1 and words.casefold() not in {name.casefold() for name in names}:
        options.append(Option(words, words, _("as typed: no code")))
    first = words.casefold()
    finds_in(options)(typed, lambda rows: found(sorted(rows, key=lambda o: not o.words.casefold().startswith(first))))


def _describe(dialog: FormDialog) -> None:
    kinds = [Option("allergy", _("Allergy")), Option("intolerance", _("Intolerance"))]
    groups = [
        Option("medication", _("Medicine")),
        Option("food", _("Food")),
        Option("environment", _("Surroundings")),
        Option("biologic", _("Biological")),
    ]
    severities = [
        Option("high", _("High")),
        Option("low", _("Low")),
        Option("unable-to-assess", _("Can't be assessed")),
    ]
    dialog.form.add(TextField("reaction", _("&Reaction"), optional=True, longest=120))
    dialog.form.add(RadioField("type", _("Kind"), kinds))
    dialog.form.add(RadioField("category", _("Group"), groups))
    dialog.form.add(RadioField("criticality", _("Danger if given again"), severities))


def _faces(row: AllergyRow) -> list[ChipFace]:
    faces = []
    known = {
        "unconfirmed": ChipFace("warning", _("Not confirmed")),
        "refuted": ChipFace("neutral", _("Ruled out"), "x"),
        "entered-in-error": ChipFace("neutral", _("Entered in error"), "x"),
    }
    if row.facts.verification_status in known:
        faces.append(known[row.facts.verification_status])
    if row.facts.clinical_status == "resolved":
        faces.append(ChipFace("neutral", _("Resolved"), "check"))
    if row.why:
        faces.append(ChipFace("warning", _("Corrected"), "pencil-simple"))
    if row.facts.criticality == "high":
        faces.append(ChipFace("critical", _("High danger"), "warning-octagon-fill"))
    if row.saved_here:
        faces.append(saved_here())
    return faces


def _facts(row: AllergyRow, desk: Desk) -> str:
    kinds = {"allergy": _("Allergy"), "intolerance": _("Intolerance")}
    parts = [kinds.get(row.facts.type or "", "")]
    if row.recorded_at is not None:
        parts.append(
            _("recorded by {name}, {time}").format(
                name=row.recorded_by or _("import"), time=ago(row.recorded_at, desk.now())
            )
        )
    if row.facts.checked_at is not None and row.facts.checked_at != row.recorded_at:
        parts.append(_("checked {time}").format(time=ago(row.facts.checked_at, desk.now())))
    parts.append(row.reason or "")
    return ", ".join(part for part in parts if part)

# SPDX-License-Identifier: Apache-2.0
"""Prescribing: a medicine is checked as soon as it is chosen; a stop stays until another is chosen or a reason told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.rules_medicines import Checks
from hms_desktop.clinic.ehr.service_prescriptions import SECOND_PERSON
from hms_desktop.clinic.inventory.queries import ItemRow, find_items, item
from hms_desktop.clinic.lab.queries_calls import clinicians
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError, NotFound
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.security.accounts import setting
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.alert_list import AlertList
from hms_desktop.ui.ehr.allergy_sheet import AllergySheet
from hms_desktop.ui.ehr.dose_fields import DoseFields
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.choice_field import ChoiceField, Found, Option
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import appear
from hms_desktop.ui.widgets.text_fields import TextField

ITEM, WORDS = "item:", "words:"


@dataclass(frozen=True)
class Looked:
    """What is known about prescribing this medicine to this patient."""

    item: ItemRow | None
    checks: Checks
    allergies: str


class PrescribeDialog(FormDialog):
    """One prescription into the visit's basket."""

    def __init__(
        self, desk: Desk, parent: QWidget, patient: UUID, encounter: UUID | None, done: Callable[[Any], object]
    ) -> None:
        self._patient, self._encounter = patient, encounter
        super().__init__(desk, parent, _("Prescribe"), _("Add to the visit"), self._action, done)
        self.medicine = ChoiceField("medicine", _("&Medicine"), self._find, required=True)
        self.alerts = AlertList(desk.may("medicine.override"))
        self.form.add(self.medicine)
        self.form.add_widget(self.alerts)
        self.not_asked = self._unasked_bar()
        self.could_not = TextField("could_not_ask", _("Why could it not be asked"), required=True)
        self.form.add_widget(self.not_asked)
        self.form.add(self.could_not)
        self.dose = DoseFields(self.form)
        self.form.add(TextField("reason", _("&Reason for the medicine"), optional=True))
        for part in (self.not_asked, self.could_not):
            part.hide()
        self.medicine.edited.connect(self._look)
        self.alerts.changed.connect(self._say)
        self.alerts.another.connect(self._choose_another)
        fit_dialog(self, 660)
        desk.tasks.read(self._policy, self._use_policy, desk.show_error, owner=self)
        desk.tasks.changed.connect(self._changed)

    def _unasked_bar(self) -> CheckBar:
        acts = (AlertAct("ask", _("Ask now")), AlertAct("could_not", _("Could not ask")))
        said = _("It is not recorded whether this patient has allergies.")
        bar = CheckBar(AlertFace(_("Allergies not recorded"), said, acts=acts))
        bar.acted.connect(self._unasked)
        return bar

    def _policy(self, reader: Any) -> tuple[list[Option], bool]:
        people = [Option(str(c.person), c.name) for c in clinicians(reader) if c.person != reader.person.id]
        return people, bool(setting(reader, SECOND_PERSON, False))

    def _use_policy(self, found: tuple[list[Option], bool]) -> None:
        self.alerts.use_policy(*found)

    def _find(self, typed: str, found: Found) -> None:
        query = partial(find_items, typed=typed, limit=20)
        self._desk.tasks.read(
            query, lambda rows: found(options(rows, typed)), self._refused, owner=self, replaces="items"
        )

    def _look(self) -> None:
        chosen = self.medicine.chosen
        if chosen is None:
            self.alerts.show_checks(None)
            return
        query = partial(look, patient=self._patient, key=chosen.key)
        self._desk.tasks.read(query, self._looked, self._refused, owner=self, replaces="look")

    def _changed(self, changes: Changes) -> None:
        if changes.touch("allergy", "no_known_allergy"):
            self._look()

    def _looked(self, found: Looked) -> None:
        self.alerts.show_checks(found.checks)
        unasked = found.allergies not in ("known", "none")
        appear(self.not_asked, unasked)
        if not unasked:
            appear(self.could_not, False)
        self.dose.use_item(found.item.strength if found.item else None, found.item.unit if found.item else "")
        if found.checks.stops:
            self.alerts.take_focus()
        self._say()

    def _say(self) -> None:
        stands = bool(self.alerts.standing())
        unasked = not self.not_asked.isHidden() and (self.could_not.isHidden() or self.could_not.is_empty())
        self.go.setEnabled(self.medicine.chosen is not None and not stands and not unasked)

    def _unasked(self, name: str) -> None:
        if name == "ask":
            AllergySheet(self._desk, self, self._patient).open()
            return
        self.could_not.show()
        self.could_not.edited.connect(self._say)
        self.could_not.take_focus()

    def _choose_another(self) -> None:
        self.medicine.start_over()
        self.alerts.show_checks(None)
        self.medicine.take_focus()

    def _action(self, values: dict[str, Any]) -> Callable[[Any], Any]:
        key = str(values["medicine"])
        chosen: dict[str, Any] = (
            {"medicine": UUID(key.removeprefix(ITEM))} if key.startswith(ITEM) else {"words": key.removeprefix(WORDS)}
        )
        return partial(
            service.draft_prescription,
            patient=self._patient,
            dose=self.dose.dose(),
            encounter=self._encounter,
            quantity=self.dose.supply(),
            reason=values["reason"],
            overrides=self.alerts.overrides(),
            could_not_ask=values["could_not_ask"],
            **chosen,
        )

    def _finish(self, values: dict[str, Any]) -> None:
        if self.go.isEnabled():
            super()._finish(values)

    def _refused(self, error: ClinicError) -> None:
        if isinstance(error, service.AlertsStand):
            self.alerts.show_checks(error.checks)
        elif isinstance(error, service.AllergiesNotAsked):
            appear(self.not_asked, True)
        super()._refused(error)


def look(reader: Any, patient: UUID, key: str) -> Looked:
    """Check a chosen medicine for a patient."""
    found = item(reader, UUID(key.removeprefix(ITEM))) if key.startswith(ITEM) else None
    display = found.display if found else key.removeprefix(WORDS)
    listed = (";".join(found.ingredients), ";".join(found.classes)) if found else (None, None)
    return Looked(found, queries.checks(reader, patient, display, *listed), queries.allergies(reader, patient).state)


def options(rows: Sequence[ItemRow], typed: str) -> list[Option]:
    """Items to pick, and the words as typed when no item is meant."""
    found = [Option(f"{ITEM}{r.id}", item_words(r), r.brand or "") for r in rows]
    words = " ".join(typed.split())
    if len(words) > 2:
        found.append(Option(f"{WORDS}{words}", words, _("as typed: not in the stock list")))
    return found


def item_words(row: ItemRow) -> str:
    """What an item of the stock list is called where it is chosen."""
    return f"{tall_man(row.display)} {row.strength} {row.form}"


def ask_dose(desk: Desk, parent: QWidget, row: MedicineRow, done: Callable[[Any], object], draft: str = "") -> None:
    """Change the dose of a running medicine; one that is kept under `draft` stands there instead of the present one."""

    def opened(found: ItemRow | None) -> None:
        title = _("Change the dose of {medicine}").format(medicine=tall_man(row.display))
        dialog = FormDialog(desk, parent, title, _("Change the dose"), acts, done, facts=[(_("Now"), row.dose_line)])
        fields.append(DoseFields(dialog.form))
        fields[0].use_item(found.strength if found else None, found.unit if found else row.quantity_unit or "")
        if row.dose is not None:
            fields[0].show_dose(row.dose)
        dialog.form.add(TextField("why", _("&Reason for the change"), required=True))
        fit_dialog(dialog, 620)
        dialog.ask().take_up(draft)

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(
            service.change_dose,
            prescription=row.id,
            dose=fields[0].dose(),
            reason=values["why"],
            quantity=fields[0].supply(),
        )

    fields: list[DoseFields] = []
    query = partial(_item_of, medicine=row.medicine, edition=row.edition)
    desk.tasks.read(query, opened, desk.show_error, owner=parent)


def _item_of(reader: Any, medicine: UUID | None, edition: UUID | None) -> ItemRow | None:
    if medicine is None:
        return None
    try:
        return item(reader, medicine, edition)
    except NotFound:
        return None

# SPDX-License-Identifier: Apache-2.0
"""The small forms of a patient's record: identifiers, contacts, flags, talks, tasks, death, details."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.patients import service, service_details
from hms_desktop.clinic.patients.births import check_birth
from hms_desktop.clinic.patients.queries import Contact, RecordPage, TaskRow
from hms_desktop.clinic.patients.rules import CONTACT_KINDS, INTERACTION_KINDS
from hms_desktop.core.text import _
from hms_desktop.security.roles import policy
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.patients.birth_field import reads_birth
from hms_desktop.ui.patients.person_form import Here, PersonForm, registration, system_options
from hms_desktop.ui.patients.record_words import contact_word, interaction_word, role_word
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.date_field import DateField, reads_day
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.patient_amended import full_name
from hms_desktop.ui.widgets.text_fields import NoteField, TextField

Done = Callable[[Any], object]
Act = Callable[[Any], Any]


def ask_details(desk: Desk, parent: QWidget, page: RecordPage, region: str, done: Done) -> FormDialog:
    """Complete or correct who the patient is."""
    form = PersonForm(Here(lambda: desk.now().date(), region), full=False)
    form.add(TextField("reason", _("&Why, if something is corrected"), optional=True, longest=200))
    form.show_person(page)

    def acts(values: dict[str, Any]) -> Act:
        change = partial(service.change_details, patient=page.banner.name.patient, written=registration(values))
        return partial(change, reason=values["reason"] or "")

    title = _("Details of {name}").format(name=full_name(page.banner.name))
    text = _("Earlier values stay in the history with who changed them and when.")
    return FormDialog(desk, parent, title, _("Save details"), acts, done, text=text, form=form, width=720).ask()


def ask_identifier(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Add a number in a system."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service_details.add_identifier, patient=patient, system=values["system"], value=values["value"])

    dialog = FormDialog(desk, parent, _("Add an identifier"), _("Add identifier"), acts, done)
    dialog.form.add(ChoiceField("system", _("&System"), finds_in(system_options()), required=True))
    dialog.form.add(TextField("value", _("&Number"), required=True, longest=100, figures="identifiers"))
    return dialog.ask()


def ask_contact(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Add a telephone, e-mail, address or next of kin."""

    def acts(values: dict[str, Any]) -> Act:
        name = values["value"] if values["kind"] == "next_of_kin" else None
        return partial(
            service_details.add_contact, patient=patient, kind=values["kind"], value=values["value"],
            use=values["use"], name=name,
        )  # fmt: skip

    dialog = FormDialog(desk, parent, _("Add a contact"), _("Add contact"), acts, done)
    kinds = [Option(kind, contact_word(kind)) for kind in CONTACT_KINDS]
    dialog.form.add(RadioField("kind", _("Kind"), kinds, required=True))
    dialog.form.add(TextField("value", _("&Number, address or name"), required=True))
    uses = [Option(code, code) for code in ("mobile", "home", "work")]
    dialog.form.add(ChoiceField("use", _("&Use"), finds_in(uses), optional=True))
    return dialog.ask()


def ask_correct_contact(desk: Desk, parent: QWidget, contact: Contact, done: Done) -> FormDialog:
    """Correct a contact; it counts as confirmed."""

    def acts(values: dict[str, Any]) -> Act:
        change = partial(service_details.change_contact, contact=contact.id, value=values["value"])
        return partial(change, reason=values["reason"])

    dialog = FormDialog(
        desk, parent, _("Correct {what}").format(what=contact_word(contact.kind)), _("Save"), acts, done
    )
    dialog.form.add(TextField("value", contact_word(contact.kind), required=True))
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    dialog.form.set_values({"value": contact.shown})
    return dialog.ask()


def ask_why_end(desk: Desk, parent: QWidget, words: tuple[str, str], act: Callable[..., Any], done: Done) -> FormDialog:
    """End something that stands on the record, with the reason: `words` are the title and the button's."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(act, reason=values["reason"])

    title, verb = words
    text = _("It stays in the history with who ended it, when and why.")
    dialog = FormDialog(desk, parent, title, verb, acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    return dialog.ask()


def ask_end_identifier(desk: Desk, parent: QWidget, identifier: UUID, value: str, done: Done) -> FormDialog:
    """A number is not, or no longer, this person's."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service_details.end_identifier, identifier=identifier, reason=values["reason"])

    title = _("End {what}?").format(what=value)
    text = _("It stays in the history, and the number is free for its right owner.")
    dialog = FormDialog(desk, parent, title, _("End the identifier"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    return dialog.ask()


def ask_no_death(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """A death stood on the wrong chart."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.take_back_death, patient=patient, reason=values["reason"])

    dialog = FormDialog(desk, parent, _("Take the death back?"), _("Take the death back"), acts, done, kind="danger")
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    return dialog.ask()


def ask_flag(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Put a flag on the banner."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.raise_flag, patient=patient, kind=values["kind"], text=values["text"])

    dialog = FormDialog(desk, parent, _("Put a flag on the banner"), _("Put flag"), acts, done)
    kinds = [Option("safety", _("Safety")), Option("access", _("Access")), Option("note", _("Note"))]
    dialog.form.add(RadioField("kind", _("Kind"), kinds, required=True))
    dialog.form.add(TextField("text", _("&Words on the flag"), required=True, longest=60))
    return dialog.ask()


def ask_interaction(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Write down a call, letter, complaint or talk, with a follow-up if there is one."""

    def acts(values: dict[str, Any]) -> Act:
        due = values["due"]
        moment = datetime.combine(datetime.fromisoformat(due), time(17), desk.place.zone) if due else None
        return partial(
            service.log_interaction, patient=patient, kind=values["kind"], text=values["text"],
            outcome=values["outcome"], follow_up=values["follow_up"], due=moment, role=values["role"] or "receptionist",
        )  # fmt: skip

    dialog = FormDialog(desk, parent, _("Write down a contact"), _("Write down"), acts, done)
    kinds = [Option(kind, interaction_word(kind)) for kind in INTERACTION_KINDS]
    dialog.form.add(RadioField("kind", _("Kind"), kinds, required=True))
    dialog.form.add(NoteField("text", _("&What was said"), required=True, lines=3))
    dialog.form.add(TextField("outcome", _("&Outcome"), optional=True))
    dialog.form.add(TextField("follow_up", _("&Follow-up"), optional=True))
    dialog.form.add_row(*_role_and_due(desk))
    return dialog.ask()


def ask_task(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Give a role something to do."""

    def acts(values: dict[str, Any]) -> Act:
        due = values["due"]
        moment = datetime.combine(datetime.fromisoformat(due), time(17), desk.place.zone) if due else None
        return partial(
            service.give_task, title=values["title"], role=values["role"] or "receptionist", patient=patient, due=moment
        )

    dialog = FormDialog(desk, parent, _("New task"), _("Give task"), acts, done)
    dialog.form.add(TextField("title", _("&What is to be done"), required=True))
    dialog.form.add_row(*_role_and_due(desk))
    return dialog.ask()


def _role_and_due(desk: Desk) -> tuple[ChoiceField, DateField]:
    roles = [Option(name, role_word(name)) for name in policy().roles]
    today = lambda: desk.now().date()  # noqa: E731
    return (
        ChoiceField("role", _("For &role"), finds_in(roles), optional=True),
        DateField("due", _("&Due"), reads_day(today, lean="future"), optional=True),
    )


def ask_outcome(desk: Desk, parent: QWidget, task: TaskRow, done: Done) -> FormDialog:
    """Finish a task and say how it came out."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.finish_task, task=task.id, outcome=values["outcome"])

    dialog = FormDialog(desk, parent, task.title, _("Finish"), acts, done)
    dialog.form.add(TextField("outcome", _("&Outcome"), optional=True))
    return dialog.ask()


def ask_not_needed(desk: Desk, parent: QWidget, task: TaskRow, done: Done) -> FormDialog:
    """Call a task off."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.cancel_task, task=task.id, reason=values["reason"])

    dialog = FormDialog(desk, parent, task.title, _("Not needed"), acts, done)
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return dialog.ask()


def ask_death(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Record that the patient died."""

    def today() -> date:
        return desk.now().date()

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.record_death, patient=patient, on=check_birth(values["on"].born or "", today()))

    text = _("The banner turns grey and says so. It can be taken back here.")
    dialog = FormDialog(desk, parent, _("Record a death"), _("Record death"), acts, done, text=text, kind="danger")
    dialog.form.add(DateField("on", _("&Died on"), reads_birth(today), required=True))
    return dialog.ask()


def ask_unlink(desk: Desk, parent: QWidget, link: UUID, number: str, done: Done) -> FormDialog:
    """Take two joined charts apart again."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.unlink_charts, link=link, reason=values["reason"])

    title = _("Take chart {number} apart?").format(number=number)
    text = _("Each chart keeps its own rows. Both are two persons' again, on every workstation.")
    dialog = FormDialog(desk, parent, title, _("Take apart"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return dialog.ask()

# SPDX-License-Identifier: Apache-2.0
"""The small forms of privacy: whose record, a disclosure, a request, its extension and its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.privacy import rules, service
from hms_desktop.clinic.privacy.queries import RequestRow
from hms_desktop.clinic.privacy.queries_looks import Question
from hms_desktop.clinic.privacy.service import Asked, Sent
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.date_field import DateField, reads_day
from hms_desktop.ui.widgets.form_dialog import Acts, FormDialog
from hms_desktop.ui.widgets.patient_picker import finds_patients
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]
Word = Callable[[str], str]


def ask_whose(desk: Desk, parent: QWidget, title: str, verb: str, acts: Acts, done: Done) -> FormDialog:
    """Ask for a patient, and do something with their record."""
    dialog = FormDialog(desk, parent, title, verb, acts, done)
    dialog.form.add(ChoiceField("patient", _("&Patient"), finds_patients(desk, dialog), required=True))
    return dialog.ask()


def ask_disclosure(desk: Desk, parent: QWidget, done: Done) -> FormDialog:
    """Write down that something left the clinic by another way than a print of this program."""

    def acts(values: dict[str, Any]) -> Any:
        named = {name: values[name] for name in ("recipient", "what", "basis", "way", "name", "address", "why")}
        return partial(service.record_disclosure, patient=UUID(values["patient"]), sent=Sent(**named))

    dialog = FormDialog(desk, parent, _("What left the clinic?"), _("Write it down"), acts, done, width=680)
    form = dialog.form
    form.add(ChoiceField("patient", _("&Patient"), finds_patients(desk, dialog), required=True))
    form.add_row(
        ChoiceField("recipient", _("&To whom"), _finds(rules.RECIPIENTS, rules.recipient_word), required=True),
        TextField("name", _("&Name"), optional=True),
    )
    form.add(TextField("address", _("&Address"), optional=True))
    form.add(TextField("what", _("&What"), required=True, longest=1000))
    form.add_row(
        ChoiceField("basis", _("On what &basis"), _finds(rules.BASES, rules.basis_word), required=True),
        ChoiceField("way", _("&How"), _finds(rules.WAYS, rules.way_word), required=True),
    )
    form.add(TextField("why", _("Wh&y"), optional=True, longest=1000))
    return dialog.ask()


def ask_request(desk: Desk, parent: QWidget, done: Done) -> FormDialog:
    """Take what a patient asks."""

    def acts(values: dict[str, Any]) -> Any:
        asked = Asked(
            values["kind"], date.fromisoformat(values["asked_on"]), values["asked_by"], values["what"], values["why"],
            values["recipient"], values["address"], _day(values["authorised_until"]),
        )  # fmt: skip
        return partial(service.take_request, patient=UUID(values["patient"]), asked=asked)

    text = _("An amendment is answered within 60 days, a release within 30; each may be extended once by 30 days.")
    dialog = FormDialog(desk, parent, _("What does the patient ask?"), _("Take the request"), acts, done, text=text,
                        width=680)  # fmt: skip
    form, today = dialog.form, lambda: desk.now().date()
    form.add(ChoiceField("patient", _("&Patient"), finds_patients(desk, dialog), required=True))
    kinds = [Option(kind, rules.request_word(kind)) for kind in rules.REQUESTS]
    form.add(RadioField("kind", _("Kind"), kinds, required=True))
    form.add_row(
        DateField("asked_on", _("Asked &on"), reads_day(today, lean="past"), required=True),
        TextField("asked_by", _("Asked &by"), required=True),
    )
    form.add(TextField("what", _("&What"), required=True, longest=1000))
    form.add(TextField("why", _("Wh&y"), optional=True, longest=1000))
    form.add_row(
        TextField("recipient", _("&Release to, if not the patient"), optional=True),
        DateField("authorised_until", _("Authorised &until"), reads_day(today, lean="future"), optional=True),
    )
    form.add(TextField("address", _("&Address"), optional=True))
    form.set_values({"asked_on": show_day(desk.now().date())})
    return dialog.ask()


def ask_extension(desk: Desk, parent: QWidget, row: RequestRow, done: Done) -> FormDialog:
    """The one extension, with the reason that the patient is told."""
    acts = lambda values: partial(service.extend_request, request=row.id, reason=values["reason"])  # noqa: E731
    text = _("There is one extension. The patient is told in writing why, and by which day they hear.")
    dialog = FormDialog(desk, parent, _("Extend by 30 days?"), _("Extend"), acts, done, text=text)
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=1000))
    return dialog.ask()


def ask_grant(desk: Desk, parent: QWidget, row: RequestRow, done: Done) -> FormDialog:
    """Grant a request."""
    release = row.kind == "release"

    def acts(values: dict[str, Any]) -> Any:
        way = values.get("way") or "print"
        return partial(service.grant_request, request=row.id, words=values["words"], way=way)

    text = (
        _("It is written down as something that left the clinic.")
        if release
        else _("The doctors get the task to amend the record; nothing that was written is taken away.")
    )
    dialog = FormDialog(desk, parent, _("Grant this request?"), _("Grant"), acts, done, text=text, facts=_facts(row))
    if release:
        dialog.form.add(ChoiceField("way", _("&How"), _finds(rules.WAYS, rules.way_word), required=True))
    dialog.form.add(TextField("words", _("&What the patient is told"), required=True, longest=1000))
    return dialog.ask()


def ask_denial(desk: Desk, parent: QWidget, row: RequestRow, done: Done) -> FormDialog:
    """Deny a request, with its ground."""

    def acts(values: dict[str, Any]) -> Any:
        return partial(service.deny_request, request=row.id, ground=values["ground"], words=values["words"])

    text = _("The patient is told why, and that they may hand in a statement of disagreement.")
    dialog = FormDialog(desk, parent, _("Deny this request?"), _("Deny"), acts, done, text=text, facts=_facts(row),
                        kind="danger")  # fmt: skip
    grounds = [Option(ground, rules.ground_word(ground)) for ground in rules.GROUNDS]
    dialog.form.add(RadioField("ground", _("Ground"), grounds, required=True))
    dialog.form.add(TextField("words", _("&What the patient is told"), required=True, longest=1000))
    return dialog.ask()


def ask_withdrawal(desk: Desk, parent: QWidget, row: RequestRow, done: Done) -> FormDialog:
    """The patient took a request back."""
    acts = lambda values: partial(service.withdraw_request, request=row.id, words=values["words"])  # noqa: E731
    dialog = FormDialog(desk, parent, _("Did the patient take it back?"), _("Taken back"), acts, done,
                        facts=_facts(row))  # fmt: skip
    dialog.form.add(TextField("words", _("&What they said"), required=True, longest=1000))
    return dialog.ask()


def ask_disagreement(desk: Desk, parent: QWidget, row: RequestRow, done: Done) -> FormDialog:
    """The patient's statement of disagreement."""
    acts = lambda values: partial(service.disagree, request=row.id, words=values["words"])  # noqa: E731
    text = _("It goes along with the record wherever what was denied is disclosed.")
    title = _("The patient’s statement of disagreement")
    dialog = FormDialog(desk, parent, title, _("Keep it"), acts, done, text=text)
    dialog.form.add(TextField("words", _("&In their words"), required=True, longest=1000))
    return dialog.ask()


def ask_own_record(
    desk: Desk, parent: QWidget, row: Question, people: Sequence[tuple[UUID, str]], done: Done
) -> FormDialog:
    """Whose own record it is among those who work here, or nobody's."""

    def acts(values: dict[str, Any]) -> Any:
        account = UUID(values["account"]) if values["account"] else None
        return partial(service.name_staff_chart, patient=row.patient, account=account)

    text = _("Left empty, it is nobody’s who works here. Looks at it, and theirs at others, are judged by it.")
    title = _("Whose own record is {record}?").format(record=row.record)
    dialog = FormDialog(desk, parent, title, _("Keep it"), acts, done, text=text)
    options = [Option(str(id), name) for id, name in people]
    dialog.form.add(ChoiceField("account", _("&Colleague"), finds_in(options), optional=True))
    return dialog.ask()


def _facts(row: RequestRow) -> list[tuple[str, str]]:
    return [(_("Record"), row.record), (_("Kind"), rules.request_word(row.kind)), (_("What"), row.what)]


def _finds(keys: tuple[str, ...], word: Word) -> Any:
    return finds_in([Option(key, word(key)) for key in keys])


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None

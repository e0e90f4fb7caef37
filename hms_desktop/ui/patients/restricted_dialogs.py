# SPDX-License-Identifier: Apache-2.0
"""The forms over a restricted patient: restrict and lift, and break the glass with reason, words and password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QLineEdit, QWidget

from hms_desktop.clinic.patients import service_restricted
from hms_desktop.clinic.patients.rules_restricted import (
    GLASS_MINUTES,
    GLASS_REASONS,
    RESTRICTIONS,
    glass_word,
    restriction_word,
)
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]
Act = Callable[[Any], Any]


def ask_restrict(
    desk: Desk, parent: QWidget, patient: UUID, owners: Sequence[tuple[UUID, str]], done: Done
) -> FormDialog:
    """Restrict a patient: why, and who answers for the record."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(
            service_restricted.restrict, patient=patient, kind=values["kind"], reason=values["reason"],
            owner=UUID(values["owner"]),
        )  # fmt: skip

    text = _(
        "Only who has a visit, booking or order with this patient, or works with who has, sees who it is. Everybody "
        "else sees the record number, and may break the glass with a reason."
    )
    dialog = FormDialog(desk, parent, _("Restrict this record"), _("Restrict record"), acts, done, text=text)
    dialog.form.add(
        RadioField("kind", _("Kind"), [Option(k, restriction_word(k)) for k in RESTRICTIONS], required=True)
    )
    dialog.form.add(TextField("reason", _("&Why"), required=True))
    people = [Option(str(id), name) for id, name in owners]
    dialog.form.add(ChoiceField("owner", _("Who &answers for it"), finds_in(people), required=True))
    return dialog.ask()


def ask_lift(desk: Desk, parent: QWidget, restriction: UUID, record: str, done: Done) -> FormDialog:
    """Lift a restriction, with the reason."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service_restricted.lift_restriction, restriction=restriction, reason=values["reason"])

    title = _("Lift the restriction of {record}?").format(record=record)
    text = _("Everybody who may find patients sees again who it is. The restriction stays in the history.")
    dialog = FormDialog(desk, parent, title, _("Lift restriction"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Why"), required=True))
    return dialog.ask()


def ask_glass(desk: Desk, parent: QWidget, patient: UUID, text: str, done: Done) -> FormDialog:
    """Break the glass; `text` says which record it is."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(
            service_restricted.break_glass, patient=patient, reason=values["reason"], words=values["words"],
            password=values["password"],
        )  # fmt: skip

    told = _(
        "It opens for {n} minutes and for you alone. Whoever answers for the record is told, and a privacy officer "
        "looks at why."
    ).format(n=GLASS_MINUTES)
    verb = _("Break the glass")
    dialog = FormDialog(desk, parent, _("Emergency access"), verb, acts, done, text=f"{text} {told}", kind="danger",
                        width=560)  # fmt: skip
    reasons = [Option(reason, glass_word(reason)) for reason in GLASS_REASONS]
    dialog.form.add(RadioField("reason", _("Reason"), reasons, required=True))
    dialog.form.add(TextField("words", _("&What you need it for"), required=True, longest=400))
    password = TextField("password", _("Your &password"), required=True)
    password.line.setEchoMode(QLineEdit.EchoMode.Password)
    dialog.form.add(password)
    return dialog.ask()

# SPDX-License-Identifier: Apache-2.0
"""Asking somebody else about a conflict: a task for a role; the conflict stays open and the record stays usable."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.conflicts.queries import Entry
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.core.text import _
from hms_desktop.security.roles import policy
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, finds_in
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField


def ask_someone(desk: Desk, parent: QWidget, entry: Entry, done: Callable[[Any], object]) -> FormDialog:
    """A role is asked to look; the owner's role is offered first."""
    first = entry.conflicts[0]

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        title = _("{what}: {question}").format(what=entry.title.what, question=values["question"])
        patient = entry.patient.patient if entry.patient else None
        return partial(give_task, title=title, role=values["role"], patient=patient, kind="conflict",
                       subject=first.id, subject_table=f"{first.module}_conflict")  # fmt: skip

    dialog = FormDialog(desk, parent, _("Ask someone else"), _("Give them the task"), acts, done,
                        text=_("The conflict stays open until somebody settles it."))  # fmt: skip
    options = [Option(role.name, role.title) for role in policy().roles.values()]
    dialog.form.add(ChoiceField("role", _("&Who"), finds_in(options), required=True))
    dialog.form.add(TextField("question", _("&Question"), required=True, longest=160))
    owner = next((option for option in options if option.key == first.owner_role), None)
    if owner is not None and not entry.mine:
        dialog.form.set_values({"role": owner})
    return dialog.ask()

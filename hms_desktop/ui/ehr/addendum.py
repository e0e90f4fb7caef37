# SPDX-License-Identifier: Apache-2.0
"""Words that are added to a signed note: the form that asks for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import service
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import NoteField


def ask_addendum(desk: Desk, parent: QWidget, note: UUID, done: Callable[[Any], object], draft: str = "") -> FormDialog:
    """Ask for an addendum; the words that are kept under `draft` stand there."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.add_addendum, note=note, text=values["text"])

    text = _("The signed text stays as it is; these words stand below it with your name and the time.")
    dialog = FormDialog(desk, parent, _("Add to the signed note"), _("Add and sign"), acts, done, text=text)
    dialog.form.add(NoteField("text", _("&Words"), required=True, lines=4))
    dialog.ask().take_up(draft)
    return dialog

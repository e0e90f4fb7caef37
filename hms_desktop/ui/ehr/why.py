# SPDX-License-Identifier: Apache-2.0
"""Asks why: the one small form before an act of the chart that needs a reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField


def ask_why(
    desk: Desk,
    parent: QWidget,
    title: str,
    verb: str,
    act: Callable[..., Any],
    done: Callable[[Any], object],
    draft: str = "",
) -> None:
    """Ask for the reason of an act that takes one as `reason`; the reason that is kept under `draft` stands there."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(act, reason=values["reason"])

    dialog = FormDialog(desk, parent, title, verb, acts, done, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    dialog.ask().take_up(draft)

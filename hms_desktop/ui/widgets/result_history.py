# SPDX-License-Identifier: Apache-2.0
"""Every version of measured values, in a window of its own: for the chart, the report and the bench."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.versions_window import VersionsWindow


def show_results(desk: Desk, parent: QWidget, query: Callable[[Any], Any]) -> None:
    """Open the versions that `query` reads."""
    VersionsWindow(desk, parent, query, _("History of the result"), (_field_word, _part_word)).open()


def _part_word(table: str) -> str:
    return _("Entered in error") if table == "lab_result_void" else _("Result")


def _field_word(column: str) -> str:
    return {
        "at": _("At"),
        "comment": _("Comment"),
        "critical": _("Critical"),
        "delta_exceeded": _("Jump from the value before"),
        "flag": _("Flag"),
        "reason": _("Reason"),
        "reference_high": _("Reference to"),
        "reference_low": _("Reference from"),
        "resulted_at": _("Measured"),
        "status": _("State"),
        "test": _("Test"),
        "text_value": _("Result"),
        "unit": _("Unit"),
        "value": _("Result"),
        "version": _("Version"),
    }.get(column, column.replace("_", " "))

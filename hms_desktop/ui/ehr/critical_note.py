# SPDX-License-Identifier: Apache-2.0
"""A critical value in a clinician's inbox before its report is out: what it is, and that the laboratory calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.lab import service
from hms_desktop.clinic.lab.queries_inbox import CriticalRow
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.words import when
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.patient_amended import full_name


def show_critical(desk: Desk, parent: QWidget, row: CriticalRow, chart: Callable[[], object]) -> None:
    """Write the look down, then show the value with how far the call is; the way on is the chart."""
    act = partial(service.open_critical, result_id=row.release)
    desk.tasks.run(act, lambda _id: _show(desk, parent, row, chart), desk.show_error, owner=parent)


def _show(desk: Desk, parent: QWidget, row: CriticalRow, chart: Callable[[], object]) -> None:
    zone = desk.place.zone
    tried = ngettext("{count} attempt to reach somebody", "{count} attempts to reach somebody", row.attempts)
    facts = [
        (_("Patient"), full_name(row.patient) if row.patient else ""),
        (_("Measured"), when(row.at, zone)),
        (_("To be told by"), when(row.call_by, zone)),
        (_("So far"), tried.format(count=row.attempts)),
    ]
    if row.ordered_by:
        facts.append((_("Ordered by"), row.ordered_by))
    title = _("Critical: {test} {value}").format(test=row.display, value=row.value)
    text = _("Not verified and released yet. Act on it, and read the value back to the laboratory when it calls.")
    ask_first(parent, title, text, _("Open the chart"), chart, facts=facts, safe=_("Close"))

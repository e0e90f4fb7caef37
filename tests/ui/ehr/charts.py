# SPDX-License-Identifier: Apache-2.0
"""A chart that is open in a window, and its note."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.ehr import queries
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.ui.ehr.chart_screen import ChartPage
from hms_desktop.ui.routes import PatientChart
from tests.ui.ehr.rooms import Rooms, Window


def opened(window: Window, patient: UUID, section: str = "summary") -> ChartPage:
    page = window.open(PatientChart(patient, section), lambda p: isinstance(p, ChartPage) and p.facts is not None)
    assert isinstance(page, ChartPage)
    return page


def written(rooms: Rooms, visit: UUID) -> NoteView:
    """The note of a visit as it stands."""
    note = rooms.ask(queries.visit_note, visit)
    assert note is not None
    return note


def in_note(window: Window, page: ChartPage) -> None:
    """The keyboard is in the first section of the note."""
    window.until(lambda: QApplication.focusWidget() is page.summary.note.form.sections["symptoms"].edit)

# SPDX-License-Identifier: Apache-2.0
"""A folder of plain screens for tests of the frame: a day view that notes what happened to it, and a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from hms_desktop.ui.desk import Desk, Folder, Key, Page, PatientAct, RailEntry
from hms_desktop.ui.routes import BookAppointment, DayView, PatientChart, PatientSearch, RegisterPatient


class DayPage(Page):
    """Notes key presses, refreshes and scans."""

    def __init__(self, desk: Desk, route: DayView) -> None:
        super().__init__(desk)
        self.title, self.context = "Front desk", "Monday 23-Nov-2026"
        self.happened: list[str] = []
        self.field = QLineEdit(self)
        QVBoxLayout(self).addWidget(self.field)

    def keys(self) -> Sequence[Key]:
        def note(what: str) -> Any:
            return lambda: self.happened.append(what)

        return (
            Key("F2", "Check in", note("check in"), "sign-in", hint=True),
            Key("N", "New booking", note("new booking"), "plus", hint=True),
            Key("B", "Book beside", note("book"), "calendar-plus", enabled=lambda: False),
        )

    def refresh(self) -> None:
        self.happened.append("refresh")

    def scanned(self, code: str) -> bool:
        self.happened.append(f"scan {code}")
        return True


class FormPage(Page):
    """A form with one field, kept as a draft."""

    def __init__(self, desk: Desk, route: RegisterPatient) -> None:
        super().__init__(desk)
        self.title, self.context = "New patient", "Step 1 of 3"
        self.field = QLineEdit(route.typed, self)
        QVBoxLayout(self).addWidget(self.field)
        self.saved = False
        desk.drafts.load("register", self._found, owner=self)

    def _found(self, kept: dict[str, Any] | None) -> None:
        if kept:
            self.field.setText(kept["family"])

    def has_unsaved(self) -> bool:
        return bool(self.field.text()) and not self.saved

    def save_draft(self) -> None:
        self.desk.drafts.save("register", {"family": self.field.text()}, "New patient")
        self.saved = True


class ChartPage(Page):
    """A chart of one patient."""

    def __init__(self, desk: Desk, route: PatientChart) -> None:
        super().__init__(desk)
        self.title, self.context = "Clinical", "Room 3"
        self.patient: UUID | None = route.patient


class SearchPage(Page):
    """A list of patients."""

    def __init__(self, desk: Desk, route: PatientSearch) -> None:
        super().__init__(desk)
        self.title = "Patients"


def folder() -> Folder:
    """Four screens, two modules on the rail, one act on a patient."""
    return Folder(
        screens={DayView: DayPage, RegisterPatient: FormPage, PatientChart: ChartPage, PatientSearch: SearchPage},
        rail=(
            RailEntry("Patients", "users", PatientSearch(), 10, letter="P"),
            RailEntry("Schedule", "calendar-blank", DayView(), 20, frozenset({"appointment.read"}), "S"),
            RailEntry("Lab", "flask", PatientSearch("lab"), 40, frozenset({"lab.read"}), "L"),
        ),
        patient_acts=(PatientAct("Book appointment", "calendar-plus", lambda p: BookAppointment(p), shown_key="B"),),
    )


def widget_of(page: Page) -> QWidget:
    """The page as a widget."""
    return page.widget()

# SPDX-License-Identifier: Apache-2.0
"""Every place that a window can show, with examples; a new kind of place without an example fails the walk."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QApplication, QWidget

from hms_desktop.ui import routes
from hms_desktop.ui.routes import Home, Route
from hms_desktop.ui.widgets.buttons import Button
from installer.day import hands
from tests.promises.seats import Seat
from tests.promises.whole_visit import Visit


def patient_places(visit: Visit) -> list[Route]:
    """Places whose work belongs to one patient."""
    sections = ("summary", "timeline", "results", "medicines", "orders", "notes", "allergies", "procedures")
    return [
        routes.PatientRecord(visit.patient),
        *(routes.PatientChart(visit.patient, section) for section in sections),
        routes.PatientChart(visit.patient, "summary", visit.encounter),
        routes.Vitals(visit.patient, visit.encounter),
        routes.PharmacyQueue(visit.prescription),
        routes.LabWorklist(visit.specimen),
        routes.BillingDesk(visit.invoice),
        routes.BillingDesk(patient=visit.patient),
        routes.BookAppointment(visit.patient),
    ]


def other_places() -> list[Route]:
    """Lists, days and what belongs to the workstation."""
    return [
        routes.EmergencyReading(),
        routes.PatientSearch("Okonkwo"), routes.RegisterPatient(), routes.DayView(), routes.BookAppointment(),
        routes.MyDay(), routes.Vitals(), routes.Ward(), routes.LabWorklist(), routes.CriticalCalls(),
        routes.PharmacyQueue(), routes.BillingDesk(), routes.StaffList(), routes.StockList(),
        routes.ControlledRegister(), routes.ConflictInbox(), routes.SyncDetails(), routes.MessageList(),
        routes.SettingsPage(), routes.YourAccount(), routes.Privacy(), routes.Privacy("restricted"),
        *(routes.Privacy(section) for section in ("looks", "access", "requests", "disclosures")),
    ]  # fmt: skip


def every_place(seat: Seat, visit: Visit) -> list[Route]:
    """All of them; fails when a registered kind of place has no example here."""
    found = [*other_places(), *patient_places(visit)]
    known = seat.workstation.desk.routes
    kinds = {kind for kind in Route.__subclasses__() if known.knows(kind)} - {Home, routes.CheckIn}
    assert kinds <= {type(place) for place in found}, "a place without an example"
    return [place for place in found if known.knows(type(place))]


def settled(seat: Seat, place: Route) -> Any:
    """Open a place and wait until its screen stands still; returns the screen."""
    screen = seat.goes_to(place)
    seat.rests()
    before: list[Any] = []

    def still() -> bool:
        """What came last is laid out, too: rooms within rooms take a turn each."""
        hands.breathe(0.02)
        front = QApplication.activeModalWidget() or seat.window
        now = [(part.geometry(), part.isVisible()) for part in front.findChildren(QWidget)]
        stands, before[:] = now == before, now
        return stands

    hands.until(still, f"{place} stands still")
    return screen


def visible(widget: QWidget, kind: Any = QWidget) -> list[Any]:
    """Every visible part of a kind."""
    return [part for part in widget.findChildren(kind) if part.isVisible()]


def press_on(window: QWidget, name: str) -> None:
    """Go to the visible button whose words or spoken name begin so, once it is offered, and press it."""
    found: list[Any] = []

    def there() -> bool:
        buttons = [one for one in visible(window, Button) if one.isEnabled()]
        found[:] = [one for one in buttons if one.words.startswith(name) or one.accessibleName().startswith(name)]
        return bool(found)

    hands.until(there, f"“{name}” is offered")
    found[0].setFocus()
    hands.until(found[0].hasFocus, f"“{name}” has the keyboard")
    hands.press("Space")

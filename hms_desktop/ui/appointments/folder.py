# SPDX-License-Identifier: Apache-2.0
"""What the front desk brings to the window: its screens, its place on the rail, acts on a patient."""

from __future__ import annotations

from typing import Any

from hms_desktop.core.text import _
from hms_desktop.ui.appointments.booking_screen import BookingPage
from hms_desktop.ui.appointments.day_screen import DayPage
from hms_desktop.ui.appointments.refill import refill_booking
from hms_desktop.ui.desk import Desk, Folder, PatientAct, RailEntry
from hms_desktop.ui.routes import BookAppointment, CheckIn, DayView


def folder() -> Folder:
    """Day view, booking, check-in from anywhere."""
    return Folder(
        screens={DayView: DayPage, BookAppointment: BookingPage, CheckIn: _check_in},
        rail=(
            RailEntry(
                _("Schedule"), "calendar-blank", DayView(), 20, frozenset({"appointment.read"}), "S",
            ),
        ),
        patient_acts=(
            PatientAct(_("Check in"), "sign-in", lambda p: CheckIn(p), "appointment.check_in", "F2"),
            PatientAct(_("Book appointment"), "calendar-plus", lambda p: BookAppointment(p), "appointment.book", "B"),
        ),
        refills=(refill_booking,),
    )  # fmt: skip


def _check_in(desk: Desk, route: Any) -> DayPage:
    page = DayPage(desk, DayView())
    page.check_in_patient(route.patient, route.appointment)
    return page

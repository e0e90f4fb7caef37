# SPDX-License-Identifier: Apache-2.0
"""A booking that the server refused, as the form that a person had filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hms_desktop.clinic.staff.queries import clinician_names
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.routes import BookAppointment
from hms_desktop.ui.widgets.patient_picker import patient_name, patient_option


def refill_booking(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The booking form for a refused new booking; the patient stays open when their chart is not here."""
    booked = next((one.values for one in written if one.table == "appointment" and one.new), None)
    if booked is None:
        return None
    key = f"booking:{number}"
    name = patient_name(reader, booked["patient"])
    option = patient_option(name) if name else None
    starts = booked["starts"].astimezone(reader.clinic.zone)
    content = {
        "patient": {"key": option.key, "words": option.words} if option else "",
        "with": _with(reader, booked),
        "reason": booked.get("reason") or "",
    }
    return Refilled(key, _("New booking"), content, BookAppointment(day=starts.date(), draft=key))


def _with(reader: Any, booked: Any) -> Any:
    clinician = booked.get("practitioner")
    if clinician is None:
        return {"key": f"service:{booked['service']}", "words": booked["service"]}
    return {"key": f"clinician:{clinician}", "words": clinician_names(reader, [clinician]).get(clinician, "")}

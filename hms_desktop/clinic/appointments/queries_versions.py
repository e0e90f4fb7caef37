# SPDX-License-Identifier: Apache-2.0
"""The history of one booking: every time it stood at, who moved it, when, from which station and why."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.patients.queries_history import amendment_reasons, amendment_versions
from hms_desktop.security.queries import query
from hms_desktop.security.versions import Versions, newest_first, record_versions
from hms_desktop.storage.reader import Reader


@query("appointment.read")
def booking_versions(reader: Reader, appointment: UUID) -> Versions:
    """Every version of a booking that this device still holds the log of, newest first.

    The first one has no reason: what the patient comes for is no reason for a change.
    """
    patient = reader.get(Appointment, appointment).patient
    found = record_versions(reader, [(Appointment, appointment)], amendment_reasons(reader, [patient]))
    older = amendment_versions(reader, [patient], found, appointment)
    first = [row for row in found if row.at == found[-1].at]
    made = all(row.before is None for row in first)
    told = [replace(row, why=None) if made and row in first else row for row in found]
    return newest_first([*told, *older], found)

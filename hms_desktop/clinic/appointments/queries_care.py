# SPDX-License-Identifier: Apache-2.0
"""Who has to do with a patient by a booking: the clinician that it is with, and those of the same service."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.patients.queries_restricted import register_care, register_viewer
from hms_desktop.clinic.patients.rules_restricted import Tie
from hms_desktop.clinic.staff.queries_care import works_as
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

OPEN = ("proposed", "pending", "waitlist", "booked", "arrived", "checked-in")
LATE = timedelta(days=1)


@register_care
@query("appointment.read")
def booked_with(reader: Reader, charts: Collection[UUID]) -> Iterator[Tie]:
    """One tie for each booking that is still to come, or came within a day and is not finished."""
    question = select(Appointment.practitioner, Appointment.service).where(
        Appointment.patient.in_(charts), Appointment.status.in_(OPEN), Appointment.starts > reader.now - LATE
    )
    for row in reader.rows(question):
        yield Tie(frozenset([row.practitioner] if row.practitioner else []), frozenset([row.service]))


register_viewer(works_as)

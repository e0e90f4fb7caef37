# SPDX-License-Identifier: Apache-2.0
"""Tables of bookings and check-ins (FHIR Appointment)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.appointments.rules import STATES, STEPS, WINS
from hms_desktop.storage.columns import choice, flag, instant, link, ref, text, whole
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.records import LAST_WRITER, Fact, Record, progress


class Appointment(
    Record,
    table="appointment",
    phi=True,
    groups={"who": LAST_WRITER, "slot": LAST_WRITER, "reason": LAST_WRITER, "state": progress("status", WINS, STEPS)},
):
    """A patient's booking; `slot` is `rules.slot_id`, `firm` says that a lease was spent on it."""

    patient: Mapped[UUID] = link(group="who", index=True)
    source: Mapped[str | None] = text(group="who", optional=True, index=True)
    practitioner: Mapped[UUID | None] = link(group="slot", optional=True)
    session: Mapped[UUID | None] = link(group="slot", optional=True)
    service: Mapped[str] = text(group="slot", phi=True)
    place: Mapped[UUID | None] = link(group="slot", optional=True)
    starts: Mapped[datetime] = instant(group="slot", index=True)
    minutes: Mapped[int] = whole(group="slot")
    slot: Mapped[UUID | None] = link(group="slot", optional=True, index=True)
    firm: Mapped[bool] = flag(group="slot")
    lease: Mapped[UUID | None] = link(group="slot", optional=True)
    reason: Mapped[str | None] = text(group="reason", phi=True, optional=True)
    status: Mapped[str] = choice(*STATES, group="state")
    status_reason: Mapped[str | None] = text(group="state", phi=True, optional=True)
    asked_by: Mapped[str | None] = text(group="state", optional=True)


class CheckIn(Fact, table="check_in", phi=True):
    """The appointment's patient came, by rule from the appointment; who and when stand in the change set."""

    appointment: Mapped[UUID] = ref("appointment")
    encounter: Mapped[UUID] = link(index=True)


class QueueCall(Fact, table="queue_call", phi=True):
    """A waiting patient was called to a room; when and by whom stand in the change set."""

    appointment: Mapped[UUID] = ref("appointment")
    place: Mapped[UUID | None] = link(optional=True)


class AppointmentsConflict(ConflictFact, table="appointments_conflict", phi=True):
    """A slot with more firm bookings than places, or a booking called off while its patient came."""


class AppointmentsConflictMember(MemberFact, table="appointments_conflict_member", phi=True):
    """A booking or head that stands against the others of its conflict."""


class AppointmentsConflictSettlement(SettlementFact, table="appointments_conflict_settlement", phi=True):
    """What a person decided about a conflict of bookings."""

# SPDX-License-Identifier: Apache-2.0
"""Records that can't all be right, side by side: charts, bookings, hand-overs, payments, each with its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing.model import Invoice, Payment
from hms_desktop.clinic.billing.rules import way_word
from hms_desktop.clinic.conflicts.queries_values import move_words, state_words
from hms_desktop.clinic.conflicts.queries_visits import opened
from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VISIT_TWICE,
)
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.inventory.model import StockMove
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.lab.queries_catalogue import catalogue
from hms_desktop.clinic.patients.likeness import say
from hms_desktop.clinic.patients.model import Patient, PatientIdentifier
from hms_desktop.clinic.patients.queries import amended_parts, banner, contacts
from hms_desktop.clinic.patients.queries_look_alikes import look_alikes_of
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.queries import supply
from hms_desktop.core.clock import instant, stamp_author, stamp_ms
from hms_desktop.core.dates import show_moment
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.security.versions import station_names
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record


@dataclass(frozen=True)
class RecordSide:
    """One record of a conflict: a title, facts as (label, value), who made it where and when; `here` is this device.

    `name` is that of the patient whom the title names, `moved` says of a booking that it stood at another time before.
    """

    id: UUID
    title: str
    facts: tuple[tuple[str, str], ...]
    person: str
    station: str
    at: datetime
    here: bool
    name: PatientName | None = None
    moved: bool = False


Facts = tuple[str, tuple[tuple[str, str], ...]]


@query("conflict.read")
def record_sides(reader: Reader, kind: str, subject: UUID, members: Sequence[UUID]) -> tuple[RecordSide, ...]:
    """The members of a conflict of records, the earliest first."""
    record, tell = _TELL[kind]
    sides = [_side(reader, record, member, tell(reader, member, members)) for member in members]
    return tuple(sorted(sides, key=lambda s: s.at))


def _side(reader: Reader, record: type[Record], member: UUID, told: Facts) -> RecordSide:
    row = reader.get(record, member)
    made = reader.history(record, member)[:1]
    person = person_names(reader, [made[0].person])[made[0].person] if made else ""
    author = stamp_author(row.k)
    station = station_names(reader).get(author, str(author))
    at = instant(stamp_ms(row.k))
    name, moved = _named(reader, record, row)
    return RecordSide(member, told[0], told[1], person, station, at, author == reader.station.author, name, moved)


def _named(reader: Reader, record: type[Record], row: Any) -> tuple[PatientName | None, bool]:
    """The patient whom the title of a side names, and whether its booking was moved."""
    if record not in (Patient, PatientIdentifier, Appointment):
        return None, False
    patient = row.id if record is Patient else row.patient
    moved = record is Appointment and row.id in amended_parts(reader, [patient], "booking")
    return names(reader, [patient]).get(patient), moved


def _chart(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    top = banner(reader, member)
    phones = ", ".join(c.marked for c in contacts(reader, top.charts) if c.kind == "phone")
    other = next((found for found in look_alikes_of(reader, member) if found.name.patient in members), None)
    alike = other.likeness.reasons if other else ()
    return top.name.full, (
        (_("Born"), top.name.birth),
        (_("Sex"), top.name.sex),
        (_("Record"), top.name.mrn),
        (_("Telephone"), phones or _("not recorded")),
        (_("Alike"), ", ".join(say(reason) for reason in alike)),
    )


def _identifier(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(PatientIdentifier, member)
    who = names(reader, [row.patient])[row.patient]
    return who.full, ((_("Born"), who.birth), (_("Record"), who.mrn), (_("Number"), row.value))


def _booking(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(Appointment, member)
    who = names(reader, [row.patient])[row.patient]
    clock = show_moment(row.starts.astimezone(reader.clinic.zone))
    return who.full, (
        (_("Record"), who.mrn),
        (_("Time"), clock),
        (_("Service"), row.service),
        (_("State"), state_words(row.status)),
        (_("Reason"), row.reason or _("not recorded")),
    )


def _hand_over(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = supply(reader, member)
    sort = _("firm") if row.firm else _("by override: {reason}").format(reason=row.override_reason or "")
    return _("{quantity} {unit} of {medicine}").format(
        quantity=show_decimal(row.quantity), unit=unit_words(row.unit, row.quantity), medicine=tall_man(row.display)
    ), ((_("Handed over by"), row.by), (_("Supply"), sort))


def _move(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(StockMove, member)
    return _("{quantity} taken").format(quantity=show_decimal(-row.quantity)), ((_("Kind"), move_words(row.kind)),)


def _payment(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(Payment, member)
    facts = [(_("Receipt"), row.number), (_("Paid by"), way_word(row.way))]
    if row.reference:
        facts.append((_("Reference"), row.reference))
    return str(Money(row.amount, row.currency)), tuple(facts)


def _invoice(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(Invoice, member)
    return row.number, ((_("Total"), str(Money(row.total, row.currency))),)


def _result(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(LabResult, member)
    shown = show_decimal(row.value) if row.value is not None else row.text_value or ""
    test = catalogue(reader).get(row.test)
    title = f"{test.display if test else row.test} {shown} {shown_unit(row.unit)}".strip()
    return title, ((_("State"), state_words(row.status)),)


def _visit(reader: Reader, member: UUID, members: Sequence[UUID]) -> Facts:
    row = reader.get(Encounter, member)
    asked = reader.find(Appointment, row.appointment) if row.appointment else None
    clock = show_moment(opened(row).astimezone(reader.clinic.zone))
    return _("Visit of {time}").format(time=clock), (
        (_("Service"), asked.service if asked else _("without a booking")),
        (_("State"), state_words(row.status)),
        (_("Reason"), row.reason or (asked.reason if asked else None) or _("not recorded")),
    )


_TELL: Mapping[str, tuple[type[Record], Callable[[Reader, UUID, Sequence[UUID]], Facts]]] = {
    PERSON_TWICE: (Patient, _chart),
    IDENTIFIER_TWICE: (PatientIdentifier, _identifier),
    SLOT_OVER: (Appointment, _booking),
    OVER_SUPPLIED: (Dispense, _hand_over),
    STOCK_BELOW_ZERO: (StockMove, _move),
    PAID_TWICE: (Payment, _payment),
    CHARGED_TWICE: (Invoice, _invoice),
    RESULT_FOR_REVOKED: (LabResult, _result),
    VISIT_TWICE: (Encounter, _visit),
    ADMITTED_TWICE: (Encounter, _visit),
}

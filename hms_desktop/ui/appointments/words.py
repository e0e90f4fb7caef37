# SPDX-License-Identifier: Apache-2.0
"""How stages, bookings and payments are said: chips and cells of the day view."""

from __future__ import annotations

from datetime import datetime

from hms_desktop.core.dates import show_minutes
from hms_desktop.core.quantities import show_every_digit
from hms_desktop.core.text import _
from hms_desktop.ui.appointments.day_facts import LONG_WAIT_MINUTES, Line
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.table_cells import Cell


def status_chip(line: Line) -> ChipFace:
    """Where the patient is."""
    row = line.row
    if row.doubted:
        return ChipFace("conflict", _("Two versions"), "git-merge")
    if line.stage == "with_doctor":
        return ChipFace("success", _("With doctor"), "stethoscope")
    if line.stage == "waiting" and row.called_at:
        return ChipFace("info", _("Called to {place}").format(place=row.called_to or _("room")), "megaphone")
    if row.provisional:
        return ChipFace("warning", _("Provisional"), "clock")
    return {
        "waiting": ChipFace("info", _("Waiting"), "hourglass-medium"),
        "seen": ChipFace("neutral", _("Seen"), "check"),
        "missed": ChipFace("warning", _("Did not come"), "calendar-x"),
        "waitlist": ChipFace("warning", _("On the waitlist"), "hourglass"),
        "off": ChipFace("neutral", _("Cancelled"), "x"),
        "to_arrive": ChipFace("neutral", _("Booked"), "circle"),
    }[line.stage]


def waiting_cell(line: Line, now: datetime) -> Cell:
    """Minutes since arrival, with a warning when they are many."""
    waited = line.row.waited(now) if line.stage == "waiting" else None
    if waited is None:
        return Cell()
    if waited >= LONG_WAIT_MINUTES:
        return Cell(show_minutes(waited), tone="warning", strong=True, icon="warning-fill")
    return Cell(show_minutes(waited))


def payment_cell(line: Line) -> Cell:
    """What there is to pay."""
    pay = line.payment
    if pay.way == "due" and pay.amount is not None:
        due, short = _("{amount} due"), show_every_digit(pay.amount.decimal())  # the currency of the clinic is one
        spoken = due.format(amount=pay.amount)
        return Cell(due.format(amount=short), tone="warning", icon="warning-fill", spoken=spoken)
    if pay.way == "paid":
        return Cell(_("Paid"), tone="success", icon="check")
    return {
        "scheme": Cell(_("Scheme"), tone="secondary"),
        "self": Cell(_("Patient pays"), tone="secondary"),
    }.get(pay.way, Cell())


def patient_cell(line: Line) -> Cell:
    """Name over record number and age."""
    name = line.row.patient
    facts = ", ".join(part for part in (name.mrn, name.age) if part)
    return Cell(name.listed, sub=facts, amended=corrected(name), strong=True)


def time_cell(line: Line) -> Cell:
    """When it begins, marked when it stood at another time before."""
    return Cell(line.row.clock, strong=True, amended=_("moved from another time") if line.row.moved else "")


def field_word(column: str) -> str:
    """The word for a column of a booking."""
    return {
        "starts": _("Begins"),
        "minutes": _("Minutes"),
        "service": _("Service"),
        "firm": _("Confirmed"),
        "status": _("Status"),
        "asked_by": _("Asked by"),
        "reason": _("Why"),
    }.get(column, column)


def part_word(_table: str) -> str:
    """The word for a booking."""
    return _("Appointment")


def clinician_words(line: Line) -> str:
    """Who sees them, or that nobody is named yet."""
    return line.row.clinician or _("Not assigned")

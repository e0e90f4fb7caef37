# SPDX-License-Identifier: Apache-2.0
"""Prescriptions, visits and bookings as the record of care holds them, put on paper."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from hms_desktop.clinic.appointments import queries as appointments
from hms_desktop.clinic.ehr import queries as ehr
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow, medicine
from hms_desktop.clinic.ehr.queries_notes import NoteView, visit_note
from hms_desktop.clinic.ehr.queries_vitals import Reading, vitals
from hms_desktop.clinic.ehr.rules import priority_name
from hms_desktop.clinic.ehr.rules_notes import SECTIONS, section_name
from hms_desktop.clinic.ehr.rules_vitals import sign_name
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.clinic.lab.queries_inbox import ReleaseView
from hms_desktop.clinic.staff.model import Practitioner
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import Refused
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.documents import appointment_slip as slip_paper
from hms_desktop.documents import prescription as prescription_paper
from hms_desktop.documents import visit_summary as visit_paper
from hms_desktop.documents import wording
from hms_desktop.documents.identity import PrintRun
from hms_desktop.documents.of_lab import flag, reference, shown
from hms_desktop.documents.of_patient import Drawn, sender, version_of, whose
from hms_desktop.security.prints import Identity
from hms_desktop.storage.reader import Reader

DASH = " — "
ENDED = frozenset({"stopped", "cancelled", "entered-in-error"})
IN_FORCE = {"active", "completed", "on-hold", "stopped"}


def prescription(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """The medicines of a visit (`subject` a visit), or one (`subject` a prescription); drafts are UNSIGNED."""
    visit = reader.find(Encounter, subject)
    rows = ehr.asked_at(reader, subject).medicines if visit is not None else (medicine(reader, subject),)
    rows = tuple(row for row in rows if row.status in IN_FORCE) or rows
    if not rows:
        raise Refused(_("Nothing was prescribed at this visit. Prescribe first, then print."))
    first = rows[0]
    signed = max(row.written for row in rows) if all(row.status in IN_FORCE for row in rows) else None
    made = prescription_paper.Prescription(
        sender(reader),
        whose(reader, first.patient),
        run,
        _day_of(reader, first),
        tuple(_line(row) for row in rows),
        ", ".join(dict.fromkeys(row.requester for row in rows if row.requester)),
        signed_at=signed.astimezone(reader.clinic.zone) if signed else None,
        weight=_weight(reader, first.patient),
    )
    counts = tuple(Identity("prescription", row.id, _state_of(row)) for row in rows)
    return Drawn(first.patient, _("Prescription"), made, prescription_paper.render, counts=counts)


def visit_summary(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """A visit with its note, problems, measurements, orders, results and medicines; drafts while nothing is signed."""
    visit, zone = ehr.visit(reader, subject), reader.clinic.zone
    row, asked, note = reader.get(Encounter, subject), ehr.asked_at(reader, subject), visit_note(reader, subject)
    signed = note is not None and note.locked
    orders = [one for one in asked.orders if one.status != "draft" or not signed]
    started = (visit.started or instant(stamp_ms(row.k))).astimezone(zone)
    readings = _of_the_day(reader, visit)
    made = visit_paper.VisitSummary(
        sender(reader),
        whose(reader, visit.patient),
        run,
        wording.day(started.date()),
        started,
        _practitioner(reader, row.practitioner),
        visit.reason or "",
        visit.ended.astimezone(zone) if visit.ended else None,
        tuple(_problem(one) for one in ehr.problems(reader, visit.patient)),
        _measured(reader, readings),
        _notes(reader, note) if note else (),
        tuple(_order(one) for one in orders),
        tuple(found for report in lab.reports(reader, [one.id for one in orders]) for found in _found(reader, report)),
        tuple(_line(one) for one in asked.medicines if one.status != "draft" or not signed),
        mistake=_mistake(visit, note),
        forms=tuple(dict.fromkeys(one.form for one in readings if one.form)),
    )
    return Drawn(visit.patient, _("Visit summary"), made, visit_paper.render, version_of(*_said(made)))


def _state_of(row: MedicineRow) -> str:
    """What tells one state of a prescription from another: changed or stopped, it is printed anew."""
    return version_of(row.status, row.dose, row.quantity and row.quantity.normalize(), row.repeats)


def _said(made: visit_paper.VisitSummary) -> tuple[object, ...]:
    """What tells one version of a summary from another; neither an age nor the order in which marks stand does."""
    return made.reason, made.problems, made.vitals, made.notes, made.orders, made.results, made.medicines, made.mistake


def _mistake(visit: ehr.VisitRow, note: NoteView | None) -> str:
    if visit.status == "entered-in-error":
        return _("This visit was entered in error: {reason}").format(reason=visit.stop_reason or "")
    if note is not None and note.mistake is not None:
        said = _("The note of this visit was entered in error, {reason}: {name}")
        return said.format(reason=note.mistake.reason, name=note.mistake.by)
    return ""


def appointment_slip(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """A booking; one that no lease covers, or that is still asked for, is provisional."""
    row = appointments.booking(reader, subject)
    doubt = (
        ""
        if row.firm and not row.provisional
        else _("The time is asked for and not yet sure. The clinic tells you when it is.")
    )
    made = slip_paper.AppointmentSlip(
        sender(reader),
        whose(reader, row.patient.patient),
        run,
        "",
        row.starts.astimezone(reader.clinic.zone),
        row.minutes,
        row.clinician or "",
        row.place_name or "",
        row.service,
        provisional=doubt,
        cancelled=row.status in {"cancelled", "noshow", "entered-in-error"},
        moved=row.moved,
    )
    version = version_of(row.starts.astimezone(UTC), row.minutes, made.with_whom, made.place, bool(doubt), row.status)
    return Drawn(row.patient.patient, _("Appointment slip"), made, slip_paper.render, version)


def _line(row: MedicineRow) -> prescription_paper.MedicineLine:
    dose, *how = row.dose_line.split(DASH)
    how += [_("dose changed")] if row.amended else []
    amount = ""
    if row.quantity is not None:
        amount = f"{show_decimal(row.quantity)} {unit_words(row.quantity_unit or '', row.quantity)}".strip()
    stopped = (row.stop_reason or _("no reason given")) if row.status in ENDED else ""
    return prescription_paper.MedicineLine(
        tall_man(row.display),
        row.form or "",
        dose,
        tuple(how),
        amount,
        str(row.repeats) if row.repeats else "",
        reason=row.reason or "",
        stopped=stopped,
        standing=tuple(one.line for one in row.doses),
    )


def _day_of(reader: Reader, row: MedicineRow) -> str:
    return wording.day(row.written.astimezone(reader.clinic.zone).date())


def _weight(reader: Reader, patient: UUID) -> str:
    found = vitals(reader, patient).last.get("weight")
    if found is None:
        return ""
    day = wording.day(found.at.astimezone(reader.clinic.zone).date())
    return f"{show_decimal(found.value)} {shown_unit(found.unit)}, {day}"


def _practitioner(reader: Reader, id: UUID | None) -> str:
    found = reader.find(Practitioner, id) if id else None
    if found is None:
        return ""
    return " ".join(part for part in (found.prefix, found.given, found.family) if part)


def _problem(row: ehr.ProblemRow) -> str:
    said = row.display
    if row.onset:
        said = _("{problem}, since {date}").format(problem=row.display, date=wording.partial_day(row.onset))
    return _("{words}, changed").format(words=said) if row.reason else said


def _order(row: ehr.OrderRow) -> str:
    said = row.display if row.priority == "routine" else f"{row.display}, {priority_name(row.priority)}"
    if row.status == "revoked":
        return _("{order}, cancelled: {reason}").format(order=said, reason=row.stop_reason or _("no reason given"))
    return said


def _found(reader: Reader, report: ReleaseView) -> tuple[visit_paper.Measured, ...]:
    """The values of a report; one that corrects another says what stood there."""
    found = []
    for value in report.values:
        text = f"{shown(value)} {shown_unit(value.unit)}".strip()
        if value.id in report.struck:
            text = _("{value}, corrected from {old}").format(value=text, old=shown(report.struck[value.id]))
        at = value.entered.at.astimezone(reader.clinic.zone)
        found.append(visit_paper.Measured(value.display, text, flag(value), reference(value), at))
    return tuple(found)


def _of_the_day(reader: Reader, visit: ehr.VisitRow) -> tuple[Reading, ...]:
    """What was measured on the clinic's day of the visit, the last value of each sign."""
    zone = reader.clinic.zone
    day = (visit.started or reader.now).astimezone(zone).date()
    found = (
        [one for one in readings if one.at.astimezone(zone).date() == day]
        for readings in vitals(reader, visit.patient).series.values()
    )
    return tuple(same[-1] for same in found if same)


def _measured(reader: Reader, readings: tuple[Reading, ...]) -> tuple[visit_paper.Measured, ...]:
    found = []
    for last in readings:
        value, at = f"{show_decimal(last.value)} {shown_unit(last.unit)}", last.at.astimezone(reader.clinic.zone)
        found.append(visit_paper.Measured(sign_name(last.key), value, last.judged, at=at))
    return tuple(found)


def _notes(reader: Reader, note: NoteView) -> tuple[visit_paper.NoteText, ...]:
    zone = reader.clinic.zone
    signed = note.signatures[-1] if note.signatures else None
    sections = tuple((section_name(name), note.texts[name]) for name in SECTIONS if note.texts.get(name))
    main = visit_paper.NoteText(
        sections,
        signed.name if signed else note.author,
        signed.at.astimezone(zone) if signed else None,
        begun=tuple(begun.template.words for begun in note.begun),
    )
    return (
        main,
        *(visit_paper.NoteText((("", one.text),), one.by, one.at.astimezone(zone), True) for one in note.addenda),
    )

# SPDX-License-Identifier: Apache-2.0
"""The appointment slip: gathered from the booking, shown in the preview; a pending booking says “provisional”."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.appointments import service
from hms_desktop.clinic.appointments.queries import AppointmentRow
from hms_desktop.clinic.patients import queries as patients
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.allergy_box import Allergies
from hms_desktop.ui.widgets.paper import note_leaving
from hms_desktop.ui.widgets.patient_facts import allergy_facts
from hms_desktop.ui.widgets.print_preview import PrintPreview


@dataclass(frozen=True)
class SlipFacts:
    """What the slip says; `starts_at` in the clinic's zone."""

    row: AppointmentRow
    starts_at: datetime
    national: str
    allergies: Allergies


def show_slip(desk: Desk, parent: QWidget, appointment: UUID) -> None:
    """Write the look down, draw the slip beside the window, open the preview."""

    def drawn(pdf: bytes, patient: UUID) -> None:
        preview = PrintPreview(parent, _("Appointment slip"), pdf)
        note_leaving(desk, preview, "appointment-slip", appointment, patient)
        preview.open()

    def read(facts: SlipFacts) -> None:
        shown = partial(drawn, patient=facts.row.patient.patient)
        desk.tasks.aside(partial(draw, desk, facts), shown, desk.show_error, owner=parent)

    desk.tasks.run(partial(gather, appointment=appointment), read, desk.show_error, owner=parent)


def gather(unit: Any, appointment: UUID) -> SlipFacts:
    """The booking with its patient, as one action that notes the look."""
    row = service.print_slip(unit, appointment=appointment)
    national = patients.banner(unit, row.patient.patient).national
    starts_at = row.starts.astimezone(unit.clinic.zone)
    return SlipFacts(row, starts_at, national[1] if national else "", allergy_facts(unit, row.patient.patient))


def draw(desk: Desk, facts: SlipFacts) -> bytes:
    """The slip as PDF."""
    from hms_desktop.documents.appointment_slip import AppointmentSlip, render
    from hms_desktop.documents.identity import AllergyBox, AllergyState, ClinicHead, PatientOnPaper, PrintRun

    row, name = facts.row, facts.row.patient
    known = tuple(allergy.words for allergy in facts.allergies.known)
    allergies = AllergyBox(AllergyState(facts.allergies.state.replace("_", "-")), known, facts.allergies.note)
    patient = PatientOnPaper(
        name.full, name.born or "", name.age, sex_word(name.sex), name.mrn, allergies, name.born_estimated,
        facts.national, amended=name.amended,
    )  # fmt: skip
    run = PrintRun(desk.person.name, desk.now(), desk.place.station, training=desk.place.training)
    slip = AppointmentSlip(
        ClinicHead(desk.place.clinic), patient, run, name.mrn, facts.starts_at, row.minutes,
        row.clinician or row.service, row.place_name or "", row.service,
        provisional=_("the server has not confirmed this place yet") if row.provisional else "",
        cancelled=row.status == "cancelled", moved=row.moved,
    )  # fmt: skip
    return render(slip)

# SPDX-License-Identifier: Apache-2.0
"""When X happened, do Y: one table, run in the transaction of the action that raised the event.

A reaction appends facts with ids by rule, so that the same event told twice leaves one row. Reactions never run when
sync applies what another device did: that device's reactions came along in its change set.

What is charged when: a visit at check-in, or when it is opened without a booking; a test when its result is first
released (not at collection, so that a rejected or lost specimen costs nobody); a procedure when it is recorded as done;
a night when the clinic's midnight finds the patient in a bed; a medicine when it is handed over, unless a programme
pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hms_desktop.clinic.appointments import events as bookings
from hms_desktop.clinic.appointments import service as booking
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing import events as money
from hms_desktop.clinic.billing.service import drop_charge, raise_charge
from hms_desktop.clinic.billing.service_nights import charge_night, drop_nights
from hms_desktop.clinic.conflicts import events as conflicts
from hms_desktop.clinic.ehr import events as care
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.service_visits import AMBULATORY, open_encounter
from hms_desktop.clinic.inventory import events as stock
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.inventory.service import Signed, issue, take_back
from hms_desktop.clinic.lab import events as lab
from hms_desktop.clinic.patients import events as register
from hms_desktop.clinic.patients.model import TimelineEntry
from hms_desktop.clinic.pharmacy import events as pharmacy
from hms_desktop.clinic.staff import events as staff
from hms_desktop.clinic.staff.model import SessionTemplate
from hms_desktop.core.dates import show_moment
from hms_desktop.core.events import Event
from hms_desktop.core.ids import rule_id
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.storage.unit import Unit

VISIT_CODE = "VISIT"
"""The price code of a visit whose session names none."""


def react(unit: Unit, event: Event) -> None:
    """Do everything that follows from an event; the store calls this before it commits."""
    for reaction in REACTIONS.get(type(event), ()):
        reaction(unit, event)


def _tell(
    unit: Unit, kind: str, patient: UUID, at: datetime, title: str, source: UUID, table: str, *, again: bool = False
) -> None:
    """One line on the patient's timeline, by rule from its source; `again` for what may happen to it repeatedly."""
    entry = None if again else rule_id(source, f"timeline:{kind}")
    unit.add(TimelineEntry, id=entry, patient=patient, kind=kind, at=at, title=title, source=source, source_table=table)


# front desk


def tell_registered(unit: Unit, e: register.PatientRegistered) -> None:
    """Timeline: the chart was made."""
    _tell(unit, "registration", e.patient, e.at, _("Registered, record {mrn}").format(mrn=e.mrn), e.patient, "patient")


def tell_linked(unit: Unit, e: register.ChartsLinked) -> None:
    """Timeline: two charts are one person's."""
    _tell(unit, "registration", e.survivor, e.at, _("Two charts joined"), e.link, "patient_link")


def tell_unlinked(unit: Unit, e: register.ChartsUnlinked) -> None:
    """Timeline: the charts are apart again."""
    _tell(unit, "registration", e.survivor, e.at, _("Charts taken apart"), e.link, "patient_link", again=True)


def tell_interaction(unit: Unit, e: register.InteractionLogged) -> None:
    """Timeline: a contact that was no visit."""
    words = {
        "phone": _("Telephone call"),
        "walk_in": _("Asked at the desk"),
        "email": _("E-mail"),
        "letter": _("Letter"),
        "complaint": _("Complaint"),
    }
    _tell(unit, "call", e.patient, e.at, words.get(e.kind, e.kind), e.interaction, "interaction")


def tell_died(unit: Unit, e: register.PatientDied) -> None:
    """Timeline: a death was recorded."""
    _tell(unit, "registration", e.patient, e.at, _("Death recorded"), e.patient, "patient", again=True)


def tell_booked(unit: Unit, e: bookings.AppointmentBooked) -> None:
    """Timeline: a booking, firm or to be confirmed."""
    title = _("Booked for {time}") if e.firm else _("Booked for {time}, to be confirmed")
    _tell(unit, "appointment", e.patient, e.at, title.format(time=_clock(unit, e.starts)), e.appointment, "appointment")


def tell_moved(unit: Unit, e: bookings.AppointmentMoved) -> None:
    """Timeline: a booking went to another time."""
    title = _("Moved from {before} to {time}").format(before=_clock(unit, e.before), time=_clock(unit, e.starts))
    _tell(unit, "appointment", e.patient, e.at, title, e.appointment, "appointment", again=True)


def tell_called_off(unit: Unit, e: bookings.AppointmentCancelled) -> None:
    """Timeline: a booking was called off, or was a mistake."""
    words = _("Booking entered in error: {reason}") if e.mistake else _("Called off: {reason}")
    title = words.format(reason=e.reason)
    _tell(unit, "appointment", e.patient, e.at, title, e.appointment, "appointment", again=True)


def tell_missed(unit: Unit, e: bookings.PatientMissedAppointment) -> None:
    """Timeline: the patient did not come."""
    _tell(unit, "appointment", e.patient, e.at, _("Did not come"), e.appointment, "appointment", again=True)


def open_visit(unit: Unit, e: bookings.ArrivedForVisit) -> None:
    """The encounter of the appointment, by rule: two desks open one."""
    open_encounter(unit, e.appointment, e.patient)


def charge_visit(unit: Unit, e: bookings.ArrivedForVisit) -> None:
    """The visit's charge, by rule from its encounter, under the code of the session that was booked."""
    raise_charge(
        unit,
        rule="visit",
        source=e.encounter,
        source_table="encounter",
        patient=e.patient,
        encounter=e.encounter,
        code=_session_code(unit, e.appointment),
    )


def tell_arrived(unit: Unit, e: bookings.ArrivedForVisit) -> None:
    """Timeline: the arrival, at the booked time: two desks that check the same booking in must write the same line."""
    starts = unit.get(Appointment, e.appointment).starts
    title = _("Arrived: {service}").format(service=e.service)
    _tell(unit, "arrival", e.patient, starts, title, e.appointment, "appointment")


def _session_code(unit: Unit, appointment: UUID) -> str:
    session = unit.get(Appointment, appointment).session
    found = unit.find(SessionTemplate, session) if session else None
    return (found.price_code if found else None) or VISIT_CODE


def _clock(unit: Unit, moment: datetime) -> str:
    return show_moment(moment.astimezone(unit.clinic.zone))


# doctor's room


def tell_visit(unit: Unit, e: care.VisitOpened) -> None:
    """Timeline: a visit without a booking; with one, the arrival says it."""
    if e.appointment is None:
        _tell(unit, "visit", e.patient, e.at, _("Visit opened"), e.encounter, "encounter")


def charge_open_visit(unit: Unit, e: care.VisitOpened) -> None:
    """The charge of a visit without a booking; with one, the arrival raises it under the code of its session."""
    if e.appointment is None:
        raise_charge(
            unit,
            rule="visit",
            source=e.encounter,
            source_table="encounter",
            patient=e.patient,
            encounter=e.encounter,
            code=VISIT_CODE,
        )


def drop_visit_charge(unit: Unit, e: care.VisitMoved) -> None:
    """A visit that was opened by mistake is not paid for."""
    if e.new == "entered-in-error" and unit.get(Encounter, e.encounter).class_code == AMBULATORY:
        drop_charge(unit, rule="visit", source=e.encounter, reason=_("the visit was a mistake"))


def end_booking(unit: Unit, e: care.VisitMoved) -> None:
    """A finished visit fulfils its appointment."""
    appointment = unit.get(Encounter, e.encounter).appointment
    row = unit.find(Appointment, appointment) if appointment and e.new == "finished" else None
    if row is not None and row.status in ("arrived", "checked-in"):
        booking.fulfil(unit, appointment=row.id)


def tell_visit_end(unit: Unit, e: care.VisitMoved) -> None:
    """Timeline: the visit ended, or never took place."""
    words = {
        "finished": _("Visit finished"),
        "cancelled": _("Visit cancelled"),
        "entered-in-error": _("Visit marked as a mistake"),
    }
    if e.new in words:
        _tell(unit, "visit", e.patient, e.at, words[e.new], e.encounter, "encounter", again=True)


def tell_note(unit: Unit, e: care.NoteSigned) -> None:
    """Timeline: a note was signed."""
    _tell(unit, "note", e.patient, e.at, e.title, e.signature, "note_signature")


def tell_addendum(unit: Unit, e: care.AddendumWritten) -> None:
    """Timeline: words were added to a signed note."""
    _tell(unit, "note", e.patient, e.at, _("Addendum to a note"), e.addendum, "note_addendum")


def tell_order(unit: Unit, e: care.OrderPlaced) -> None:
    """Timeline: an order; of one draft, two desks apart can each place one, and each was at its own time."""
    _tell(unit, "order", e.patient, e.at, e.display, e.order, "service_order", again=True)


def tell_order_revoked(unit: Unit, e: care.OrderRevoked) -> None:
    """Timeline: an order was cancelled."""
    title = _("{name}: order cancelled").format(name=e.display)
    _tell(unit, "order", e.patient, e.at, title, e.order, "service_order", again=True)


def tell_prescribed(unit: Unit, e: care.MedicinePrescribed) -> None:
    """Timeline: a prescription; of one draft, two desks apart can each make one, and each was at its own time."""
    _tell(unit, "prescription", e.patient, e.at, e.display, e.prescription, "prescription", again=True)


def tell_dose(unit: Unit, e: care.DoseChanged) -> None:
    """Timeline: a dose was changed."""
    title = _("{name}: dose changed").format(name=e.display)
    _tell(unit, "prescription", e.patient, e.at, title, e.prescription, "prescription", again=True)


def tell_stopped(unit: Unit, e: care.MedicineStopped) -> None:
    """Timeline: a medicine was stopped."""
    title = _("{name}: stopped").format(name=e.display)
    _tell(unit, "prescription", e.patient, e.at, title, e.prescription, "prescription", again=True)


def charge_procedure(unit: Unit, e: care.ProcedurePerformed) -> None:
    """The charge of a procedure, by rule from it; one that has no price code is recorded and not charged."""
    if e.price_code:
        raise_charge(
            unit,
            rule="procedure",
            source=e.procedure,
            source_table="procedure",
            patient=e.patient,
            encounter=e.encounter,
            code=e.price_code,
            served=e.at.astimezone(unit.clinic.zone).date(),
        )


def tell_procedure(unit: Unit, e: care.ProcedurePerformed) -> None:
    """Timeline: a procedure was done."""
    _tell(unit, "procedure", e.patient, e.at, e.display, e.procedure, "procedure")


def drop_procedure_charge(unit: Unit, e: care.ProcedureTakenBack) -> None:
    """The charge of a procedure that was entered in error is void."""
    if e.charged:
        drop_charge(unit, rule="procedure", source=e.procedure, reason=e.reason)


def tell_procedure_void(unit: Unit, e: care.ProcedureTakenBack) -> None:
    """Timeline: a procedure was entered in error."""
    title = _("{name}: entered in error, {reason}").format(name=e.display, reason=e.reason)
    _tell(unit, "procedure", e.patient, e.at, title, e.void, "procedure_void")


def tell_admitted(unit: Unit, e: care.PatientAdmitted) -> None:
    """Timeline: an admission."""
    title = _("Admitted to {ward}, bed {bed}").format(ward=e.ward, bed=e.bed)
    _tell(unit, "visit", e.patient, e.at, title, e.stay, "bed_stay")


def drop_late_nights(unit: Unit, e: care.BedStayEnded) -> None:
    """Nights that were counted although the patient had left are not charged."""
    drop_nights(unit, e.encounter)


# laboratory


def tell_collected(unit: Unit, e: lab.SpecimenCollected) -> None:
    """Timeline: a specimen was taken."""
    title = _("Specimen {accession} taken").format(accession=e.accession)
    _tell(unit, "specimen", e.patient, e.at, title, e.specimen, "specimen")


def tell_rejected(unit: Unit, e: lab.SpecimenRejected) -> None:
    """Timeline: a specimen can't be used."""
    title = _("Specimen {accession} rejected: {reason}").format(accession=e.accession, reason=e.reason)
    _tell(unit, "specimen", e.patient, e.at, title, e.specimen, "specimen", again=True)


def tell_call(unit: Unit, e: lab.CriticalValueTold) -> None:
    """Timeline: one attempt to tell a critical value."""
    title = _("{test}: told to {person}") if e.done else _("{test}: tried to tell {person}")
    _tell(unit, "critical_call", e.patient, e.at, title.format(test=e.display, person=e.told), e.call, "critical_call")


def charge_test(unit: Unit, e: lab.ResultReleased) -> None:
    """The test's charge, by rule from its order: a corrected report is not charged again."""
    if e.charge_code:
        raise_charge(
            unit,
            rule="test",
            source=e.order,
            source_table="service_order",
            patient=e.patient,
            encounter=e.encounter,
            code=e.charge_code,
        )


def tell_result(unit: Unit, e: lab.ResultReleased) -> None:
    """Timeline: a report went out, at the time its values were measured; a corrected one when it was released."""
    if e.corrected:
        title = _("{test}: corrected result").format(test=e.display)
        _tell(unit, "result_correction", e.patient, e.at, title, e.release, "result_release")
    else:
        _tell(unit, "result", e.patient, e.resulted_at, e.display, e.release, "result_release")


# pharmacy


def take_from_stock(unit: Unit, e: pharmacy.MedicineDispensed) -> None:
    """The stock moves of a hand-over, by rule, and the register's line of a controlled medicine."""
    issue(unit, source=e.dispense, item=e.item, place=e.place, picks=e.picks, signed=Signed(e.patient, e.witness))


def charge_medicine(unit: Unit, e: pharmacy.MedicineDispensed) -> None:
    """The medicine's charge, by rule; a programme's medicine is counted and not charged."""
    if e.price_code:
        raise_charge(
            unit,
            rule="medicine",
            source=e.dispense,
            source_table="dispense",
            patient=e.patient,
            encounter=e.encounter,
            code=e.price_code,
            quantity=e.quantity,
        )


def tell_dispensed(unit: Unit, e: pharmacy.MedicineDispensed) -> None:
    """Timeline: a medicine was handed over."""
    title = _("{medicine}, {quantity} {unit}").format(
        medicine=e.display, quantity=show_decimal(e.quantity), unit=unit_words(e.unit, e.quantity)
    )
    _tell(unit, "dispense", e.patient, unit.now, title, e.dispense, "dispense")


def put_back(unit: Unit, e: pharmacy.DispenseReversed) -> None:
    """The stock comes back, when the medicine never left the counter."""
    if e.returned_to_stock:
        signed = Signed(e.patient, e.witness, e.reason)
        take_back(unit, source=e.dispense, item=e.item, place=e.place, picks=e.picks, signed=signed)


def drop_medicine_charge(unit: Unit, e: pharmacy.DispenseReversed) -> None:
    """The charge of a hand-over that was taken back is void."""
    if e.charged:
        drop_charge(unit, rule="medicine", source=e.dispense, reason=e.reason)


def tell_reversed(unit: Unit, e: pharmacy.DispenseReversed) -> None:
    """Timeline: a hand-over was taken back."""
    title = _("{medicine}: taken back").format(medicine=e.display)
    _tell(unit, "dispense", e.patient, unit.now, title, e.void, "dispense_void")


# cash desk and conflicts


def tell_invoice(unit: Unit, e: money.InvoiceIssued) -> None:
    """Timeline: an invoice."""
    title = _("Invoice {number}, {amount}").format(number=e.number, amount=Money(e.total, e.currency))
    _tell(unit, "invoice", e.patient, unit.now, title, e.invoice, "invoice")


def tell_credited(unit: Unit, e: money.InvoiceCredited) -> None:
    """Timeline: an invoice was taken back."""
    title = _("Credit note {number}, {amount}").format(number=e.number, amount=Money(e.amount, e.currency))
    _tell(unit, "invoice", e.patient, unit.now, title, e.credit_note, "credit_note")


def tell_paid(unit: Unit, e: money.PaymentTaken) -> None:
    """Timeline: money came in."""
    title = _("Receipt {number}, {amount}").format(number=e.number, amount=Money(e.amount, e.currency))
    _tell(unit, "payment", e.patient, unit.now, title, e.receipt, "payment")


def tell_payment_void(unit: Unit, e: money.PaymentVoided) -> None:
    """Timeline: a payment was taken back."""
    title = _("Receipt {number}: payment void, {amount}").format(number=e.number, amount=Money(e.amount, e.currency))
    _tell(unit, "payment", e.patient, unit.now, title, e.void, "payment_void")


def tell_settled(unit: Unit, e: conflicts.ConflictSettled) -> None:
    """Timeline: a person settled what two had left differently."""
    if e.patient is not None:
        _tell(unit, "conflict", e.patient, unit.now, e.title, e.settlement, e.table)


Reaction = Callable[[Unit, Any], None]

# fmt: off
REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    # when this happened                  do this
    register.PatientRegistered:           (tell_registered,),
    register.PatientDetailsChanged:       (),
    register.ChartsLinked:                (tell_linked,),
    register.ChartsUnlinked:              (tell_unlinked,),
    register.InteractionLogged:           (tell_interaction,),
    register.CoverageRecorded:            (),
    register.PatientDied:                 (tell_died,),
    staff.SessionOpened:                  (),
    staff.SessionChanged:                 (),
    bookings.AppointmentBooked:           (tell_booked,),
    bookings.AppointmentMoved:            (tell_moved,),
    bookings.AppointmentCancelled:        (tell_called_off,),
    bookings.PatientMissedAppointment:    (tell_missed,),
    bookings.ArrivedForVisit:             (open_visit, charge_visit, tell_arrived),
    bookings.SeenByClinician:             (),
    care.VisitOpened:                     (charge_open_visit, tell_visit),
    care.VisitMoved:                      (end_booking, drop_visit_charge, tell_visit_end),
    care.VitalsRecorded:                  (),
    care.AllergyRecorded:                 (),
    care.AllergyReviewed:                 (),
    care.NoAllergiesStated:               (),
    care.ProblemRecorded:                 (),
    care.NoteSigned:                      (tell_note,),
    care.AddendumWritten:                 (tell_addendum,),
    care.OrderPlaced:                     (tell_order,),
    care.OrderRevoked:                    (tell_order_revoked,),
    care.MedicinePrescribed:              (tell_prescribed,),
    care.DoseChanged:                     (tell_dose,),
    care.MedicineStopped:                 (tell_stopped,),
    care.AlertOverridden:                 (),
    care.ProcedurePerformed:              (charge_procedure, tell_procedure),
    care.ProcedureTakenBack:              (drop_procedure_charge, tell_procedure_void),
    care.PatientAdmitted:                 (tell_admitted,),
    care.BedNightSpent:                   (charge_night,),
    care.BedStayEnded:                    (drop_late_nights,),
    care.PatientDischarged:               (),
    lab.SpecimenCollected:                (tell_collected,),
    lab.SpecimenReceived:                 (),
    lab.SpecimenRejected:                 (tell_rejected,),
    lab.ResultEntered:                    (),
    lab.CriticalValueSeen:                (),
    lab.CriticalValueTold:                (tell_call,),
    lab.ResultVerified:                   (),
    lab.ResultReleased:                   (charge_test, tell_result),
    lab.ResultCorrected:                  (),
    lab.ResultAcknowledged:               (),
    pharmacy.MedicineDispensed:           (take_from_stock, charge_medicine, tell_dispensed),
    pharmacy.DispenseReversed:            (put_back, drop_medicine_charge, tell_reversed),
    stock.StockReceived:                  (),
    stock.BatchStopped:                   (),
    money.InvoiceIssued:                  (tell_invoice,),
    money.InvoiceCredited:                (tell_credited,),
    money.PaymentTaken:                   (tell_paid,),
    money.PaymentVoided:                  (tell_payment_void,),
    conflicts.ConflictSettled:            (tell_settled,),
}
# fmt: on

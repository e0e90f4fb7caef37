# SPDX-License-Identifier: Apache-2.0
"""When histories meet, do Y: one table, run by hub and centre only, over the records that were just touched.

Rows made here have ids by rule, so hub and centre make the same ones and running a follow-up twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.queries_slots import free_slots
from hms_desktop.clinic.billing.model import Charge, ChargeVoid, CreditNote, InvoiceLine, Payment
from hms_desktop.clinic.billing.queries import standing_invoices
from hms_desktop.clinic.billing.queries_documents import invoice_page
from hms_desktop.clinic.billing.service_joined import charge_again, charge_once
from hms_desktop.clinic.billing.service_nights import charge_night, settle_nights
from hms_desktop.clinic.conflicts.queries import inbox
from hms_desktop.clinic.conflicts.queries_standing import is_called_off
from hms_desktop.clinic.conflicts.queries_visits import opened_twice
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
    identifier_subject,
    overdue,
    pair_subject,
)
from hms_desktop.clinic.conflicts.service_raise import raise_conflict, raise_values, watched
from hms_desktop.clinic.ehr.model import Encounter, Order
from hms_desktop.clinic.ehr.model_stays import BedNight, BedStay, BedStayEnd
from hms_desktop.clinic.ehr.model_visits import VisitLink, VisitLinkVoid
from hms_desktop.clinic.ehr.service_stays import count_nights, part_beds
from hms_desktop.clinic.inventory.model import StockMove
from hms_desktop.clinic.inventory.queries import on_hand
from hms_desktop.clinic.inventory.rules import stock_subject
from hms_desktop.clinic.inventory.service_check import Mismatch, mismatches, tell_mismatches
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.patients.model import Patient, PatientContact, PatientIdentifier, PatientLink, Task
from hms_desktop.clinic.patients.queries_look_alikes import look_alikes_of_each
from hms_desktop.clinic.patients.queries_people import one_person, people
from hms_desktop.clinic.patients.service import ask_for_review
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.queries import fill, supplies_of
from hms_desktop.clinic.staff.model import SessionTemplate
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.leases import Lease, LeaseSpend, runs
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit

Touched = Mapping[str, set[UUID]]
FIRM = ("booked", "arrived", "checked-in", "fulfilled")
SUGGESTED_TIMES = 3
MATCHED_AT_ONCE = 100
EVERY_TABLE: tuple[str, ...] = ()


def after_merge(unit: Unit, touched: Touched) -> None:
    """Run every follow-up whose tables were touched; the unit is the server worker's."""
    unit.action = unit.action or "clinic.follow_up"
    unit.depth += 1
    try:
        for tables, follow_up in FOLLOW_UPS:
            mine = {table: set(ids) for table, ids in touched.items() if ids and (table in tables or not tables)}
            if mine:
                follow_up(unit, mine)
    finally:
        unit.depth -= 1


@query("stock.read")
def look_at_night(reader: Reader) -> list[Mismatch]:
    """What hub and centre look for once after each midnight of the clinic: balances that don't hold."""
    return mismatches(reader)


def tell_at_night(unit: Unit, found: Sequence[Mismatch]) -> None:
    """Make tasks of what the night's look found and charge the night to who is in a bed, as the server worker."""
    unit.action = unit.action or "clinic.nightly"
    tell_mismatches(unit, found)
    for night in count_nights(unit):
        charge_night(unit, night)
    remind_of_conflicts(unit)


def remind_of_conflicts(unit: Unit) -> None:
    """Whoever owns a conflict that has waited for too long is given it as a task, once."""
    for line in inbox(unit):
        one = line.conflicts[0]
        if not overdue(line.gravity, line.since, unit.now):
            continue
        unit.add(
            Task, id=rule_id(one.id, "task:overdue"), patient=line.patient.patient if line.patient else None,
            kind="conflict", title=_("Waits to be settled for too long: {what}").format(what=line.title.what),
            role=one.owner_role, subject=one.id, subject_table=f"{one.module}_conflict", status="requested",
        )  # fmt: skip


def settle_stays(unit: Unit, touched: Touched) -> None:
    """Nobody lies in two beds, or after the visit; each night is charged once, for the bed that the midnight found."""
    ended = {row.stay for row in _rows(unit, BedStayEnd, touched.get("bed_stay_end", ()))}
    visits = {row.encounter for row in _rows(unit, BedStay, ended | touched.get("bed_stay", set()))}
    visits |= {row.encounter for row in _rows(unit, BedNight, touched.get("bed_night", ()))}
    for visit in sorted(visits):
        if beds := part_beds(unit, visit):
            _ask_for_the_bed(unit, *beds)
        settle_nights(unit, visit)


def _ask_for_the_bed(unit: Unit, earlier: UUID, later: UUID) -> None:
    one, other = unit.get(BedStay, earlier), unit.get(BedStay, later)
    if (one.place, one.bed.casefold()) == (other.place, other.bed.casefold()):
        return
    title = _("Moved twice while apart, to bed {one} and to bed {other}: check where the patient lies").format(
        one=one.bed, other=other.bed
    )
    unit.add(
        Task, id=rule_id(later, f"task:bed:{earlier.hex}"), patient=other.patient, kind="check_bed", title=title,
        role="nurse", subject=other.encounter, subject_table="encounter", status="requested",
    )  # fmt: skip


def meet_values(unit: Unit, touched: Touched) -> None:
    """Values that stand against each other and that only a person may choose among."""
    for table, records in touched.items():
        if table not in REGISTRY or not watched(REGISTRY[table]):
            continue
        for record in sorted(unit.with_heads(REGISTRY[table].record, records)):
            decided = table == Order.__tablename__ and results_of_revoked(unit, record)
            raise_values(unit, table, record, leave=("state",) if decided else ())


def settle_slots(unit: Unit, touched: Touched) -> None:
    """A pending booking is confirmed while there is room, else it goes to the waitlist with a task.

    More firm bookings than places are for a person.
    """
    rows = _rows(unit, Appointment, touched["appointment"])
    waiting = unit.rows(
        select(Appointment.slot).where(Appointment.status == "pending", Appointment.starts > unit.now).limit(200)
    )
    for slot in sorted({row.slot for row in (*rows, *waiting) if row.slot}):
        _settle_slot(unit, slot)


def _settle_slot(unit: Unit, slot: UUID) -> None:
    rows = unit.rows(select(Appointment.__table__).where(Appointment.slot == slot).order_by(Appointment.k))
    capacity = max((_capacity(unit, row.session) for row in rows), default=1)
    firm = [row for row in rows if row.status in FIRM]
    promised = [row for row in firm if not _overbooked(unit, row)]
    if len(promised) > capacity:
        raise_conflict(
            unit,
            kind=SLOT_OVER,
            module="appointments",
            subject=slot,
            subject_table="appointment",
            members=[row.id for row in promised],
        )
    room, lent = capacity - len(firm), _lent(unit, slot)
    for row in (row for row in rows if row.status == "pending"):
        if room <= 0:
            _wait_list(unit, row)
        elif room > lent:
            room -= 1
            unit.change(Appointment, row.id, firm=True)
            unit.change(Appointment, row.id, status="booked", status_reason=None)


def _overbooked(unit: Unit, row: Row[Any]) -> bool:
    """Whether somebody with the right to do so booked beyond the capacity: firm from the start, and no lease spent."""
    spent = unit.scalar(select(LeaseSpend.id).where(LeaseSpend.source == row.id))
    return not spent and any(v.values.get("firm") for v in unit.history(Appointment, row.id)[:1])


def _lent(unit: Unit, slot: UUID) -> int:
    """Places of a slot that some station may still promise without asking: a pending booking waits for them."""
    wanted = select(Lease.id, Lease.amount).where(Lease.kind == "slot", Lease.subject == slot, runs(unit.now))
    running = unit.rows(wanted)
    spent = unit.rows(select(LeaseSpend.amount).where(LeaseSpend.lease.in_([row.id for row in running])))
    return int(sum((r.amount for r in running), Decimal(0)) - sum((s.amount for s in spent), Decimal(0)))


def _capacity(unit: Unit, session: UUID | None) -> int:
    found = unit.find(SessionTemplate, session) if session else None
    return int(found.capacity) if found else 1


def _wait_list(unit: Unit, row: Row[Any]) -> None:
    clock = _clock(unit, row.starts)
    reason = _("{time} was given to somebody else while this booking waited for confirmation").format(time=clock)
    unit.change(Appointment, row.id, status="waitlist", status_reason=reason)
    free = free_slots(unit, practitioner=row.practitioner, limit=SUGGESTED_TIMES)
    times = ", ".join(_clock(unit, slot.time.starts) for slot in free) or _("none in the coming weeks")
    unit.add(
        Task,
        id=rule_id(row.id, "task:find-another-time", row.starts.toordinal()),
        patient=row.patient,
        kind="find_another_time",
        role="receptionist",
        status="requested",
        subject=row.id,
        subject_table="appointment",
        title=_("Booked twice at {time}: call the patient and offer another time. Free: {times}").format(
            time=clock, times=times
        ),
    )


def _clock(unit: Unit, moment: datetime) -> str:
    return moment.astimezone(unit.clinic.zone).strftime("%d-%b %H:%M")


def watch_supply(unit: Unit, touched: Touched) -> None:
    """More was handed over than a prescription allows."""
    wanted = {row.prescription for row in _rows(unit, Dispense, touched.get("dispense", ()))}
    for prescription in sorted(wanted | touched.get("prescription", set())):
        handed = [s for s in supplies_of(unit, prescription) if s.void_reason is None]
        if handed and (filled := fill(unit, prescription)).supplied > filled.authorised:
            raise_conflict(
                unit,
                kind=OVER_SUPPLIED,
                module="pharmacy",
                subject=prescription,
                subject_table="prescription",
                members=[s.id for s in handed],
            )


def watch_stock(unit: Unit, touched: Touched) -> None:
    """More left a shelf than was on it: the moves that took it below zero."""
    for batch, place in sorted({(row.batch, row.place) for row in _rows(unit, StockMove, touched["stock_move"])}):
        if on_hand(unit, batch, place) < 0:
            raise_conflict(
                unit,
                kind=STOCK_BELOW_ZERO,
                module="inventory",
                subject=stock_subject(batch, place),
                subject_table="stock_move",
                members=_below_zero(unit, batch, place),
            )


def _below_zero(unit: Unit, batch: UUID, place: UUID) -> list[UUID]:
    question = select(StockMove.id, StockMove.quantity).where(StockMove.batch == batch, StockMove.place == place)
    balance, members = Decimal(0), []
    for row in unit.rows(question.order_by(StockMove.k, StockMove.rid)):
        balance += row.quantity
        if balance < 0 and row.quantity < 0:
            members.append(row.id)
    return members


def match_persons(unit: Unit, touched: Touched) -> None:
    """A chart that is very probably another one's person, unless a desk said that it is not: never joined here.

    The inbox has both side by side, and the front desk a task that stays until somebody decided.
    """
    charts = {id for id in touched.get("patient", set()) if unit.find(Patient, id)}
    for record, table in ((PatientContact, "patient_contact"), (PatientIdentifier, "patient_identifier")):
        charts |= {row.patient for row in _rows(unit, record, touched.get(table, ()))}
    survivors = sorted({person.survivor for person in people(unit, charts).values()})
    for start in range(0, len(survivors), MATCHED_AT_ONCE):
        alike = look_alikes_of_each(unit, survivors[start : start + MATCHED_AT_ONCE])
        for chart, others in alike.items():
            for other in (one.name.patient for one in others if one.likeness.likely):
                raise_conflict(
                    unit,
                    kind=PERSON_TWICE,
                    module="patients",
                    subject=pair_subject(chart, other),
                    subject_table="patient",
                    members=sorted((chart, other)),
                )
                ask_for_review(unit, chart, other)


MEETING_PLACE: Mapping[str, str] = {VISIT_TWICE: "appointments", ADMITTED_TWICE: "ehr"}
"""The module in which two visits of one person are asked about: those at the desk, those in a bed."""


def match_visits(unit: Unit, touched: Touched) -> None:
    """One person taken in twice, each time by a desk that did not know of the other: a person says what it is."""
    charts = {row.patient for row in _rows(unit, Encounter, touched.get("encounter", ())) if row.source is None}
    charts |= {row.survivor for row in _rows(unit, PatientLink, touched.get("patient_link", ()))}
    for chart in sorted({person.survivor for person in people(unit, charts).values()}):
        for pair in opened_twice(unit, chart):
            raise_conflict(
                unit,
                kind=pair.kind,
                module=MEETING_PLACE[pair.kind],
                subject=pair_subject(pair.earlier, pair.later),
                subject_table="encounter",
                members=[pair.earlier, pair.later],
            )


def settle_visits(unit: Unit, touched: Touched) -> None:
    """Visits that were one are charged once, whatever of them comes later, and nobody lies in the bed of both."""
    visits = {row.encounter for row in _rows(unit, Charge, touched.get("charge", ())) if row.encounter}
    linked = unit.rows(select(VisitLink.id).where(VisitLink.replaced.in_(visits) | VisitLink.survivor.in_(visits)))
    for link in _rows(unit, VisitLink, touched.get("visit_link", set()) | {row.id for row in linked}):
        part_beds(unit, link.replaced)
        prompt_credit(unit, {"charge_void": set(charge_once(unit, link.id))})
        settle_nights(unit, link.replaced)
    for apart in _rows(unit, VisitLinkVoid, touched.get("visit_link_void", ())):
        charge_again(unit, apart.visit_link)


def match_identifiers(unit: Unit, touched: Touched) -> None:
    """One number in one system that two persons have."""
    for row in _rows(unit, PatientIdentifier, touched["patient_identifier"]):
        same = unit.rows(
            select(PatientIdentifier.id, PatientIdentifier.patient).where(
                PatientIdentifier.system == row.system, PatientIdentifier.value == row.value, PatientIdentifier.active
            )
        )
        if len({one_person(unit, one.patient).survivor for one in same}) > 1:
            raise_conflict(
                unit,
                kind=IDENTIFIER_TWICE,
                module="patients",
                subject=identifier_subject(row.system, row.value),
                subject_table="patient_identifier",
                members=[one.id for one in same],
            )


def watch_payments(unit: Unit, touched: Touched) -> None:
    """An invoice that two desks took money for."""
    invoices = {row.invoice for row in _rows(unit, Payment, touched.get("payment", ())) if row.invoice}
    invoices |= {row.invoice for row in _rows(unit, CreditNote, touched.get("credit_note", ()))}
    for invoice in sorted(invoices):
        page = invoice_page(unit, invoice)
        owed = 0 if page.head.credit_note else page.head.patient_total
        if page.head.paid > owed:
            raise_conflict(
                unit,
                kind=PAID_TWICE,
                module="billing",
                subject=invoice,
                subject_table="invoice",
                members=[p.id for p in page.payments if p.void_reason is None],
            )


def watch_invoices(unit: Unit, touched: Touched) -> None:
    """A charge that stands on two invoices."""
    for charge in sorted({row.charge for row in _rows(unit, InvoiceLine, touched["invoice_line"])}):
        lines = unit.rows(
            select(InvoiceLine.invoice).where(
                InvoiceLine.charge == charge, InvoiceLine.invoice.in_(standing_invoices())
            )
        )
        if len(lines) > 1:
            raise_conflict(
                unit,
                kind=CHARGED_TWICE,
                module="billing",
                subject=charge,
                subject_table="charge",
                members=sorted(line.invoice for line in lines),
            )


def prompt_credit(unit: Unit, touched: Touched) -> None:
    """A charge that is void now but stands on an invoice: the cash desk is asked to credit the invoice."""
    charges = {row.charge for row in _rows(unit, ChargeVoid, touched.get("charge_void", ()))}
    charges |= {row.charge for row in _rows(unit, InvoiceLine, touched.get("invoice_line", ()))}
    for charge in sorted(charges):
        question = select(InvoiceLine.invoice, InvoiceLine.display).where(
            InvoiceLine.charge == charge,
            InvoiceLine.invoice.in_(standing_invoices()),
            select(ChargeVoid.id).where(ChargeVoid.charge == charge).exists(),
        )
        for line in unit.rows(question):
            head = invoice_page(unit, line.invoice).head
            title = _("{item} was taken back: credit invoice {number} and write it anew").format(
                item=line.display, number=head.number
            )
            unit.add(
                Task, id=rule_id(charge, f"task:credit:{line.invoice.hex}"), patient=head.patient,
                kind="credit_invoice", title=title, role="cashier", status="requested", subject=line.invoice,
                subject_table="invoice",
            )  # fmt: skip


def decide_results(unit: Unit, touched: Touched) -> None:
    """A result for an order that was called off meanwhile, whether the bench had sent it out already or not."""
    orders = {row.order for row in _rows(unit, LabResult, touched.get("lab_result", ()))}
    for row in _rows(unit, Order, orders | touched.get("service_order", set())):
        if results := results_of_revoked(unit, row.id):
            raise_conflict(
                unit,
                kind=RESULT_FOR_REVOKED,
                module="lab",
                subject=row.id,
                subject_table="service_order",
                members=results,
            )


def results_of_revoked(unit: Unit, order: UUID) -> list[UUID]:
    """The results of an order that somebody called off; none while it stands."""
    if unit.find(Order, order) is None or not is_called_off(unit, order):
        return []
    return [row.id for row in unit.rows(select(LabResult.id).where(LabResult.order == order).order_by(LabResult.id))]


def _rows(unit: Unit, record: Any, ids: Iterable[UUID]) -> list[Row[Any]]:
    """The touched rows of a table, in a fixed order."""
    found: dict[UUID, Row[Any]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found.update({row.id: row for row in unit.rows(select(record.__table__).where(record.id.in_(part)))})
    return [found[id] for id in sorted(found)]


FollowUp = Callable[[Unit, Touched], None]

# fmt: off
FOLLOW_UPS: tuple[tuple[tuple[str, ...], FollowUp], ...] = (
    # when one of these was touched                          do this
    (EVERY_TABLE,                                            meet_values),
    (("appointment",),                                       settle_slots),
    (("dispense", "prescription"),                           watch_supply),
    (("stock_move",),                                        watch_stock),
    (("patient", "patient_contact", "patient_identifier"),   match_persons),
    (("patient_identifier",),                                match_identifiers),
    (("payment", "credit_note"),                             watch_payments),
    (("invoice_line",),                                      watch_invoices),
    (("charge_void", "invoice_line"),                        prompt_credit),
    (("lab_result", "service_order"),                        decide_results),
    (("bed_stay", "bed_stay_end", "bed_night"),              settle_stays),
    (("encounter", "patient_link"),                          match_visits),
    (("visit_link", "visit_link_void", "charge"),            settle_visits),
)
# fmt: on

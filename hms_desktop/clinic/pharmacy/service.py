# SPDX-License-Identifier: Apache-2.0
"""What people do at the counter: answer alerts, hand medicines over, take a hand-over back.

Stock moves and the charge of a hand-over are facts by rule that `reactions` writes in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.ehr.model import AlertOverride, Prescription
from hms_desktop.clinic.ehr.queries_allergies import allergies
from hms_desktop.clinic.ehr.service_prescriptions import SECOND_PERSON
from hms_desktop.clinic.inventory import queries as stock
from hms_desktop.clinic.inventory.rules import Pick, stock_subject, unit_words, why_not
from hms_desktop.clinic.inventory.service_controlled import Signed, sign_controlled
from hms_desktop.clinic.inventory.service_register import must_keep
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.clinic.pharmacy import queries_counter as counters
from hms_desktop.clinic.pharmacy.events import DispenseReversed, MedicineDispensed
from hms_desktop.clinic.pharmacy.model import Dispense, DispenseVoid
from hms_desktop.clinic.pharmacy.queries import lent_elsewhere, supply
from hms_desktop.clinic.pharmacy.queries_counter import Counter, CounterLine
from hms_desktop.clinic.pharmacy.rules import NO_ALLERGY_RECORD, Supply, judge, other_batches, proposal
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.security.accounts import setting
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class HandOver:
    """One hand-over as the counter asks for it; `picks` None takes the batches that expire first.

    A controlled medicine needs a `witness`, and the station that keeps the register of the place. With `seen_dose`,
    the dose line that was shown when it was asked, it is refused once another dose stands.
    """

    prescription: UUID
    quantity: Decimal
    picks: tuple[Pick, ...] | None = None
    override_reason: str | None = None
    batch_reason: str | None = None
    counselling: str | None = None
    witness: UUID | None = None
    seen_dose: str | None = None


@action("pharmacy.open_counter", needs="dispense.read")
def open_counter(unit: Unit, *, patient: UUID) -> Counter:
    """Show a person's prescriptions at the counter; the look is written down before anything is shown."""
    record_access(unit, "chart", patient, "dispensing")
    return counters.counter(unit, patient)


@action("pharmacy.call_for_rest", needs="dispense.supply")
def call_for_rest(unit: Unit, *, patient: UUID, prescription: UUID) -> int:
    """Call for what other stations were lent and this line lacks here; returns how many calls were made.

    It is lent here soon when that station is in reach and has not used it; else an override stays the way.
    """
    lines = [line for line in counters.counter(unit, patient).lines if line.medicine.id == prescription]
    rests = lent_elsewhere(unit, [line.medicine.id for line in lines if line.fill.owing > (line.lent or 0)])
    shelves = stock.kept_for_others(
        unit, {stock_subject(s.batch, s.place) for line in lines if line.short for s in line.stock}
    )
    lacking = [("prescription", subject) for subject, left in sorted(rests.items()) if left > 0]
    lacking += [("stock", subject) for subject, left in sorted(shelves.items()) if left > 0]
    for kind, subject in lacking:
        unit.call_for(kind, subject)
    return len(lacking)


@action("pharmacy.answer_alert", needs="dispense.override")
def answer_alert(
    unit: Unit, *, prescription: UUID, kind: str, title: str, reason: str, second: UUID | None = None
) -> UUID:
    """Go on in spite of an alert, with a reason; a stop alert needs a second person who signs with it."""
    if not reason.strip():
        raise BadInput(_("Type or choose why it is right to go on; others will read it."), "reason")
    line = counters.line(unit, prescription, stock.own_place(unit))
    found = next((a for a in line.to_answer if (a.alert.kind, a.alert.title) == (kind, title)), None)
    if found is None:
        raise Refused(_("This alert no longer stands: look at the line again."))
    signs_alone = second in (None, unit.person.id)
    if found.alert.tier == "stop" and signs_alone and setting(unit, SECOND_PERSON, True):
        raise Refused(_("Going on against a stop needs a second person: let a colleague sign too."))
    row = unit.get(Prescription, prescription)
    return unit.add(
        AlertOverride,
        patient=row.patient,
        subject=prescription,
        kind=kind,
        detail=title,
        reason=reason.strip(),
        by=unit.person.id,
        second=second,
        at=unit.now,
    )


@action("pharmacy.could_not_ask", needs="dispense.override")
def could_not_ask(unit: Unit, *, prescription: UUID, reason: str) -> UUID:
    """Say why nobody could ask about allergies, so that this patient's medicines can be handed over."""
    if not reason.strip():
        raise BadInput(_("Type why the patient could not be asked about allergies."), "reason")
    row = unit.get(Prescription, prescription)
    return unit.add(
        AlertOverride,
        patient=row.patient,
        subject=prescription,
        kind=NO_ALLERGY_RECORD,
        detail=NO_ALLERGY_RECORD,
        reason=reason.strip(),
        by=unit.person.id,
        second=None,
        at=unit.now,
    )


@action("pharmacy.dispense", needs="dispense.supply")
def dispense(unit: Unit, *, hand_over: HandOver) -> UUID:
    """Hand a medicine over: dispense, stock moves and charge in one transaction; returns the dispense.

    Refused while something must be settled first: a dose that two people changed, allergies nobody asked about, an
    open stop alert, stock that is not there or may not leave. Supplying beyond what remains or was lent needs a
    reason, and is recorded as not firm. A controlled medicine takes a second factor of who hands it over.
    """
    done = _dispense(unit, hand_over)
    _sign(unit, [hand_over])
    return done


@action("pharmacy.dispense_several", needs="dispense.supply")
def dispense_several(unit: Unit, *, hand_overs: Sequence[HandOver]) -> list[UUID]:
    """Hand several lines over as one act, signed once: all of them or none."""
    if not hand_overs:
        raise Refused(_("Nothing is ready to hand over: pick a line first."))
    done = [_dispense(unit, one) for one in hand_overs]
    _sign(unit, hand_overs)
    return done


def _sign(unit: Unit, hand_overs: Sequence[HandOver]) -> None:
    """Who hands a controlled medicine over shows a second factor, beside the witness: neither signs alone."""
    rows = [unit.get(Prescription, one.prescription) for one in hand_overs]
    if any(row.medicine and stock.item(unit, row.medicine).controlled for row in rows):
        must_keep(unit, stock.own_place(unit))  # said before anybody is asked for a code
    sign_controlled(unit, [Signed(row.id, row.display, row.medicine, row.edition) for row in rows])


def _dispense(unit: Unit, asked: HandOver) -> UUID:
    row = unit.get(Prescription, asked.prescription)
    place = stock.own_place(unit)
    line = counters.line(unit, asked.prescription, place)
    _ready(unit, line, row.patient)
    _same_dose(line, asked)
    item = _item(line)
    _same_strength(unit, line, item)
    if asked.quantity <= 0:
        raise BadInput(_("Type how much is handed over; it must be more than nothing."), "quantity")
    picks = _picks(unit, line, asked)
    judged = _judged(unit, line, asked)
    dispensed = unit.add(
        Dispense,
        prescription=asked.prescription,
        patient=row.patient,
        item=item.id,
        edition=item.edition,
        quantity=asked.quantity,
        unit=item.unit,
        at=unit.now,
        by=unit.person.id,
        place=place,
        owing=max(line.fill.owing - asked.quantity, Decimal(0)),
        counselling=_text(asked.counselling),
        override_reason=None if judged.firm else _text(asked.override_reason),
        batch_reason=_text(asked.batch_reason),
        firm=judged.firm,
        batches=[{"batch": str(p.batch), "quantity": format(p.quantity, "f")} for p in picks],
    )
    _spend(unit, asked, picks, place, dispensed, judged)
    unit.announce(
        MedicineDispensed(
            dispensed,
            asked.prescription,
            row.patient,
            row.encounter,
            item.id,
            row.display,
            item.unit,
            asked.quantity,
            place,
            picks,
            None if item.programme else item.price_code,
            asked.witness,
        )
    )
    return dispensed


def _ready(unit: Unit, line: CounterLine, patient: UUID) -> None:
    """Refuse while anything stands that a person must settle before this medicine may be handed over."""
    name = line.medicine.display
    if line.contested:
        raise Refused(
            _("Two people changed {medicine} and nobody has settled it: choose under Conflicts, then supply.").format(
                medicine=name
            )
        )
    if line.medicine.status != "active":
        raise Refused(
            _("{medicine} is {status}: only an active prescription is handed over. Ask the prescriber.").format(
                medicine=name, status=line.medicine.status
            )
        )
    if line.fill.expired:
        raise Refused(_("The prescription of {medicine} has run out: ask for a new one.").format(medicine=name))
    _allergies_known(unit, line, patient)
    if line.stops:
        raise Refused(
            _("Stopped: {alert}. Ask the prescriber to change it, or answer the alert with a second person.").format(
                alert=line.stops[0].alert.title
            )
        )
    if line.to_answer:
        raise Refused(
            _("To check: {alert}. Look at it and give a reason first.").format(alert=line.to_answer[0].alert.title)
        )


def _allergies_known(unit: Unit, line: CounterLine, patient: UUID) -> None:
    known = allergies(unit, patient)
    if known.state == "unavailable":
        raise Refused(
            _("Allergies can't be seen here ({why}): hand over at a station that holds them.").format(why=known.why)
        )
    if known.state == "not-recorded" and counters.could_not_ask(unit, [line.medicine.id]) is None:
        raise Refused(_("Nobody has recorded this patient's allergies: ask now, or say why you could not ask."))


def _item(line: CounterLine) -> stock.ItemRow:
    if line.item is None:
        raise Refused(
            _("{medicine} is not an item of this clinic's stock: ask the prescriber for one that is.").format(
                medicine=line.medicine.display
            )
        )
    if line.medicine.quantity_unit and line.medicine.quantity_unit != line.item.unit:
        raise Refused(
            _("{medicine} is prescribed in {prescribed} but kept in {kept}: ask for a new prescription.").format(
                medicine=line.medicine.display, prescribed=line.medicine.quantity_unit, kept=line.item.unit
            )
        )
    return line.item


def _same_dose(line: CounterLine, asked: HandOver) -> None:
    if asked.seen_dose not in (None, line.medicine.dose_line):
        raise Refused(
            _("The dose of {medicine} changed since you were asked: {dose}. Check quantity and label again.").format(
                medicine=tall_man(line.medicine.display), dose=line.medicine.dose_line
            )
        )


def _same_strength(unit: Unit, line: CounterLine, item: stock.ItemRow) -> None:
    """Refuse when the item is listed with another strength than the one that the prescription was written for."""
    if line.medicine.edition is None:
        return
    written = stock.item(unit, item.id, line.medicine.edition)
    if "".join(written.strength.split()).lower() != "".join(item.strength.split()).lower():
        message = _("{medicine} was prescribed as {before} and is listed as {now} now: ask for a new prescription.")
        raise Refused(message.format(medicine=line.medicine.display, before=written.strength, now=item.strength))


def _picks(unit: Unit, line: CounterLine, asked: HandOver) -> tuple[Pick, ...]:
    """The batches to take from: first to expire, or the chosen ones with a reason; each must be usable and there."""
    shelves = [s.as_shelf for s in line.stock]
    day = stock.today(unit)
    proposed, short = proposal(shelves, asked.quantity, day)
    if asked.picks is None:
        if short:
            _refuse_short(line, asked.quantity - short, day)
        return proposed
    if sum((p.quantity for p in asked.picks), Decimal(0)) != asked.quantity:
        raise BadInput(_("The picked packs don't add up to the quantity: pick again."), "picks")
    by_batch = {s.batch: s for s in shelves}
    for pick in asked.picks:
        shelf = by_batch.get(pick.batch)
        why = why_not(shelf, day) if shelf else None
        if why:
            raise Refused(why)
        if shelf is None or pick.quantity > shelf.free:
            raise Refused(
                _("Batch {lot} has {free} {unit} to take here: take less, or add another batch.").format(
                    lot=pick.lot,
                    free=show_decimal(shelf.free if shelf else Decimal(0)),
                    unit=unit_words(line.item.unit if line.item else "", Decimal(2)),
                )
            )
    if other_batches(asked.picks, proposed) and not _text(asked.batch_reason):
        raise BadInput(_("Another batch expires first: take it, or type why you leave it."), "batch_reason")
    return asked.picks


def _refuse_short(line: CounterLine, there: Decimal, day: date) -> None:
    unusable = next((why for s in line.stock if (why := why_not(s.as_shelf, day))), None)
    if unusable and not there:
        raise Refused(unusable)
    raise Refused(
        _("{medicine}: {there} {unit} can be taken here. Supply that part and keep the rest as owing.").format(
            medicine=line.medicine.display,
            there=show_decimal(there),
            unit=unit_words(line.item.unit if line.item else "", there),
        )
    )


def _judged(unit: Unit, line: CounterLine, asked: HandOver) -> Supply:
    """Whether the supply is firm; going beyond needs the right to override and a reason."""
    lent = unit.lease_left("prescription", asked.prescription)
    judged = judge(asked.quantity, line.fill, lent, line.item.unit if line.item else "")
    if judged.firm:
        return judged
    unit.check("dispense.override")
    if not _text(asked.override_reason):
        raise BadInput(_("{why} Type why it is handed over all the same.").format(why=judged.why), "override_reason")
    return judged


def _spend(unit: Unit, asked: HandOver, picks: tuple[Pick, ...], place: UUID, dispensed: UUID, judged: Supply) -> None:
    """Take from what was lent to this station: the remainder when firm, and stock as far as it was lent."""
    if judged.firm:
        unit.spend("prescription", asked.prescription, asked.quantity, dispensed)
    for pick in picks:
        subject = stock_subject(pick.batch, place)
        lent = unit.lease_left("stock", subject)
        if lent:
            unit.spend("stock", subject, min(lent, pick.quantity), dispensed)


@action("pharmacy.reverse", needs="dispense.void")
def reverse(unit: Unit, *, dispense: UUID, reason: str, returned_to_stock: bool, witness: UUID | None = None) -> UUID:
    """Take a hand-over back. Stock comes back only when the medicine never left the counter; the charge is void."""
    return _reverse(unit, dispense, reason, returned_to_stock, witness)


@action("pharmacy.reverse_several", needs="dispense.void")
def reverse_several(unit: Unit, *, dispenses: Sequence[UUID], reason: str) -> None:
    """Undo what was handed over as one act, before it left the counter."""
    for dispense in dispenses:
        _reverse(unit, dispense, reason, returned_to_stock=True)


def _reverse(unit: Unit, dispense: UUID, reason: str, returned_to_stock: bool, witness: UUID | None = None) -> UUID:
    if not reason.strip():
        raise BadInput(_("Type why the hand-over is taken back."), "reason")
    row = unit.get(Dispense, dispense)
    handed = supply(unit, dispense)
    if handed.void_reason is not None:
        raise Refused(_("This hand-over of {medicine} was already taken back.").format(medicine=handed.display))
    void = unit.add(
        DispenseVoid,
        dispense=dispense,
        reason=reason.strip(),
        at=unit.now,
        by=unit.person.id,
        returned_to_stock=returned_to_stock,
    )
    picks = tuple(Pick(batch, "", quantity) for batch, quantity in handed.batches)
    item = stock.item(unit, row.item, row.edition)
    unit.announce(
        DispenseReversed(
            void,
            dispense,
            row.patient,
            row.item,
            handed.display,
            row.place,
            picks,
            returned_to_stock,
            bool(item.price_code) and not item.programme,
            reason.strip(),
            witness,
        )
    )
    return void


@action("pharmacy.ask_prescriber", needs="prescription.query")
def ask_prescriber(unit: Unit, *, prescription: UUID, question: str) -> UUID:
    """Ask the prescriber about a prescription as a task for the doctors; the answer comes back with it."""
    row = unit.get(Prescription, prescription)
    if not question.strip():
        raise BadInput(_("Type what you want to ask."), "question")
    return give_task(
        unit,
        title=_("{medicine}: {question}").format(medicine=row.display, question=question.strip()),
        role="doctor",
        patient=row.patient,
        kind="prescription-query",
        subject=prescription,
        subject_table="prescription",
    )


def _text(typed: str | None) -> str | None:
    return (typed or "").strip() or None

# SPDX-License-Identifier: Apache-2.0
"""Prescribing with its checks, changing a dose, stopping a medicine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.events import AlertOverridden, DoseChanged, MedicinePrescribed, MedicineStopped
from hms_desktop.clinic.ehr.model import AlertOverride, Prescription
from hms_desktop.clinic.ehr.queries_allergies import allergies
from hms_desktop.clinic.ehr.queries_medicines import checks
from hms_desktop.clinic.ehr.rules import PRESCRIPTION_STEPS, require_step
from hms_desktop.clinic.ehr.rules_doses import Dose, quantity_to_supply
from hms_desktop.clinic.ehr.rules_medicines import Alert, Checks
from hms_desktop.clinic.ehr.service_visits import chart_of, require_settled
from hms_desktop.clinic.inventory.queries import item
from hms_desktop.clinic.inventory.service_controlled import Signed, sign_controlled
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.accounts import setting
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

SECOND_PERSON = "medicine.second_person"
"""Site setting: going past a stop needs a second person besides the prescriber."""


@dataclass(frozen=True)
class Overriding:
    """Going on in spite of the alert with this key: why, and who else stands for it."""

    key: str
    reason: str
    second: UUID | None = None


@dataclass(frozen=True)
class Chosen:
    """The medicine as it will be written: an item of the stock list, or words that nothing can be checked against."""

    display: str
    form: str | None
    code: str | None
    ingredients: str | None
    classes: str | None
    strength: str | None
    unit: str
    item: UUID | None = None
    edition: UUID | None = None


class AlertsStand(Refused):
    """The checks found something that nobody has gone past: `checks` holds every finding. Nothing was written."""

    def __init__(self, found: Checks, standing: Sequence[Alert]) -> None:
        super().__init__(standing[0].title)
        self.checks = found
        self.standing = tuple(standing)


class AllergiesNotAsked(Refused):
    """Nobody has recorded whether the patient has allergies: ask now, or say why it could not be asked."""


@action("ehr.draft_prescription", needs="medicine.prescribe")
def draft_prescription(
    unit: Unit,
    patient: UUID,
    dose: Dose,
    *,
    medicine: UUID | None = None,
    words: str | None = None,
    encounter: UUID | None = None,
    quantity: Decimal | None = None,
    quantity_unit: str | None = None,
    repeats: int = 0,
    reason: str | None = None,
    review_on: date | None = None,
    overrides: Sequence[Overriding] = (),
    could_not_ask: str | None = None,
) -> UUID:
    """Put a medicine into the visit's basket after its checks; it becomes active when the visit is signed.

    `medicine` is an item of the stock list, else `words` names it. Without `quantity` it is computed from the dose; if
    that can't be done, BadInput asks for it. Standing alerts raise AlertsStand, unasked allergies AllergiesNotAsked.
    """
    chosen = _chosen(unit, medicine, words)
    supplied_in = quantity_unit or chosen.unit or dose.unit
    total = quantity or quantity_to_supply(dose, chosen.strength, supplied_in)
    if total is None or total <= 0:
        raise BadInput(_("How much to supply can't be computed from this dose. Type the quantity."), "quantity")
    if repeats < 0:
        raise BadInput(_("Repeats can't be less than none."), "repeats")
    asked = _require_asked(unit, patient, could_not_ask)
    found = checks(unit, patient, chosen.display, chosen.ingredients, chosen.classes)
    passed = _go_past(unit, found, overrides)
    chart = chart_of(unit, patient)
    id = unit.add(
        Prescription,
        patient=chart,
        encounter=encounter,
        requester=unit.person.id,
        written=unit.now,
        status="draft",
        review_on=review_on,
        reason=(reason or "").strip() or None,
        repeats=repeats,
        **_medicine_values(chosen),
        **_dose_values(dose, total, supplied_in),
    )
    for alert, over in passed:
        _note_override(unit, chart, id, alert.kind, alert.title, over.reason, over.second)
    if not asked:
        _note_override(unit, chart, id, "allergies-not-asked", _("Allergies not asked"), could_not_ask or "", None)
    return id


@action("ehr.drop_prescription", needs="medicine.prescribe")
def drop_prescription(unit: Unit, prescription: UUID) -> None:
    """Take a draft out of the basket."""
    row = unit.get(Prescription, prescription)
    if row.status != "draft":
        raise Refused(_("{name} is already prescribed. Stop it instead, with a reason.").format(name=row.display))
    unit.change(Prescription, prescription, status="cancelled", stop_reason=_("Taken out of the basket"))


@action("ehr.prescribe", needs="medicine.prescribe")
def prescribe(unit: Unit, prescription: UUID) -> None:
    """Make a draft active by itself, without a note to sign; a controlled medicine takes a second factor."""
    row = unit.get(Prescription, prescription)
    activate(unit, row)
    sign_controlled(unit, [as_signed(row)])


def activate(unit: Unit, row: Row[Any]) -> None:
    """Make a draft active, after the stop checks were made once more. Part of `prescribe` and `sign_visit`.

    Both call `sign_controlled` last.
    """
    require_step(PRESCRIPTION_STEPS, row.status, "active", row.display)
    _recheck(unit, row)
    unit.change(Prescription, row.id, status="active", requester=unit.person.id, written=unit.now)
    unit.announce(
        MedicinePrescribed(
            row.id,
            row.patient,
            row.encounter,
            row.medicine,
            row.display,
            row.quantity,
            row.quantity_unit,
            unit.person.id,
            unit.now,
        )
    )


@action("ehr.change_dose", needs="medicine.dose")
def change_dose(unit: Unit, prescription: UUID, dose: Dose, reason: str, *, quantity: Decimal | None = None) -> None:
    """Write the dose of a running medicine anew; refused while two doses stand against each other.

    That of a controlled medicine takes a second factor, as prescribing it did.
    """
    row = unit.get(Prescription, prescription)
    if row.status not in ("active", "on-hold"):
        raise Refused(_("{name} is no longer taken. Prescribe it anew.").format(name=row.display))
    require_settled(unit, Prescription, prescription, ("dose", "state"), row.display)
    why = _reason(reason)
    strength = item(unit, row.medicine, row.edition).strength if row.medicine else None
    total = quantity or quantity_to_supply(dose, strength, row.quantity_unit or dose.unit)
    if total is None or total <= 0:
        raise BadInput(_("How much to supply can't be computed from this dose. Type the quantity."), "quantity")
    unit.change(Prescription, prescription, reason=why, **_dose_values(dose, total, row.quantity_unit or dose.unit))
    unit.announce(DoseChanged(prescription, row.patient, row.encounter, row.display, why, unit.person.id, unit.now))
    sign_controlled(unit, [as_signed(row)])


@action("ehr.stop_medicine", needs="medicine.stop")
def stop_medicine(unit: Unit, prescription: UUID, reason: str) -> None:
    """Stop a medicine, with a reason; what was supplied stays on record."""
    row = _move(unit, prescription, "stopped", _reason(reason))
    unit.announce(
        MedicineStopped(prescription, row.patient, row.encounter, row.display, reason.strip(), unit.person.id, unit.now)
    )


@action("ehr.hold_medicine", needs="medicine.stop")
def hold_medicine(unit: Unit, prescription: UUID, reason: str) -> None:
    """Let a medicine wait: nothing is supplied until it is resumed."""
    _move(unit, prescription, "on-hold", _reason(reason))


@action("ehr.resume_medicine", needs="medicine.prescribe")
def resume_medicine(unit: Unit, prescription: UUID) -> None:
    """Let a medicine that waited go on."""
    if unit.get(Prescription, prescription).status == "draft":
        raise Refused(_("This medicine is not prescribed yet. Sign the visit, or prescribe it by itself."))
    _move(unit, prescription, "active", None)


@action("ehr.void_prescription", needs="entry.void")
def void_prescription(unit: Unit, prescription: UUID, reason: str) -> None:
    """The prescription was a mistake, another patient's for example; it stays readable."""
    _move(unit, prescription, "entered-in-error", _reason(reason))


def as_signed(row: Row[Any]) -> Signed:
    """A prescription as its signing for a controlled medicine looks at it."""
    return Signed(row.id, row.display, row.medicine, row.edition)


def drafts(unit: Unit, encounter: UUID) -> list[Row[Any]]:
    """The draft prescriptions of a visit in the order in which they were added."""
    question = select(Prescription.__table__).where(Prescription.encounter == encounter, Prescription.status == "draft")
    return unit.rows(question.order_by(Prescription.k, Prescription.id))


def _chosen(unit: Unit, medicine: UUID | None, words: str | None) -> Chosen:
    if medicine is not None:
        found = item(unit, medicine)
        return Chosen(
            found.display,
            f"{found.strength} {found.form}",
            found.code,
            ";".join(found.ingredients),
            ";".join(found.classes),
            found.strength,
            found.unit,
            found.id,
            found.edition,
        )
    name = " ".join((words or "").split())
    if not name:
        raise BadInput(_("Choose a medicine, or type its generic name and strength."), "medicine")
    return Chosen(name, None, None, None, None, None, "")


def _require_asked(unit: Unit, patient: UUID, could_not_ask: str | None) -> bool:
    state = allergies(unit, patient).state
    if state in ("known", "none"):
        return True
    if not (could_not_ask or "").strip():
        raise AllergiesNotAsked(
            _("It is not recorded whether this patient has allergies. Ask now, or say why it could not be asked.")
        )
    return False


def _go_past(unit: Unit, found: Checks, overrides: Sequence[Overriding]) -> list[tuple[Alert, Overriding]]:
    given = {over.key: over for over in overrides if over.reason.strip()}
    standing = [alert for alert in found.alerts if alert.key not in given]
    if standing:
        raise AlertsStand(found, standing)
    passed = [(alert, given[alert.key]) for alert in found.alerts]
    for alert, over in passed:
        if alert.tier == "stop":
            unit.check("medicine.override")
            _require_second(unit, over)
    return passed


def _require_second(unit: Unit, over: Overriding) -> None:
    if not setting(unit, SECOND_PERSON, False):
        return
    if over.second is None or over.second == unit.person.id:
        raise Refused(_("Going past a stop needs a second person here. Ask a colleague to confirm it with you."))


def _recheck(unit: Unit, row: Row[Any]) -> None:
    """An allergy recorded after the draft was checked must still stop it."""
    found = checks(unit, row.patient, row.display, row.ingredient, row.classes, leave_out=row.id)
    question = select(AlertOverride.detail).where(AlertOverride.subject == row.id)
    passed = {over.detail for over in unit.rows(question)}
    standing = [alert for alert in found.stops if alert.title not in passed]
    if standing:
        raise AlertsStand(found, standing)


def _medicine_values(chosen: Chosen) -> dict[str, Any]:
    return {
        "medicine": chosen.item,
        "edition": chosen.edition,
        "display": chosen.display,
        "code": chosen.code,
        "form": chosen.form,
        "ingredient": chosen.ingredients,
        "classes": chosen.classes,
    }


def _dose_values(dose: Dose, quantity: Decimal, quantity_unit: str) -> dict[str, Any]:
    return {
        "dose": dose.amount,
        "dose_unit": dose.unit,
        "route": dose.route,
        "frequency": dose.frequency,
        "times_per_day": dose.times_per_day,
        "days": dose.days,
        "prn": dose.prn,
        "quantity": quantity,
        "quantity_unit": quantity_unit,
    }


def _move(unit: Unit, prescription: UUID, state: str, reason: str | None) -> Row[Any]:
    row = unit.get(Prescription, prescription)
    require_settled(unit, Prescription, prescription, ("state",), row.display)
    require_step(PRESCRIPTION_STEPS, row.status, state, row.display)
    unit.change(Prescription, prescription, status=state, stop_reason=reason)
    return row


def _reason(typed: str) -> str:
    if not typed.strip():
        raise BadInput(_("Say why: the next person who reads the chart needs to know."), "reason")
    return typed.strip()


def _note_override(
    unit: Unit, patient: UUID, prescription: UUID, kind: str, detail: str, reason: str, second: UUID | None
) -> None:
    id = unit.add(
        AlertOverride,
        patient=patient,
        subject=prescription,
        kind=kind,
        detail=detail,
        reason=reason.strip(),
        by=unit.person.id,
        second=second,
        at=unit.now,
    )
    unit.announce(AlertOverridden(id, patient, prescription, kind, reason.strip(), unit.person.id, unit.now))

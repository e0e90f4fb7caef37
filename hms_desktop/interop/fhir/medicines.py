# SPDX-License-Identifier: Apache-2.0
"""MedicationRequest as a prescription, with the Medication it names; a dose is kept whole or left to its words."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from hms_desktop.core.text import _
from hms_desktop.interop.fhir import care, elements, unread
from hms_desktop.interop.fhir.context import Reading, Unkept, identity, origin
from hms_desktop.interop.fhir.elements import items, one_of, words
from hms_desktop.interop.fhir.entries import Entry, Json
from hms_desktop.interop.fhir.identities import key_of

STATES = ("active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
INTENTS = ("proposal", "plan", *ORDERS, "option")
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "wk": 604800}
DAYS = {"d": Decimal(1), "wk": Decimal(7), "h": Decimal(1) / 24, "mo": Decimal(30), "a": Decimal(365)}
PLAIN_RHYTHM = {"frequency", "period", "periodUnit", "boundsDuration", "boundsPeriod", "boundsRange"}
LONGEST_COURSE, MOST_A_DAY = 36_500, 86_400
NO_DOSE: dict[str, Any] = {
    "dose": None,
    "dose_unit": None,
    "route": None,
    "frequency": None,
    "times_per_day": None,
    "days": None,
    "prn": False,
}

MEDICATION = unread.kept(unread.concept("code"), unread.concept("form"))
REQUEST = unread.kept(
    "status",
    "intent",
    "doNotPerform",
    unread.concept("medicationCodeableConcept"),
    unread.reference("medicationReference"),
    unread.reference("subject"),
    unread.reference("encounter"),
    "authoredOn",
    unread.reference("requester"),
    unread.concept("reasonCode"),
    unread.reference("reasonReference"),
    unread.concept("statusReason"),
    "dosageInstruction.text",
    "dosageInstruction.sequence",
    "dosageInstruction.patientInstruction",
    "dosageInstruction.asNeededBoolean",
    unread.concept("dosageInstruction.asNeededCodeableConcept"),
    unread.concept("dosageInstruction.route"),
    "dosageInstruction.timing.repeat.frequency",
    "dosageInstruction.timing.repeat.frequencyMax",
    "dosageInstruction.timing.repeat.period",
    "dosageInstruction.timing.repeat.periodMax",
    "dosageInstruction.timing.repeat.dayOfWeek",
    "dosageInstruction.timing.repeat.timeOfDay",
    "dosageInstruction.timing.repeat.when",
    "dosageInstruction.timing.repeat.periodUnit",
    unread.concept("dosageInstruction.timing.code"),
    unread.quantity("dosageInstruction.timing.repeat.boundsDuration"),
    unread.quantity("dosageInstruction.doseAndRate.doseQuantity"),
    unread.quantity("dosageInstruction.doseAndRate.doseRange.low"),
    unread.quantity("dosageInstruction.doseAndRate.doseRange.high"),
    unread.quantity("dispenseRequest.quantity"),
    "dispenseRequest.numberOfRepeatsAllowed",
    unread.quantity("dispenseRequest.expectedSupplyDuration"),
)


def medication(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Medication: remembered for the requests of this run that name it; it has no row of its own."""
    found = named(resource)
    if found is None:
        raise Unkept("without a code or text")
    reading.directory.facts[entry.kind, key_of(entry)] = found


def named(resource: Json) -> tuple[elements.Coded, str | None] | None:
    """What a Medication is called, and its form."""
    found = elements.concept(resource.get("code"))
    form = elements.concept(resource.get("form"))
    return (found, form.display if form else None) if found else None


def request(reading: Reading, entry: Entry, resource: Json) -> None:
    """A MedicationRequest that is an order."""
    status = one_of(entry, resource.get("status"), STATES, "MedicationRequest.status")
    intent = one_of(entry, resource.get("intent"), INTENTS, "MedicationRequest.intent")
    if status == "unknown" or intent not in ORDERS or resource.get("doNotPerform") is True:
        raise Unkept("state unknown" if status == "unknown" else "not an order to give")
    what, form = _medicine(reading, entry, resource)
    written = reading.moment(resource.get("authoredOn"), "MedicationRequest.authoredOn")
    if written is None:
        raise Unkept("without a time")
    patient, id = reading.patient(resource.get("subject"), entry), identity(entry)
    reading.add(
        "prescription",
        id,
        {
            "patient": patient,
            "encounter": reading.link(resource.get("encounter"), entry, "Encounter"),
            "medicine": None,
            "display": what.display,
            "code": what.code,
            "system": what.system,
            "form": form,
            "ingredient": None,
            "classes": None,
            "requester": reading.person(resource.get("requester"), entry),
            "written": written,
            "source": origin(entry),
            "status": status,
            "review_on": None,
            "stop_reason": (stopped.display if (stopped := elements.concept(resource.get("statusReason"))) else None),
            "reason": care.because(reading, entry, resource),
            **_supply(resource),
            **_dosing(reading, resource),
        },
    )
    if status not in {"draft", "entered-in-error"}:
        reading.on_timeline("prescription", patient, written, what.display, id, "prescription")


def _medicine(reading: Reading, entry: Entry, resource: Json) -> tuple[elements.Coded, str | None]:
    found = reading.coded(resource.get("medicationCodeableConcept"), "MedicationRequest.medicationCodeableConcept")
    if found is not None:
        return found, None
    reference = resource.get("medicationReference") or {}
    said = str(reference.get("reference") or "")
    held = next((one for one in items(resource.get("contained")) if said == f"#{one.get('id')}"), None)
    target = reading.target(reference, entry, "Medication") if held is None else None
    known: tuple[elements.Coded, str | None] | None = named(held) if held is not None else None
    if target is not None:
        known = reading.directory.fact(target.kind, target.key)
    if known is not None:
        return known
    if display := words(reference.get("display")):
        return elements.Coded(None, None, display), None
    raise Unkept("the medicine is not named")


def _supply(resource: Json) -> dict[str, Any]:
    asked = resource.get("dispenseRequest") or {}
    amount = elements.quantity(asked.get("quantity"))
    repeats = asked.get("numberOfRepeatsAllowed")
    return {
        "quantity": amount.value if amount else None,
        "quantity_unit": amount.unit if amount else None,
        "repeats": repeats if isinstance(repeats, int) else None,
    }


def _dosing(reading: Reading, resource: Json) -> dict[str, Any]:
    """The dose columns; two instructions, or a range, are kept as words only, because half a dose is a wrong dose."""
    listed = items(resource.get("dosageInstruction"))
    supply = _days((resource.get("dispenseRequest") or {}).get("expectedSupplyDuration"))
    if not listed:
        return NO_DOSE | {"days": supply}
    prn = any(one.get("asNeededBoolean") is True or one.get("asNeededCodeableConcept") for one in listed)
    said = "; ".join(dict.fromkeys(text for one in listed if (text := _in_words(one)))) or None
    if len(listed) > 1:
        return NO_DOSE | {"frequency": said, "prn": prn, "days": supply}
    only = listed[0]
    rated = reading.first(only.get("doseAndRate"), "MedicationRequest.dosageInstruction.doseAndRate")
    dose = elements.quantity(rated.get("doseQuantity"))
    repeat = (only.get("timing") or {}).get("repeat") or {}
    route = elements.concept(only.get("route"))
    return {
        "dose": dose.value if dose else None,
        "dose_unit": dose.unit if dose else None,
        "route": route.display if route else None,
        "frequency": said,
        "times_per_day": _per_day(repeat),
        "days": _days(repeat.get("boundsDuration")) or supply,
        "prn": prn,
    }


def _in_words(instruction: Json) -> str | None:
    """What one instruction says: its own text, else its timing and a dose that is a range."""
    if said := words(instruction.get("text")) or words(instruction.get("patientInstruction")):
        return said
    timing = instruction.get("timing") or {}
    code = elements.concept(timing.get("code"))
    rated = items(instruction.get("doseAndRate"))
    doses = [elements.spread(one.get("doseRange")) for one in rated]
    doses += [dose.words for one in rated if (dose := elements.quantity(one.get("doseQuantity")))]
    parts = [*doses, code.display if code else None, *_rhythm(timing.get("repeat") or {}, told=code is not None)]
    return ", ".join(part for part in parts if part) or None


def _rhythm(repeat: Json, told: bool) -> list[str | None]:
    """How often, on which days and at which times; how often only when no code has `told` it already."""
    every = None
    if not told and repeat.get("frequency") and repeat.get("period") and repeat.get("periodUnit"):
        often = _to(str(repeat["frequency"]), repeat.get("frequencyMax"))
        every = f"{often} × / {_to(_number(repeat['period']), repeat.get('periodMax'))} {repeat['periodUnit']}"
    listed = (repeat.get(name) or () for name in ("dayOfWeek", "timeOfDay", "when"))
    return [every, *(" ".join(str(one) for one in said if one) for said in listed)]


def _number(value: Any) -> str:
    return elements.plain(Decimal(str(value)))


def _to(low: str, high: Any) -> str:
    return low if high is None else _("{low} to {high}").format(low=low, high=_number(high))


def _per_day(repeat: Json) -> Decimal | None:
    """Doses in 24 hours, only when the rhythm is a whole number of doses or days, and the same every day."""
    seconds = SECONDS.get(str(repeat.get("periodUnit")))
    if not repeat.get("frequency") or not repeat.get("period") or seconds is None or repeat.keys() - PLAIN_RHYTHM:
        return None
    span = Decimal(str(repeat["period"])) * seconds
    found = Decimal(repeat["frequency"]) * 86400 / span if span > 0 else None
    if found is None or found > MOST_A_DAY or found != found.quantize(Decimal("0.0001")):
        return None
    return found.normalize()


def _days(value: Json | None) -> int | None:
    found = elements.quantity(value)
    if found is None or found.value is None or found.unit not in DAYS:
        return None
    days = (found.value * DAYS[found.unit]).to_integral_value(ROUND_CEILING)
    return int(days) if 0 < days <= LONGEST_COURSE else None

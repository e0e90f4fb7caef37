# SPDX-License-Identifier: Apache-2.0
"""Orders, prescriptions, allergies and problems that the server refused, as the forms that a person had filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.queries import current_visit
from hms_desktop.clinic.ehr.queries_medicines import dose_of
from hms_desktop.clinic.ehr.rules_doses import frequency_words, quantity_to_supply, route_words
from hms_desktop.clinic.inventory.queries import ItemRow, item
from hms_desktop.core.errors import NotFound
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.ehr.order_dialog import LAB
from hms_desktop.ui.ehr.prescribe_dialog import ITEM, WORDS, item_words
from hms_desktop.ui.routes import PatientChart
from hms_desktop.ui.widgets.patient_picker import patient_name

ALLERGY, ORDER, PRESCRIPTION, PROBLEM = "allergy", "order", "prescription", "problem"
"""What the name of a draft begins with: it says which form of the chart it belongs to."""


def refill_order(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for a refused order into the visit that goes on; None without such a visit."""
    asked = _made(written, "service_order")
    if asked is None or asked["category"] != LAB or not _is_here(reader, asked):
        return None
    if current_visit(reader, asked["patient"]) is None:
        return None
    again = _made(written, "alert_override")
    content = {
        "code": {"key": asked["code"], "words": asked["display"]},
        "priority": asked["priority"],
        "reason": asked.get("reason") or "",
        "again": again["reason"] if again else "",
    }
    return _in_chart(ORDER, number, asked["patient"], _("Order a test"), content, "order.place")


def refill_prescription(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for a refused prescription. Reasons against alerts are asked for again: the checks run anew."""
    asked = _made(written, "prescription")
    if asked is None or not _is_here(reader, asked):
        return None
    known = known_item(reader, asked.get("medicine"))
    words = item_words(known) if known else asked["display"]
    key = f"{ITEM}{asked['medicine']}" if known else f"{WORDS}{words}"
    content = {
        "medicine": {"key": key, "words": words},
        "reason": asked.get("reason") or "",
        **dose_content(asked, known),
    }
    return _in_chart(PRESCRIPTION, number, asked["patient"], _("Prescribe"), content, "medicine.prescribe")


def refill_allergy(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for a refused new allergy."""
    told = _made(written, "allergy")
    if told is None or not _is_here(reader, told):
        return None
    content = {name: told.get(name) for name in ("reaction", "type", "category", "criticality")}
    content["substance"] = {"key": told["substance"], "words": told["substance"]}
    content["confirmed"] = told["verification_status"] == "confirmed"
    return _in_chart(ALLERGY, number, told["patient"], _("Record an allergy"), content, "allergy.record")


def refill_problem(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for a refused new problem."""
    told = _made(written, "condition")
    if told is None or not _is_here(reader, told):
        return None
    content = {name: told.get(name) or "" for name in ("display", "code", "onset")}
    content["verification"] = told["verification_status"]
    return _in_chart(PROBLEM, number, told["patient"], _("Add a problem"), content, "problem.record")


def _in_chart(kind: str, number: int, patient: UUID, title: str, content: Mapping[str, Any], needs: str) -> Refilled:
    key = f"{kind}:{number}"
    return Refilled(key, title, content, PatientChart(patient, draft=key), needs=needs)


def _made(written: Sequence[WrittenRecord], table: str) -> Mapping[str, Any] | None:
    return next((one.values for one in written if one.table == table and one.new), None)


def _is_here(reader: Any, values: Mapping[str, Any]) -> bool:
    return patient_name(reader, values["patient"]) is not None


def known_item(reader: Any, medicine: UUID | None) -> ItemRow | None:
    """The medicine of the stock list; None for one that is in words, or not here."""
    if medicine is None:
        return None
    try:
        return item(reader, medicine)
    except NotFound:
        return None


def dose_content(asked: Mapping[str, Any], known: ItemRow | None) -> dict[str, Any]:
    """The fields of the dose; a quantity only where it was typed: what follows from the dose is computed anew."""
    dose = dose_of(asked)
    if dose is None:
        return {}
    content = {
        "dose": show_decimal(dose.amount),
        "dose_unit": {"key": dose.unit, "words": dose.unit},
        "route": {"key": dose.route, "words": route_words(dose.route)},
        "frequency": {"key": dose.frequency, "words": frequency_words(dose.frequency)},
        "days": str(dose.days),
        "prn": dose.prn,
    }
    quantity = asked.get("quantity")
    if quantity is not None and quantity != quantity_to_supply(dose, known.strength if known else None,
                                                               known.unit if known else dose.unit):  # fmt: skip
        content["quantity"] = show_decimal(quantity)
    return content

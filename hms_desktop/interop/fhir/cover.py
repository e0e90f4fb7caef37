# SPDX-License-Identifier: Apache-2.0
"""Coverage: who pays for a patient, under which plan and number."""

from __future__ import annotations

from decimal import Decimal

from hms_desktop.core.text import _
from hms_desktop.interop.fhir import elements, unread
from hms_desktop.interop.fhir.context import Reading, Unkept, identity, origin
from hms_desktop.interop.fhir.elements import items, one_of, words
from hms_desktop.interop.fhir.entries import Entry, Json

STATES = ("active", "cancelled", "draft", "entered-in-error")
PERCENT = "copaypct"

COVERAGE = unread.kept(
    "status",
    "subscriberId",
    unread.reference("beneficiary"),
    unread.reference("payor"),
    unread.period("period"),
    "order",
    unread.concept("type"),
    unread.concept("class.type"),
    "class.value",
    "class.name",
    "identifier.system",
    "identifier.value",
    unread.concept("costToBeneficiary.type"),
    unread.quantity("costToBeneficiary.valueQuantity"),
)


def coverage(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Coverage; a share that the file does not give is 0 % and counted, to be set by billing."""
    status = one_of(entry, resource.get("status"), STATES, "Coverage.status")
    if status in {"draft", "entered-in-error"}:
        raise Unkept(str(status).replace("-", " "))
    span, order = resource.get("period") or {}, resource.get("order")
    kind = elements.concept(resource.get("type"))
    numbers = [one["value"] for one in items(resource.get("identifier")) if one.get("value")]
    reading.add(
        "coverage",
        identity(entry),
        {
            "patient": reading.patient(resource.get("beneficiary"), entry),
            "payer": _payer(reading, entry, resource) or (kind.display if kind else _("Scheme not named")),
            "plan": _plan(resource) or (kind.display if kind else None),
            "member_id": words(resource.get("subscriberId")) or (numbers[0] if numbers else None),
            "order": order if isinstance(order, int) and order > 0 else 1,
            "valid_from": elements.partial(span.get("start")),
            "valid_to": elements.partial(span.get("end")),
            "patient_share_percent": _share(reading, resource),
            "copay": None,
            "deductible": None,
            "deductible_period": None,
            "cap": None,
            "cap_period": None,
            "excluded": None,
            "package": None,
            "active": status == "active",
            "source": origin(entry),
        },
    )


def _payer(reading: Reading, entry: Entry, resource: Json) -> str | None:
    payers = items(resource.get("payor"))
    reading.left("Coverage.payor (further)", len(payers) - 1)
    contained = {f"#{one.get('id')}": words(one.get("name")) for one in items(resource.get("contained"))}
    for one in payers:
        if held := contained.get(str(one.get("reference"))):
            return held
        found = reading.names.target(one, entry, "Organization")
        known = reading.directory.fact(found.kind, found.key) if found else None
        if isinstance(known, str):
            return known
        if said := words(one.get("display")) or words((one.get("identifier") or {}).get("value")):
            return said
    return None


def _plan(resource: Json) -> str | None:
    named = {
        elements.code_of(one.get("type")): words(one.get("name")) or words(one.get("value"))
        for one in items(resource.get("class"))
    }
    return named.get("plan") or named.get("group")


def _share(reading: Reading, resource: Json) -> Decimal:
    for cost in items(resource.get("costToBeneficiary")):
        share = elements.quantity(cost.get("valueQuantity"))
        value = share.value if share and elements.code_of(cost.get("type")) == PERCENT else None
        if value is not None and 0 <= value <= 100:
            return value
    reading.left("Coverage.costToBeneficiary (no share given, set to 0 %)")
    return Decimal(0)

# SPDX-License-Identifier: Apache-2.0
"""Kinds of conflict: who owns each, how grave it is, in which module it lives, and when two states need a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from hms_desktop.core.ids import named_id, rule_id

VALUES = "values"
PERSON_TWICE = "person-twice"
IDENTIFIER_TWICE = "identifier-twice"
SLOT_OVER = "slot-over"
OVER_SUPPLIED = "over-supplied"
STOCK_BELOW_ZERO = "stock-below-zero"
PAID_TWICE = "paid-twice"
CHARGED_TWICE = "charged-twice"
RESULT_FOR_REVOKED = "result-for-revoked"
VISIT_TWICE = "visit-twice"
ADMITTED_TWICE = "admitted-twice"

SAFETY, CHOICE, BY_RULE = "safety", "choice", "by-rule"
OVERDUE = {SAFETY: timedelta(hours=24), CHOICE: timedelta(days=3)}
"""So long somebody may take to settle one before its owner role is reminded and it is shown as overdue."""


@dataclass(frozen=True)
class Kind:
    """One kind: the module whose tables hold it, the role that owns it, and `SAFETY` or `CHOICE`."""

    module: str
    owner_role: str
    gravity: str


# fmt: off
KINDS: Mapping[str, Kind] = {
    # kind               module          owner            gravity
    PERSON_TWICE:       Kind("patients", "receptionist", SAFETY),
    IDENTIFIER_TWICE:   Kind("patients", "receptionist", SAFETY),
    SLOT_OVER:          Kind("appointments", "receptionist", CHOICE),
    OVER_SUPPLIED:      Kind("pharmacy", "pharmacist", SAFETY),
    STOCK_BELOW_ZERO:   Kind("inventory", "pharmacist", CHOICE),
    PAID_TWICE:         Kind("billing", "cashier", CHOICE),
    CHARGED_TWICE:      Kind("billing", "cashier", CHOICE),
    RESULT_FOR_REVOKED: Kind("lab", "lab_verifier", SAFETY),
    VISIT_TWICE:        Kind("appointments", "receptionist", CHOICE),
    ADMITTED_TWICE:     Kind("ehr", "doctor", CHOICE),
}
# fmt: on

_OWNER_BY_MODULE = {
    "patients": "receptionist",
    "staff": "manager",
    "inventory": "pharmacist",
    "appointments": "receptionist",
    "ehr": "doctor",
    "lab": "lab_verifier",
    "pharmacy": "pharmacist",
    "billing": "cashier",
}
RIGHT_TO_SETTLE = {
    "patients": "conflict.settle.patients",
    "appointments": "conflict.settle.appointments",
    "ehr": "conflict.settle.ehr",
    "lab": "conflict.settle.lab",
    "pharmacy": "conflict.settle.pharmacy",
    "inventory": "conflict.settle.inventory",
    "billing": "conflict.settle.billing",
}
_SAFETY_TABLES = frozenset(
    {
        "patient",
        "patient_identifier",
        "allergy",
        "prescription",
        "condition",
        "specimen",
        "service_order",
        "batch",
    }
)
NEVER_RAISED = frozenset({"timeline_entry", "access_event"})
"""Facts by rule whose differing copies endanger nobody: both stay in the history."""


def kind_of(kind: str, module: str, table: str) -> Kind:
    """Owner and gravity of a conflict; of values that stand against each other, by the table they are in."""
    if kind in KINDS:
        return KINDS[kind]
    gravity = SAFETY if table in _SAFETY_TABLES else CHOICE
    return Kind(module, _OWNER_BY_MODULE.get(module, "manager"), gravity)


def overdue(gravity: str, since: datetime, now: datetime) -> bool:
    """Whether a conflict of this gravity has waited for too long."""
    return now - since > OVERDUE.get(gravity, OVERDUE[CHOICE])


def pair_subject(one: UUID, other: UUID) -> UUID:
    """The id of a pair, the same whichever comes first."""
    first, second = sorted((one, other))
    return rule_id(first, f"pair:{second.hex}")


def identifier_subject(system: str, value: str) -> UUID:
    """The id of an identifier that two persons can't both have."""
    return named_id("identifier", system, value.strip().casefold())


def needs_person(
    state_column: str | None, wins: Mapping[frozenset[str], str | None], values: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether heads need a person: they differ, and no state (if the group has one) wins against every other."""
    if all(one == other for one, other in combinations(values, 2)):
        return False
    if state_column is None:
        return True
    states = {str(v[state_column]) for v in values}
    return not any(all(wins.get(frozenset((s, o))) == s for o in states - {s}) for s in states)

# SPDX-License-Identifier: Apache-2.0
"""The fixed words of the register: sexes, timeline kinds, and which of two states of a task wins."""

from __future__ import annotations

from itertools import combinations

SEXES = ("female", "male", "other", "unknown")
TIMELINE_KINDS = (
    "registration", "appointment", "arrival", "visit", "note", "order", "specimen", "result", "result_correction",
    "critical_call", "prescription", "dispense", "invoice", "payment", "call", "conflict", "import",
)

TASK_STEPS: dict[str, frozenset[str]] = {
    "requested": frozenset({"in-progress", "completed", "cancelled"}),
    "in-progress": frozenset({"requested", "completed", "cancelled"}),
    "completed": frozenset({"in-progress"}),
    "cancelled": frozenset({"requested"}),
}
"""The legal next states of a task (FHIR Task.status)."""

_LADDER = ("requested", "in-progress", "completed")


def _winner(one: str, other: str) -> str | None:
    if "cancelled" not in (one, other):
        return max(one, other, key=_LADDER.index)
    return "cancelled" if "requested" in (one, other) else None


TASK_WINS: dict[frozenset[str], str | None] = {frozenset(p): _winner(*p) for p in combinations(TASK_STEPS, 2)}
"""The table of pairs for two states of one task; None: called off against started work is for a person."""

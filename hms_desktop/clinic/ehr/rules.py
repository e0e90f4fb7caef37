# SPDX-License-Identifier: Apache-2.0
"""The state machines of the record of care: which step is legal, and which of two standing states wins.

Status names are those of HL7 FHIR R4. A pair that maps to None is a conflict that a person settles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations

from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _

Steps = Mapping[str, frozenset[str]]
Pairs = Mapping[frozenset[str], str | None]


def furthest(states: tuple[str, ...], conflicts: Iterable[tuple[str, str]] = ()) -> dict[frozenset[str], str | None]:
    """A table of pairs in which the state named later wins, except the pairs that a person must settle."""
    pairs: dict[frozenset[str], str | None] = {frozenset(pair): pair[1] for pair in combinations(states, 2)}
    for pair in conflicts:
        if frozenset(pair) not in pairs:
            raise ValueError(f"{pair} is no pair of these states")
        pairs[frozenset(pair)] = None
    return pairs


ENCOUNTER_STEPS: Steps = {
    "planned": frozenset({"arrived", "cancelled", "entered-in-error"}),
    "arrived": frozenset({"triaged", "in-progress", "cancelled", "entered-in-error"}),
    "triaged": frozenset({"in-progress", "cancelled", "entered-in-error"}),
    "in-progress": frozenset({"onleave", "finished", "entered-in-error"}),
    "onleave": frozenset({"in-progress", "finished", "entered-in-error"}),
    "finished": frozenset({"in-progress", "entered-in-error"}),
    "cancelled": frozenset({"arrived", "entered-in-error"}),
    "entered-in-error": frozenset(),
}
ENCOUNTER_STATES = tuple(ENCOUNTER_STEPS)
ENCOUNTER_PAIRS: Pairs = furthest(
    ("planned", "cancelled", "arrived", "triaged", "onleave", "in-progress", "finished", "entered-in-error"),
    conflicts=[("cancelled", started) for started in ("triaged", "onleave", "in-progress", "finished")]
    + [(started, "entered-in-error") for started in ("triaged", "onleave", "in-progress", "finished")],
)
"""Cancelling a visit, or calling it a mistake, against care that had begun is for a person to settle."""

ORDER_STEPS: Steps = {
    "draft": frozenset({"active", "revoked", "entered-in-error"}),
    "active": frozenset({"on-hold", "completed", "revoked", "entered-in-error"}),
    "on-hold": frozenset({"active", "revoked", "entered-in-error"}),
    "completed": frozenset({"entered-in-error"}),
    "revoked": frozenset({"entered-in-error"}),
    "entered-in-error": frozenset(),
}
ORDER_STATES = tuple(ORDER_STEPS)
ORDER_PAIRS: Pairs = furthest(
    ("draft", "active", "on-hold", "completed", "revoked", "entered-in-error"),
    conflicts=[("completed", "revoked"), ("completed", "entered-in-error")],
)
"""A result for an order that was revoked meanwhile is for a person to settle; holding wins over going on."""

PRESCRIPTION_STEPS: Steps = {
    "draft": frozenset({"active", "cancelled", "entered-in-error"}),
    "active": frozenset({"on-hold", "completed", "stopped", "cancelled", "entered-in-error"}),
    "on-hold": frozenset({"active", "stopped", "cancelled", "entered-in-error"}),
    "completed": frozenset({"stopped", "entered-in-error"}),
    "stopped": frozenset({"entered-in-error"}),
    "cancelled": frozenset({"entered-in-error"}),
    "entered-in-error": frozenset(),
}
PRESCRIPTION_STATES = tuple(PRESCRIPTION_STEPS)
PRESCRIPTION_PAIRS: Pairs = furthest(
    ("draft", "active", "on-hold", "completed", "cancelled", "stopped", "entered-in-error"),
    conflicts=[("completed", "stopped"), ("completed", "cancelled"), ("completed", "entered-in-error")],
)
"""Stopping a medicine that was meanwhile supplied in full is for a person to settle; else stopping wins."""


def undecided(pairs: Pairs, states: Collection[str]) -> bool:
    """Whether of these standing states none wins against every other."""
    return not any(all(pairs.get(frozenset({one, other})) == one for other in states if other != one) for one in states)


def require_step(steps: Steps, old: str, new: str, thing: str) -> None:
    """Raise Refused, naming the thing, unless a machine may go from one state to the other."""
    if new not in steps.get(old, frozenset()):
        raise Refused(
            _("{thing} is “{old}” and can't become “{new}”. Open it to see what was done with it.").format(
                thing=thing, old=old, new=new
            )
        )


def priority_name(priority: str) -> str:
    """How urgent an order is, in words."""
    return {
        "routine": _("Routine"),
        "urgent": _("Urgent"),
        "asap": _("As soon as possible"),
        "stat": _("STAT"),
    }[priority]

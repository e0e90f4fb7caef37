# SPDX-License-Identifier: Apache-2.0
"""States of an appointment: which step follows which, and which of two states wins where histories meet."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID

from hms_desktop.core.ids import rule_id

LADDER = ("proposed", "pending", "waitlist", "booked", "arrived", "checked-in", "fulfilled")
STATES = (*LADDER, "cancelled", "noshow", "entered-in-error")
STARTED = frozenset({"arrived", "checked-in", "fulfilled"})
HOLDS_A_PLACE = frozenset({"pending", "booked", "arrived", "checked-in", "fulfilled"})

STEPS: dict[str, frozenset[str]] = {
    "proposed": frozenset({"pending", "booked", "waitlist", "cancelled", "entered-in-error"}),
    "pending": frozenset({"booked", "waitlist", "arrived", "checked-in", "cancelled", "noshow", "entered-in-error"}),
    "waitlist": frozenset({"pending", "booked", "arrived", "checked-in", "cancelled", "entered-in-error"}),
    "booked": frozenset({"arrived", "checked-in", "cancelled", "noshow", "entered-in-error", "waitlist"}),
    "arrived": frozenset({"checked-in", "booked", "cancelled", "entered-in-error"}),
    "checked-in": frozenset({"fulfilled", "cancelled", "entered-in-error"}),
    "fulfilled": frozenset({"entered-in-error"}),
    "cancelled": frozenset({"booked", "pending"}),
    "noshow": frozenset({"booked", "arrived", "checked-in"}),
    "entered-in-error": frozenset(),
}
"""The legal next states of each state."""


def _winner(one: str, other: str) -> str | None:
    if one in LADDER and other in LADDER:
        return max(one, other, key=LADDER.index)
    withdrawn = {"cancelled", "entered-in-error"} & {one, other}
    if withdrawn and STARTED & {one, other}:
        return None
    for state in ("entered-in-error", "cancelled"):
        if state in withdrawn:
            return state
    return next(iter(STARTED & {one, other}), "noshow")


WINS: dict[frozenset[str], str | None] = {frozenset(pair): _winner(*pair) for pair in combinations(STATES, 2)}
"""The table of pairs: the state that wins, None where a person decides (called off against a patient who came)."""


def slot_id(session: UUID, epoch_minute: int) -> UUID:
    """The id of a session's slot that starts `epoch_minute` minutes after 1970-01-01 UTC, the same on every station."""
    return rule_id(session, "slot", epoch_minute)


def check_in_id(appointment: UUID) -> UUID:
    """The id of an appointment's only check-in."""
    return rule_id(appointment, "check-in")


def encounter_id(appointment: UUID) -> UUID:
    """The id of the only encounter that an appointment's check-in opens."""
    return rule_id(appointment, "encounter")

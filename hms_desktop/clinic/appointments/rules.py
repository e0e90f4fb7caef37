# SPDX-License-Identifier: Apache-2.0
"""States of an appointment, slots by the wall clock, and who is easily confused with whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from uuid import UUID
from zoneinfo import ZoneInfo

from hms_desktop.core.errors import Refused
from hms_desktop.core.ids import rule_id


class Clash(Refused):
    """The patient is booked elsewhere at that time; who books may say that both are meant."""

    code = "clash"


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


@dataclass(frozen=True)
class SlotTime:
    """A slot of a session on one day: `starts` in UTC, `clock` as the wall clock shows it."""

    id: UUID
    session: UUID
    starts: datetime
    minutes: int
    clock: str

    @property
    def ends(self) -> datetime:
        """The moment at which the slot is over."""
        return self.starts + timedelta(minutes=self.minutes)


def slots(session: UUID, starts: str, ends: str, slot_minutes: int, day: date, zone: ZoneInfo) -> tuple[SlotTime, ...]:
    """The slots of a session on a day, by the clinic's wall clock (`starts`, `ends` HH:MM).

    Where the clock jumps forward the hour that does not exist has no slots; where it goes back the hour that comes
    twice has its slots once, at its first passing. So 09:00 is 09:00 on every day, and a slot's id is one moment.
    """
    found = []
    for minute in range(_minutes(starts), _minutes(ends) - slot_minutes + 1, slot_minutes):
        wall = datetime.combine(day, time(minute // 60, minute % 60), zone)
        moment = wall.astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
            name = slot_id(session, int(moment.timestamp()) // 60)
            found.append(SlotTime(name, session, moment, slot_minutes, f"{minute // 60:02d}:{minute % 60:02d}"))
    return tuple(found)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a clinic day and of the next one, in UTC."""
    first = datetime.combine(day, time(), zone)
    return first.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


@dataclass(frozen=True)
class SlotBooking:
    """A booking that wants a place in a slot; `stamp` orders bookings in time."""

    appointment: UUID
    status: str
    stamp: int

    @property
    def firm(self) -> bool:
        """Whether the place was promised, or the patient is already here."""
        return self.status != "pending"


@dataclass(frozen=True)
class Expected:
    """Somebody on a day's list, as far as telling two people apart goes; name parts are reduced (`names.plain`)."""

    patient: UUID
    family: str
    given: str
    sounds: str
    born: str | None


def easily_confused(expected: Sequence[Expected]) -> frozenset[UUID]:
    """Patients of one list whose name sounds like another's, or who share a family name and a birth date (twins)."""
    groups: dict[tuple[str, str], set[UUID]] = {}
    for one in expected:
        groups.setdefault(("name", f"{one.sounds or one.family}|{one.given[:1]}"), set()).add(one.patient)
        if one.born:
            groups.setdefault(("born", f"{one.family}|{one.born}"), set()).add(one.patient)
    return frozenset(id for group in groups.values() if len(group) > 1 for id in group)

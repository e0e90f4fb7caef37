# SPDX-License-Identifier: Apache-2.0
"""Every pair of states, slots on days when clocks change, who is easily confused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.clinic.appointments.rules import (
    LADDER,
    STARTED,
    STATES,
    STEPS,
    WINS,
    Expected,
    day_bounds,
    easily_confused,
    slot_id,
    slots,
)

PAIRS = list(combinations(STATES, 2))
SESSION = UUID("00000000-0000-7000-8000-0000000000aa")


@pytest.mark.parametrize("pair", PAIRS)
def test_every_pair_has_a_winner_or_is_for_a_person(pair: tuple[str, str]) -> None:
    winner, both = WINS[frozenset(pair)], set(pair)
    if {"cancelled", "entered-in-error"} & both and STARTED & both:
        assert winner is None
    elif both <= set(LADDER):
        assert winner == max(pair, key=LADDER.index)
    elif "noshow" in both and STARTED & both:
        assert winner == next(iter(both - {"noshow"}))
    else:
        assert winner in both - set(LADDER)


def test_the_table_holds_every_pair_once() -> None:
    assert len(WINS) == len(PAIRS) == 45
    assert set(STEPS) == set(STATES) and all(after <= set(STATES) for after in STEPS.values())


@pytest.mark.parametrize("three", list(combinations(STATES, 3)))
def test_three_states_never_have_two_winners(three: tuple[str, ...]) -> None:
    best = [s for s in three if all(WINS[frozenset((s, o))] == s for o in three if o != s)]
    assert len(best) <= 1


ZONES = ("Africa/Johannesburg", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")


@pytest.mark.hazard("H20")
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES), st.sampled_from([10, 15, 30, 60]))
def test_nine_is_nine_by_the_wall_clock_on_every_day(day: date, zone_name: str, length: int) -> None:
    zone = ZoneInfo(zone_name)
    found = slots(SESSION, "08:00", "17:00", length, day, zone)
    assert found[0].clock == "08:00" and len(found) == 9 * 60 // length
    for slot in found:
        local = slot.starts.astimezone(zone)
        assert (local.date(), local.strftime("%H:%M")) == (day, slot.clock)
        first, after = day_bounds(day, zone)
        assert first <= slot.starts < after


def test_an_hour_that_does_not_exist_has_no_slots() -> None:
    found = slots(SESSION, "01:00", "04:00", 30, date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert [s.clock for s in found] == ["01:00", "01:30", "03:00", "03:30"]
    assert found[2].starts - found[1].starts == timedelta(minutes=30)


def test_an_hour_that_comes_twice_has_its_slots_once() -> None:
    found = slots(SESSION, "01:00", "04:00", 60, date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert [s.clock for s in found] == ["01:00", "02:00", "03:00"]
    assert [s.starts.hour for s in found] == [23, 0, 2]
    assert len({s.id for s in found}) == 3


def test_days_have_23_24_or_25_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = []
    for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)):
        first, after = day_bounds(day, zone)
        hours.append((after - first) // timedelta(hours=1))
    assert hours == [23, 24, 25]


def test_a_slot_has_one_name_everywhere() -> None:
    starts = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    (slot,) = slots(SESSION, "09:30", "10:00", 30, date(2026, 11, 23), ZoneInfo("Africa/Johannesburg"))
    assert slot.id == slot_id(SESSION, int(starts.timestamp()) // 60) and slot.starts == starts
    assert slot.ends == starts + timedelta(minutes=30)
    assert slot_id(uuid4(), 1) != slot_id(SESSION, 1)


@pytest.mark.hazard("H30")
def test_names_that_sound_alike_and_twins_are_easily_confused() -> None:
    amara = Expected(UUID(int=1), "okonkwo", "amara", "oknkw", "1979-03-14")
    adaeze = Expected(UUID(int=2), "okonkwo", "adaeze", "oknkw", "2011-03-14")
    twin_a = Expected(UUID(int=3), "botha", "anna", "b0", "2020-05-01")
    twin_b = Expected(UUID(int=4), "botha", "piet", "b0", "2020-05-01")
    alone = Expected(UUID(int=5), "van wyk", "elize", "fn wk", None)
    arabic = Expected(UUID(int=6), "محمد", "علي", "", None)
    assert easily_confused([amara, adaeze, twin_a, twin_b, alone, arabic]) == {UUID(int=n) for n in (1, 2, 3, 4)}
    assert easily_confused([amara, alone]) == frozenset()

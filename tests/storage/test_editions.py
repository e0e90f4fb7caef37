# SPDX-License-Identifier: Apache-2.0
"""Versions of reference data: what is in force on a day, what is refused by name, and desks that publish at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing.model import Price
from hms_desktop.clinic.inventory import service as stock
from hms_desktop.clinic.inventory.queries import find_by_gtin, find_items, item
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.storage.editions import editions, in_force, term, today
from tests.clinic.meeting import Meeting
from tests.desk import Desk

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
VISIT: dict[str, Any] = {"code": "VISIT", "display": "Visit", "amount": 40_000}
MEDICINE: dict[str, Any] = {
    "code": "AMX", "display": "amoxicillin", "form": "capsule", "strength": "500 mg", "unit": "capsule",
    "ingredient": "amoxicillin", "classes": "penicillins", "gtin": "06001234567899",
}  # fmt: skip


@pytest.fixture
def meeting(tmp_path: Path) -> Meeting:
    """Two managers' desks will meet here."""
    return Meeting(tmp_path)


@pytest.fixture
def desk(meeting: Meeting) -> Desk:
    """A manager at a desk, on a Monday."""
    return meeting.desk("Office", "manager", kind="all")


def publishes(desk: Desk, **changed: Any) -> int:
    """A price is published; returns how many versions are new."""
    return desk.do(partial(billing.publish_prices, prices=[{**VISIT, **changed}]))


def holds(desk: Desk, on: date) -> list[tuple[int, int]]:
    """(version, amount) of the price of a visit that holds on a day."""
    return [(row.version, row.amount) for row in desk.ask(lambda r: in_force(r, Price, on)) if row.code == "VISIT"]


def test_a_version_holds_from_its_day_until_the_next_one_begins(desk: Desk) -> None:
    assert desk.ask(today) == TODAY
    assert publishes(desk, valid_from=date(2026, 1, 1)) == 1
    assert publishes(desk, valid_from=TODAY + 10 * DAY, amount=45_000) == 1
    assert publishes(desk, valid_from=TODAY + 20 * DAY, amount=50_000, valid_to=TODAY + 30 * DAY) == 1
    assert [holds(desk, TODAY + n * DAY) for n in (0, 9, 10, 19, 20, 30)] == [
        [(1, 40_000)], [(1, 40_000)], [(2, 45_000)], [(2, 45_000)], [(3, 50_000)], [(3, 50_000)],
    ]  # fmt: skip
    assert holds(desk, date(2025, 12, 31)) == [] == holds(desk, TODAY + 31 * DAY)
    first, second, third = desk.ask(lambda r: [term(r, Price, row) for row in editions(r, Price)])
    assert (first.valid_to, second.valid_to, third.valid_to) == (TODAY + 9 * DAY, TODAY + 19 * DAY, TODAY + 30 * DAY)
    assert second.words == "Version 2, in force from 03-Dec-2026 to 12-Dec-2026"


def test_saying_the_same_again_changes_nothing(desk: Desk) -> None:
    publishes(desk, valid_from=date(2026, 1, 1))
    assert publishes(desk, valid_from=date(2026, 1, 1)) == 0
    assert publishes(desk, valid_from=TODAY) == 0, "only the day is new: the same still holds"
    assert publishes(desk, valid_from=TODAY, amount=41_000) == 1
    assert publishes(desk, valid_from=date(2026, 1, 1)) == 0, "an old file once more"
    assert holds(desk, TODAY) == [(2, 41_000)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"valid_from": TODAY + 4 * DAY}, "Visit: version 2 starts on 28-Nov-2026"),
        ({"valid_from": TODAY + 9 * DAY, "version": 2}, "version 2 is already here and says something else"),
        ({"valid_from": TODAY + 9 * DAY, "valid_to": TODAY}, "ends before it begins"),
    ],
)
def test_what_comes_out_of_turn_is_refused_by_name(desk: Desk, changed: dict[str, Any], words: str) -> None:
    publishes(desk, valid_from=date(2026, 1, 1))
    publishes(desk, valid_from=TODAY + 5 * DAY, amount=2)
    with pytest.raises((Refused, BadInput), match=words):
        publishes(desk, amount=3, **changed)


def test_what_is_in_use_does_not_change_for_a_day_that_is_past(desk: Desk) -> None:
    publishes(desk, valid_from=date(2026, 1, 1))
    with pytest.raises(Refused, match=r"Visit is in use.*22-Nov-2026.*Choose today or later"):
        publishes(desk, valid_from=TODAY - DAY, amount=3)
    assert publishes(desk, valid_from=TODAY, amount=3) == 1
    assert publishes(desk, valid_from=TODAY, amount=4) == 1, "a mistake of today is put right today"
    assert holds(desk, TODAY) == [(3, 4)]


@pytest.mark.parametrize("first", [0, 1])
def test_two_desks_that_publish_at_once_agree_afterwards(meeting: Meeting, desk: Desk, first: int) -> None:
    other = meeting.desk("Annex", "manager", kind="all")
    desks = [desk, other]
    publishes(desk, valid_from=date(2026, 1, 1))
    meeting.meet(desks)
    for one, amount in zip(desks, (50_000, 60_000), strict=True):
        publishes(one, valid_from=TODAY, amount=amount)
        assert holds(one, TODAY) == [(2, amount)]
        assert publishes(one, valid_from=TODAY + 5 * DAY, amount=70_000) == 1
    meeting.meet(desks[::-1] if first else desks)
    assert holds(desk, TODAY) == holds(other, TODAY) and len(holds(desk, TODAY)) == 1
    assert holds(desk, TODAY + 5 * DAY) == holds(other, TODAY + 5 * DAY) == [(3, 70_000)]
    same: list[Callable[[Any], Any]] = [lambda r: [row.id for row in editions(r, Price)]] * 2
    assert desk.ask(same[0]) == other.ask(same[1]) and len(desk.ask(same[0])) == 4


def test_a_medicine_keeps_its_stock_over_its_versions(desk: Desk) -> None:
    publish = partial(stock.publish_items)
    assert desk.do(partial(publish, items=[{**MEDICINE, "valid_from": date(2026, 1, 1)}])) == 1
    (first,) = desk.ask(partial(find_items, typed="amox"))
    newer = {**MEDICINE, "display": "amoxicillin trihydrate", "gtin": "02000000000015", "valid_from": TODAY + DAY}
    assert desk.do(partial(publish, items=[newer])) == 1
    assert desk.ask(partial(item, id=first.id)) == first and desk.ask(partial(find_items, typed="trihydrate")) == []
    assert isinstance(desk.clock, SetClock)
    desk.clock.ms += 86_400_000
    (second,) = desk.ask(partial(find_items, typed="trihydrate"))
    assert (second.id, second.version) == (first.id, 2) and second.edition != first.edition
    assert desk.ask(partial(item, id=first.id, edition=first.edition)) == first
    for gtin in (MEDICINE["gtin"], newer["gtin"]):
        assert desk.ask(partial(find_by_gtin, gtin=gtin)) == second, "a pack of before is still that medicine"
    with pytest.raises(Refused, match="counted in capsules"):
        desk.do(partial(publish, items=[{**newer, "unit": "tablet", "valid_from": TODAY + 2 * DAY}]))
    off = {**newer, "active": False, "valid_from": TODAY + DAY}
    assert desk.do(partial(publish, items=[off])) == 1
    assert desk.ask(partial(find_items, typed="amox")) == [] and desk.ask(partial(item, id=first.id)).version == 3

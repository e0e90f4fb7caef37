# SPDX-License-Identifier: Apache-2.0
"""The first to expire leaves first, nothing unusable leaves, and a scanned pack is read by GS1's own rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.clinic.inventory.rules import (
    BATCH_MEETS,
    BATCH_STATES,
    PackCode,
    Shelf,
    allocate,
    gtin_is_right,
    may_become,
    outlasts,
    read_pack,
    stock_subject,
    why_not,
)
from hms_desktop.core.errors import BadInput

TODAY = date(2026, 11, 23)
shelf = st.builds(
    Shelf,
    batch=st.uuids(version=4),
    lot=st.text("ABC123", min_size=1, max_size=4),
    expires=st.dates(TODAY - timedelta(30), TODAY + timedelta(400)),
    state=st.sampled_from(BATCH_STATES),
    free=st.decimals(0, 200, places=1),
)


@given(st.lists(shelf, max_size=8), st.decimals("0.1", 500, places=1))
def test_only_usable_stock_is_picked_and_never_more_than_there_is(shelves: list[Shelf], wanted: Decimal) -> None:
    picks, short = allocate(shelves, wanted, TODAY)
    held = {s.batch: s for s in shelves}
    assert sum((p.quantity for p in picks), Decimal(0)) + short == wanted
    for pick in picks:
        assert 0 < pick.quantity <= held[pick.batch].free
        assert why_not(held[pick.batch], TODAY) is None
    days = [held[p.batch].expires for p in picks]
    assert days == sorted(days)
    if short > 0:
        usable = sum((s.free for s in shelves if why_not(s, TODAY) is None), Decimal(0))
        assert wanted - short == usable


def test_a_batch_is_good_through_its_last_day() -> None:
    last = Shelf(UUID(int=1), "L1", TODAY, "usable", Decimal(5))
    assert why_not(last, TODAY) is None
    assert "expired" in str(why_not(last, TODAY + timedelta(1)))
    assert "on hold" in str(why_not(Shelf(UUID(int=1), "L1", TODAY, "on-hold", Decimal(5)), TODAY))
    assert "recalled" in str(why_not(Shelf(UUID(int=1), "L1", TODAY, "recalled", Decimal(5)), TODAY))


@pytest.mark.hazard("H28")
def test_every_pair_of_batch_states_has_a_rule_and_the_safer_one_wins() -> None:
    assert {frozenset(pair) for pair in combinations(BATCH_STATES, 2)} == set(BATCH_MEETS)
    order = {state: place for place, state in enumerate(BATCH_STATES)}
    for pair, wins in BATCH_MEETS.items():
        assert wins == max(pair, key=lambda state: order[state])
    assert may_become("on-hold", "usable") and not may_become("recalled", "usable")


def test_a_treatment_outlasts_a_batch() -> None:
    assert not outlasts(TODAY + timedelta(6), TODAY, 7)
    assert outlasts(TODAY + timedelta(5), TODAY, 7)


GTIN = "06001234567899"


def test_packs_are_read_in_every_way_a_scanner_sends_them() -> None:
    told = PackCode(GTIN, date(2027, 2, 28), "HC0873", "S1")
    assert read_pack(f"(01){GTIN}(17)270200(10)HC0873(21)S1") == told
    assert read_pack(f"]d201{GTIN}1727020010HC0873\x1d21S1") == told
    assert read_pack(f"01{GTIN}21S1\x1d1727022810HC0873") == told
    assert read_pack(f"01{GTIN}") == PackCode(GTIN)


def test_a_broken_pack_code_is_named() -> None:
    for broken in ("hello", "(01)06001234567890", f"01{GTIN}17279901", "(01"):
        with pytest.raises(BadInput):
            read_pack(broken)
    assert gtin_is_right(GTIN) and not gtin_is_right("1234") and not gtin_is_right("0600123456789X")


def test_stock_is_lent_by_batch_and_place() -> None:
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    assert stock_subject(a, b) == stock_subject(a, b) != stock_subject(a, c)

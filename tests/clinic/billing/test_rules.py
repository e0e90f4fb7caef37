# SPDX-License-Identifier: Apache-2.0
"""Money is exact: parts add up to the cent, prices hold by day, tenders fall where they are owed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.clinic.billing.rules import (
    CARD,
    CASH,
    CREDIT,
    Due,
    PriceRow,
    Tender,
    Terms,
    Work,
    fall,
    line_amount,
    price_on,
    split_lines,
)
from hms_desktop.core.errors import BadInput

COVER = UUID(int=1)
amounts = st.integers(0, 10_000_000)
codes = st.sampled_from(["VISIT", "LAB", "MED", "ECG"])
lines = st.lists(st.builds(Work, codes, amounts), max_size=8)
terms = st.builds(
    Terms,
    coverage=st.just(COVER),
    payer=st.just("Protea"),
    patient_percent=st.decimals(0, 100, places=3),
    copay=st.integers(0, 50_000),
    deductible_left=st.integers(0, 200_000),
    cap_left=st.none() | st.integers(0, 500_000),
    excluded=st.frozensets(codes, max_size=2),
    package=st.frozensets(codes, max_size=1),
)


@given(lines, st.lists(terms, max_size=3))
def test_parts_always_add_up_and_are_never_below_zero(bill: list[Work], covers: list[Terms]) -> None:
    for (_code, amount, _source), split in zip(bill, split_lines(bill, covers), strict=True):
        assert split.patient + split.payers == amount
        assert split.patient >= 0
        assert all(part.amount >= 0 and part.deductible >= 0 for part in split.parts)


@given(lines, terms)
def test_deductible_copay_and_cap_are_used_once_over_the_whole_bill(bill: list[Work], cover: Terms) -> None:
    splits = split_lines(bill, [cover])
    paid = sum(split.payers for split in splits)
    assert sum(split.parts[0].deductible for split in splits) <= cover.deductible_left
    assert cover.cap_left is None or paid <= cover.cap_left
    for (code, amount, _source), split in zip(bill, splits, strict=True):
        if code in cover.excluded:
            assert split.patient == amount


def test_the_order_is_deductible_then_copay_then_percent() -> None:
    cover = Terms(COVER, "Protea", Decimal(20), copay=1000, deductible_left=2500)
    first, second = split_lines([Work("VISIT", 10_000), Work("LAB", 333)], [cover])
    assert (first.patient, first.payers) == (2500 + 1000 + 1300, 5200)
    assert (second.patient, second.payers) == (67, 266)


def test_a_second_payer_sees_what_the_first_left() -> None:
    first = Terms(COVER, "Protea", Decimal(50))
    second = Terms(UUID(int=2), "Ubuntu", Decimal(0), cap_left=3000)
    (split,) = split_lines([Work("VISIT", 10_000)], [first, second])
    assert [part.amount for part in split.parts] == [5000, 3000]
    assert split.patient == 2000


def test_a_package_pays_whole_and_an_exclusion_pays_nothing() -> None:
    cover = Terms(COVER, "Protea", Decimal(20), copay=500, excluded=frozenset({"CUFF"}), package=frozenset({"ANC"}))
    package, excluded = split_lines([Work("ANC", 9000), Work("CUFF", 34_900)], [cover])
    assert (package.patient, package.cover) == (0, "covered")
    assert (excluded.payers, excluded.cover) == (0, "not-covered")


def test_a_package_and_an_exclusion_can_name_everything_from_a_source() -> None:
    cover = Terms(
        COVER, "Protea", Decimal(20), excluded=frozenset({"kind:dispense"}), package=frozenset({"kind:encounter"})
    )
    bill = [Work("AMX", 1000, "dispense"), Work("VISIT", 9000, "encounter"), Work("AMX", 1000, "charge")]
    assert [split.patient for split in split_lines(bill, [cover])] == [1000, 0, 200]


def test_half_a_cent_goes_up() -> None:
    assert line_amount(62, Decimal("28")) == 1736
    assert line_amount(1, Decimal("0.5")) == 1
    assert line_amount(3, Decimal("0.5")) == 2


def test_a_price_holds_on_its_days_and_the_payers_own_comes_first() -> None:
    old = PriceRow(uuid4(), "VISIT", "Visit", 40_000, date(2025, 1, 1), date(2026, 6, 30))
    new = PriceRow(uuid4(), "VISIT", "Visit", 42_000, date(2026, 7, 1))
    own = PriceRow(uuid4(), "VISIT", "Visit", 39_000, date(2026, 7, 1), payer="Protea")
    listed = [new, own, old]
    assert price_on(listed, "VISIT", date(2026, 6, 30), "Protea") == old
    assert price_on(listed, "VISIT", date(2026, 7, 1), "Protea") == own
    assert price_on(listed, "VISIT", date(2026, 7, 1), "Other") == new
    assert price_on(listed, "VISIT", date(2024, 1, 1), None) is None
    assert price_on(listed, "ECG", date(2026, 7, 1), None) is None


tenders = st.lists(st.builds(Tender, st.sampled_from([CASH, CARD, "mobile"]), st.integers(1, 500_000)), max_size=4)


@given(tenders, st.lists(st.integers(1, 300_000), min_size=1, max_size=4))
def test_every_cent_given_is_paid_kept_or_given_back(given_money: list[Tender], owed: list[int]) -> None:
    dues = [Due(UUID(int=n), amount) for n, amount in enumerate(owed, 1)]
    try:
        pieces = fall(given_money, dues)
    except BadInput:
        assert sum(t.given for t in given_money) > sum(owed)
        return
    change = sum(piece.change or 0 for piece in pieces)
    assert sum(piece.amount for piece in pieces) + change == sum(t.given for t in given_money)
    for due in dues:
        assert sum(p.amount for p in pieces if p.invoice == due.invoice) <= due.amount


def test_cash_gives_change_and_other_money_becomes_credit() -> None:
    (cash,) = fall([Tender(CASH, 80_000)], [Due(COVER, 71_400)])
    assert (cash.amount, cash.tendered, cash.change) == (71_400, 80_000, 8600)
    card, credit = fall([Tender(CARD, 80_000, "slip 1")], [Due(COVER, 71_400)])
    assert (card.amount, credit.invoice, credit.amount) == (71_400, None, 8600)
    kept = fall([Tender(CASH, 80_000)], [Due(COVER, 71_400)], keep=True)
    assert [p.amount for p in kept] == [71_400, 8600] and kept[0].change == 0


def test_several_tenders_pay_several_invoices_in_order() -> None:
    pieces = fall([Tender(CARD, 500, "a"), Tender(CASH, 1000)], [Due(UUID(int=1), 300), Due(UUID(int=2), 900)])
    assert [(p.invoice.int if p.invoice else 0, p.way, p.amount) for p in pieces] == [
        (1, CARD, 300),
        (2, CARD, 200),
        (2, CASH, 700),
    ]
    assert pieces[2].change == 300


def test_money_that_makes_no_sense_is_refused() -> None:
    for tender, due in ((Tender(CASH, 0), 100), (Tender("shells", 5), 100), (Tender(CREDIT, 200), 100)):
        with pytest.raises(BadInput):
            fall([tender], [Due(COVER, due)])
    with pytest.raises(BadInput, match="Nothing is due"):
        fall([Tender(CASH, 100)], [Due(COVER, 0)])

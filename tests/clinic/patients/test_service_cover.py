# SPDX-License-Identifier: Apache-2.0
"""Who pays a part: recorded on all its terms, refused field by field, corrected with a reason that stays readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.patients import queries, service_cover
from hms_desktop.clinic.patients.queries_history import versions
from hms_desktop.clinic.patients.rules_cover import CoverTerms, kind_word, last_day, period_word, same_period
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.money import Money
from tests.clinic.patients.people import AMARA, register
from tests.desk import Desk

WHOLE = CoverTerms(
    payer="Riverbend Scheme", patient_share_percent=Decimal("12.5"), plan="Gold", member_id="M1",
    valid_from="2026-01-01", valid_to="2026-12-31", copay=8000, deductible=50_000, deductible_period="year",
    cap=300_000, cap_period="month", excluded=("CUFF", "kind:procedure"), package=("VISIT",),
)  # fmt: skip


def record(desk: Desk, patient: UUID, terms: CoverTerms) -> UUID:
    """Write a cover down."""
    return desk.do(partial(service_cover.record_coverage, patient=patient, terms=terms))


def held(desk: Desk, patient: UUID) -> tuple[queries.Cover, ...]:
    """The covers of a patient."""
    return desk.ask(lambda r: queries.covers(r, [patient]))


def test_every_term_is_kept_and_a_cover_ends_with_a_reason(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    second = record(desk, patient, CoverTerms(payer=" Top-up ", patient_share_percent=Decimal(0), order=2))
    first = record(desk, patient, WHOLE)
    one, two = held(desk, patient)
    assert (one.id, two.id, two.payer) == (first, second, "Top-up")
    assert {name: getattr(one, name) for name in WHOLE.__dataclass_fields__} == WHOLE.__dict__
    desk.do(partial(service_cover.end_coverage, coverage=second, reason="Left the scheme"))
    assert [cover.id for cover in held(desk, patient)] == [first]
    with pytest.raises(Refused, match="Top-up was ended"):
        desk.do(partial(service_cover.change_coverage, coverage=second, terms=WHOLE, reason="x"))


@pytest.mark.parametrize(("field", "wrong"), [
    ("payer", {"payer": " "}),
    ("patient_share_percent", {"patient_share_percent": Decimal(101)}),
    ("copay", {"copay": -1}),
    ("deductible", {"deductible": 0}),
    ("cap", {"cap": 0}),
    ("deductible_period", {"deductible_period": "week"}),
    ("order", {"order": 0}),
    ("order", {"order": 2}),
    ("valid_to", {"valid_to": "2025"}),
    ("package", {"package": ("kind:procedure",)}),
])  # fmt: skip
def test_what_can_not_be_meant_is_named_at_its_field(desk: Desk, field: str, wrong: dict[str, Any]) -> None:
    patient = register(desk, **AMARA)
    record(desk, patient, CoverTerms(payer="Top-up", patient_share_percent=Decimal(0), order=2))
    with pytest.raises(BadInput) as refused:
        record(desk, patient, replace(WHOLE, **wrong))
    assert refused.value.field == field and len(held(desk, patient)) == 1


def test_two_covers_may_have_one_number_at_different_times(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    record(desk, patient, replace(WHOLE, valid_from=None, valid_to="2025-12"))
    record(desk, patient, WHOLE)
    with pytest.raises(BadInput, match="Riverbend Scheme pays as number 1 already"):
        record(desk, patient, replace(WHOLE, valid_from="2026-12-31", valid_to=None))


def test_a_correction_asks_why_and_its_history_is_in_words(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    cover = record(desk, patient, WHOLE)
    anew = replace(WHOLE, cap=250_000, cap_period="cover", deductible=None, excluded=("kind:dispense",))
    correct = partial(service_cover.change_coverage, coverage=cover)
    with pytest.raises(BadInput, match="Say why"):
        desk.do(partial(correct, terms=anew, reason=" "))
    with pytest.raises(BadInput, match="Nothing is changed"):
        desk.do(partial(correct, terms=WHOLE, reason="Letter"))
    assert not held(desk, patient)[0].amended
    desk.do(partial(correct, terms=anew, reason="Letter of 3 May"))
    (one,) = held(desk, patient)
    assert one.amended and one.deductible_period is None and one.excluded == ("kind:dispense",)
    told = {
        row.field: (row.before, row.after, row.why) for row in desk.ask(partial(versions, patient=patient)) if row.why
    }
    why = "Letter of 3 May"
    assert told["cap"] == (str(Money(300_000, "ZAR")), str(Money(250_000, "ZAR")), why)
    assert told["cap_period"] == ("a month", "in all", why)
    assert told["deductible"] == ("ZAR 500.00", None, why)
    assert told["excluded"] == ("CUFF, All procedures", "All medicines", why)


@pytest.mark.parametrize(("period", "counts"), [
    (None, (True, True, False)), ("year", (True, True, False)), ("month", (True, False, False)),
    ("invoice", (False, False, False)), ("cover", (True, True, True)),
])  # fmt: skip
def test_what_was_paid_counts_for_its_period(period: str | None, counts: tuple[bool, ...]) -> None:
    days = (date(2026, 11, 1), date(2026, 1, 31), date(2025, 11, 23))
    assert tuple(same_period(period, day, date(2026, 11, 23)) for day in days) == counts
    assert period_word(period) == period_word(period or "year")


def test_a_day_that_is_known_in_part_ends_with_it() -> None:
    assert [str(last_day(known)) for known in ("2026", "2026-02", "2026-12", "2026-11-05")] == [
        "2026-12-31", "2026-02-28", "2026-12-31", "2026-11-05",
    ]  # fmt: skip


def test_an_unknown_kind_is_named_as_it_is() -> None:
    assert kind_word("scan") == "scan"

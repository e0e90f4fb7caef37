# SPDX-License-Identifier: Apache-2.0
"""Allergies: exactly four states, an entry outranks a statement, worst first, asked again in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hms_desktop.clinic.ehr.rules_allergies import (
    REVERIFY_DAYS,
    REVIEWS,
    STATES,
    AllergyFacts,
    asks_again,
    chart_state,
    reviewed,
    stands,
    worst_first,
)
from hms_desktop.core.errors import Refused

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def entry(substance: str = "Penicillin", *, id: UUID | None = None, **values: object) -> AllergyFacts:
    made = AllergyFacts(id or uuid4(), substance, None, "allergy", None, None, "active", "confirmed", NOW)
    return replace(made, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entries", "asked", "held", "state"),
    [
        ([], None, True, "not-recorded"),
        ([], NOW, True, "none"),
        ([entry()], None, True, "known"),
        ([entry()], NOW, True, "known"),
        ([entry(verification_status="unconfirmed")], NOW, True, "known"),
        ([entry(verification_status="refuted", clinical_status="inactive")], NOW, True, "none"),
        ([entry(verification_status="entered-in-error", clinical_status="inactive")], None, True, "not-recorded"),
        ([entry(clinical_status="resolved")], None, True, "not-recorded"),
        ([entry(clinical_status="resolved", contested=True)], None, True, "known"),
        ([entry()], NOW, False, "unavailable"),
    ],
)
def test_a_chart_is_in_one_of_four_states(
    entries: list[AllergyFacts], asked: datetime | None, held: bool, state: str
) -> None:
    assert chart_state(entries, asked, held) == state
    assert state in STATES and len(STATES) == 4


def test_the_worst_stands_first() -> None:
    order = worst_first(
        [
            entry("Latex", criticality="low"),
            entry("Aspirin"),
            entry("Bee venom", criticality="high"),
            entry("Egg", verification_status="unconfirmed"),
            entry("Old", clinical_status="resolved"),
        ]
    )
    assert [e.substance for e in order] == ["Bee venom", "Aspirin", "Egg", "Latex"]


def test_an_old_list_asks_to_be_gone_through_again() -> None:
    old = NOW - timedelta(days=REVERIFY_DAYS + 1)
    assert asks_again([entry(checked_at=old)], None, NOW)
    assert asks_again([entry(checked_at=None)], None, NOW)
    assert not asks_again([entry(checked_at=NOW - timedelta(days=REVERIFY_DAYS - 1))], old, NOW)
    assert asks_again([], old, NOW)
    assert not asks_again([], None, NOW)


@pytest.mark.parametrize("review", REVIEWS)
def test_each_review_leads_to_its_states(review: str) -> None:
    clinical, verification = reviewed(entry(), review, "told by the patient's own doctor")
    after = entry(clinical_status=clinical, verification_status=verification)
    assert stands(after) == (review in ("confirm", "reactivate"))


@pytest.mark.parametrize("review", ["refute", "mistake", "resolve", "deactivate"])
def test_taking_an_allergy_away_needs_a_reason(review: str) -> None:
    with pytest.raises(Refused, match="Say why the allergy to Penicillin"):
        reviewed(entry(), review, "  ")


def test_a_mistake_stays_a_mistake() -> None:
    with pytest.raises(Refused, match="marked as a mistake"):
        reviewed(entry(verification_status="entered-in-error"), "reactivate", "again")

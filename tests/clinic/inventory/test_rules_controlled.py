# SPDX-License-Identifier: Apache-2.0
"""Words that name a controlled medicine."""

from __future__ import annotations

import pytest

from hms_desktop.clinic.inventory.rules_controlled import controlled_alone, names_one

LISTED = [
    ("morphine", "Schedule 6"), ("codeine; paracetamol", "Schedule 5"), ("paracetamol", None),
    ("Methylphenidate hydrochloride", "Schedule 6"), ("", "Schedule 6"),
]  # fmt: skip


def test_what_is_also_free_is_not_what_makes_a_medicine_controlled() -> None:
    assert controlled_alone(LISTED) == {"morphine", "codeine", "methylphenidate hydrochloride"}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Morphine 10 mg tablet", True),
        ("codeine/paracetamol 8/500", True),
        ("methylphenidate  HYDROCHLORIDE 10", True),
        ("methylphenidate", False),
        ("paracetamol 500 mg", False),
        ("apomorphine", False),
        ("", False),
    ],
)
def test_ingredients_are_found_as_whole_words(words: str, named: bool) -> None:
    assert names_one(words, controlled_alone(LISTED)) is named

# SPDX-License-Identifier: Apache-2.0
"""Ids never go back and never meet by chance; a mistyped human number is told."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.core.ids import (
    CODE_ALPHABET,
    IdSource,
    author_code,
    human_number,
    is_human_number,
    named_id,
    rule_id,
)

SOURCE = UUID(int=77)


def test_ids_are_version_7_and_grow_even_when_the_clock_goes_back() -> None:
    times = iter([5000, 5000, 4000, 6000])
    source = IdSource(lambda: next(times), lambda count: b"\x10" * count)
    made = [source.new() for _ in range(4)]
    assert made == sorted(made) and len(set(made)) == 4
    assert {id.version for id in made} == {7} and made[0].int >> 80 == 5000


def test_the_same_rule_makes_the_same_id_and_another_makes_another() -> None:
    same = rule_id(SOURCE, "charge")
    assert same == rule_id(SOURCE, "charge", 0) and same.version == 5
    assert len({same, rule_id(SOURCE, "charge", 1), rule_id(SOURCE, "stock"), rule_id(UUID(int=78), "charge")}) == 4
    assert named_id("patient", "a", "bc") != named_id("patient", "ab", "c")


@given(st.integers(0, 16383), st.integers(1, 99_999), st.data())
def test_every_single_wrong_character_and_swap_is_found(author: int, counter: int, data: st.DataObject) -> None:
    number = human_number("MRN", author, counter)
    assert is_human_number(number, "MRN") and is_human_number(number.lower()) and not is_human_number(number, "INV")
    places = [at for at, character in enumerate(number) if character != "-"]
    at = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ").filter(lambda c: c != number[at]))
    assert not is_human_number(number[:at] + wrong + number[at + 1 :])


@pytest.mark.parametrize("text", ["", "MRN", "MRN-0A1-00771", "MRN-0A1-00771-K-X", "---", "MRN-0A!-00771-K"])
def test_what_is_no_human_number_is_not_taken_for_one(text: str) -> None:
    assert not is_human_number(text)


def test_author_codes_are_three_characters_without_look_alikes() -> None:
    codes = {author_code(number) for number in range(16384)}
    assert len(codes) == 16384 and not set("".join(codes)) - set(CODE_ALPHABET)
    assert not set("ILOU") & set(CODE_ALPHABET)

# SPDX-License-Identifier: Apache-2.0
"""Identifiers are checked at entry: shape, check digit, and in words what to do."""

from __future__ import annotations

import pytest

from hms_desktop.clinic.patients.identifiers import (
    SYSTEMS,
    check_identifier,
    looks_like_record_number,
    luhn,
    nhs_number,
    squeeze,
    system_name,
)
from hms_desktop.core.errors import BadInput
from hms_desktop.core.ids import human_number


def test_examples_are_sound_and_every_system_has_a_word() -> None:
    for code, system in SYSTEMS.items():
        assert check_identifier(code, system.example) == squeeze(system.example)
        assert system_name(code) != code


@pytest.mark.parametrize("system", ["za-id", "nhs"])
def test_one_wrong_digit_is_found(system: str) -> None:
    right = SYSTEMS[system].example
    for place in range(len(right)):
        wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
        with pytest.raises(BadInput, match="check digit"):
            check_identifier(system, wrong)


def test_spaces_dashes_and_case_do_not_matter() -> None:
    assert check_identifier("passport", " a 123-45678 ") == "A12345678"
    assert check_identifier("nhs", "943 476 5919") == "9434765919"


@pytest.mark.parametrize(("system", "value"), [("za-id", "123"), ("passport", "!!"), ("nhs", "abc"), ("insurer", "")])
def test_a_wrong_shape_names_system_and_example(system: str, value: str) -> None:
    with pytest.raises(BadInput, match=SYSTEMS[system].example) as fault:
        check_identifier(system, value)
    assert fault.value.field == "value"


def test_an_imported_system_takes_any_value_within_bounds() -> None:
    assert check_identifier("http://other.example", " x/1 ") == "x/1"
    assert system_name("http://other.example") == "http://other.example"
    for wrong in ("", "x" * 101):
        with pytest.raises(BadInput):
            check_identifier("http://other.example", wrong)


def test_check_digits() -> None:
    assert luhn("8001015009087") and not luhn("8001015009086") and not luhn("")
    assert nhs_number("9434765919") and not nhs_number("9434765918")


def test_a_record_number_is_known_by_its_check_character() -> None:
    number = human_number("MRN", 1, 42)
    assert looks_like_record_number(number) and looks_like_record_number(number.lower())
    assert not looks_like_record_number(number[:-1] + ("0" if number[-1] != "0" else "1"))
    assert not looks_like_record_number("Okonkwo")

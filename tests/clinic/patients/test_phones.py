# SPDX-License-Identifier: Apache-2.0
"""Telephones are kept as E.164, shown as people say them, and searched by their end."""

from __future__ import annotations

import pytest

from hms_desktop.clinic.patients.phones import digits, keep_phone, parse_phone, phone_key, region_of, show_phone
from hms_desktop.core.errors import BadInput


@pytest.mark.parametrize("typed", ["082 555 0147", "0825550147", "+27 82 555 0147", "(082) 555-0147", "0027825550147"])
def test_a_number_is_kept_in_one_form(typed: str) -> None:
    assert parse_phone(typed, "ZA") == "+27825550147"


def test_a_number_from_abroad_keeps_its_country() -> None:
    kept = parse_phone("+44 20 7946 0958", "ZA")
    assert kept == "+442079460958"
    assert show_phone(kept, "ZA") == "+44 20 7946 0958"
    assert show_phone("+27825550147", "ZA") == "082 555 0147"


@pytest.mark.parametrize("typed", ["12", "hello", "", "0825550147012345678"])
def test_what_is_not_a_number_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as fault:
        parse_phone(typed, "ZA")
    assert fault.value.field == "phone"


def test_an_imported_number_is_kept_as_it_came() -> None:
    assert keep_phone("ask at ward 3", "ZA") == "ask at ward 3"
    assert show_phone("ask at ward 3", "ZA") == "ask at ward 3"
    assert keep_phone("555-123-4567", "US") == "+15551234567"


def test_the_key_is_the_number_reversed() -> None:
    assert phone_key("+27825550147") == "74105552872"
    assert phone_key("123") is None
    assert digits("+27 (82)") == "2782"


def test_the_region_follows_the_clinic_zone() -> None:
    assert region_of("Africa/Johannesburg") == "ZA"
    assert region_of("UTC") == ""

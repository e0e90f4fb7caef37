# SPDX-License-Identifier: Apache-2.0
"""Vital signs: what is refused, what needs a second look, how an age changes the judgement."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hms_desktop.clinic.ehr.rules_vitals import (
    SIGNS,
    YEAR,
    body_mass_index,
    implausible,
    judged,
    range_at,
    refuse_impossible,
    sign_name,
    sign_of,
)
from hms_desktop.core.errors import BadInput

ADULT = 40 * YEAR


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("weight", "1001"),
        ("weight", "0.1"),
        ("temperature", "19"),
        ("temperature", "367"),
        ("oxygen", "101"),
        ("pulse", "5"),
        ("systolic", "400"),
        ("height", "1.7"),
        ("glucose", "0"),
    ],
)
def test_the_impossible_is_refused_with_its_field(key: str, value: str) -> None:
    readings = {key: Decimal(value), **({"diastolic": Decimal(80)} if key == "systolic" else {})}
    with pytest.raises(BadInput, match="not possible") as error:
        refuse_impossible(readings)
    assert error.value.field == key


@pytest.mark.parametrize("key", SIGNS)
def test_the_limits_themselves_are_possible(key: str) -> None:
    low, high = SIGNS[key].possible
    other = {"systolic": {"diastolic": Decimal(15)}, "diastolic": {"systolic": Decimal(300)}}.get(key, {})
    refuse_impossible({key: high if key != "diastolic" else Decimal(200), **other})
    refuse_impossible({key: low, **other})
    for beyond in (low - Decimal("0.1"), high + Decimal("0.1")):
        with pytest.raises(BadInput, match="is not possible") as refused:
            refuse_impossible({key: beyond, **other})
        assert refused.value.field == key


def test_a_pressure_has_two_numbers_in_order() -> None:
    with pytest.raises(BadInput) as alone:
        refuse_impossible({"systolic": Decimal(120)})
    assert alone.value.field == "diastolic"
    with pytest.raises(BadInput, match="below the systolic"):
        refuse_impossible({"systolic": Decimal(80), "diastolic": Decimal(80)})


def test_the_unusual_asks_for_a_second_look() -> None:
    assert "835" in implausible({"weight": Decimal(835)}, ADULT)["weight"]
    assert implausible({"weight": Decimal("83.5"), "pulse": Decimal(78)}, ADULT) == {}
    assert set(implausible({"weight": Decimal(12)}, 30)) == set()
    assert set(implausible({"weight": Decimal(40)}, 30)) == {"weight"}


@pytest.mark.parametrize(
    ("key", "value", "age", "flag"),
    [
        ("systolic", "146", ADULT, "H"),
        ("systolic", "139", ADULT, ""),
        ("diastolic", "88", ADULT, ""),
        ("pulse", "130", ADULT, "H"),
        ("pulse", "130", 2 * YEAR, ""),
        ("pulse", "130", 20, ""),
        ("pulse", "90", 20, "L"),
        ("temperature", "38.0", ADULT, "H"),
        ("oxygen", "94", ADULT, "L"),
        ("weight", "83.5", ADULT, ""),
        ("systolic", "146", None, "H"),
    ],
)
def test_a_value_is_judged_by_age(key: str, value: str, age: int | None, flag: str) -> None:
    assert judged(key, Decimal(value), age) == flag


def test_every_sign_has_limits_for_every_age_and_a_name() -> None:
    for key, sign in SIGNS.items():
        assert sign_name(key)
        assert sign_of(sign.code) is sign
        assert range_at(sign.likely, 0) is not None
        starts = [band.from_days for band in sign.likely]
        assert starts == sorted(starts)
    assert sign_of("99999-9") is None


def test_body_mass_index_is_weight_over_height_squared() -> None:
    assert body_mass_index(Decimal("83.5"), Decimal("164")) == Decimal("31.0")
    assert body_mass_index(Decimal("70"), Decimal("175")) == Decimal("22.9")

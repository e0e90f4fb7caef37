# SPDX-License-Identifier: Apache-2.0
"""Rules of the bench: specimen states, ranges by sex and age, flags, scans, tubes, verification."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.clinic.lab.catalogue import read_catalogue, shipped_catalogue
from hms_desktop.clinic.lab.model import Specimen
from hms_desktop.clinic.lab.rules import SPECIMEN_PAIRS, SPECIMEN_STEPS
from hms_desktop.clinic.lab.rules_results import (
    MEDICAL,
    TECHNICAL,
    Before,
    Limits,
    Range,
    Standing,
    judge,
    may_verify,
    range_for,
    read_back_matches,
    read_ranges,
    refuse_absurd,
    refuse_bulk,
    rounded,
    what_holds,
)
from hms_desktop.clinic.lab.rules_specimens import (
    ToCollect,
    fewest_tubes,
    plain_code,
    read_scan,
    refuse_receipt,
    reject_reasons,
    require_reason,
    require_same_label,
    require_same_patient,
    require_two_identifiers,
    scan_words,
)
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import human_number

NOW = datetime(2026, 11, 23, 9, 47, tzinfo=UTC)
YEAR = 365


def limits(code: str) -> Limits:
    test = next(t for t in shipped_catalogue() if t["code"] == code)
    return Limits(
        code,
        test["display"],
        test["unit"],
        test["decimals"],
        read_ranges(test["ranges"]),
        test["critical_low"],
        test["critical_high"],
        test["absurd_low"],
        test["absurd_high"],
        test["delta"],
        test["delta_hours"],
    )


def test_every_pair_of_specimen_states_is_decided() -> None:
    assert set(SPECIMEN_PAIRS) == {frozenset(pair) for pair in combinations(SPECIMEN_STEPS, 2)}
    assert Specimen.spec.groups["state"].policy.wins == SPECIMEN_PAIRS
    assert Specimen.spec.choices["status"] == set(SPECIMEN_STEPS)
    assert SPECIMEN_PAIRS[frozenset({"collected", "available"})] == "available"
    assert SPECIMEN_PAIRS[frozenset({"available", "unsatisfactory"})] is None
    assert all(target in SPECIMEN_STEPS for targets in SPECIMEN_STEPS.values() for target in targets)


@pytest.mark.parametrize(
    ("code", "sex", "days", "low", "high"),
    [
        ("K", "female", 47 * YEAR, "3.5", "5.1"),
        ("K", "male", 10, "3.7", "5.9"),
        ("K", "unknown", 200, "4.1", "5.3"),
        ("CREA", "male", 66 * YEAR, "64", "104"),
        ("CREA", "female", 66 * YEAR, "49", "90"),
        ("CREA", "male", 400, "15", "37"),
        ("HGB", "female", 30 * YEAR, "12.0", "15.5"),
        ("HGB", "male", 30 * YEAR, "13.0", "17.0"),
        ("HGB", "male", 27, "13.5", "21.5"),
        ("HGB", "male", 28, "9.5", "14.0"),
        ("WBC", "other", 5 * YEAR, "5.0", "15.0"),
    ],
)
def test_the_range_is_that_of_sex_and_age(code: str, sex: str, days: int, low: str, high: str) -> None:
    found = range_for(limits(code).ranges, sex, days)
    assert found is not None and (found.low, found.high) == (Decimal(low), Decimal(high))


@pytest.mark.hazard("H39")
def test_an_unknown_sex_or_age_gets_no_range_that_depends_on_it() -> None:
    assert range_for(limits("CREA").ranges, "unknown", 40 * YEAR) is None
    assert range_for(limits("K").ranges, "female", None) is None
    whole = range_for(limits("CL").ranges, "unknown", None)
    assert whole is not None and whole.low == Decimal(98)


@pytest.mark.parametrize(
    ("value", "flag", "critical"),
    [
        ("7.1", "HH", True),
        ("6.2", "HH", True),
        ("6.1", "H", False),
        ("5.2", "H", False),
        ("5.1", "N", False),
        ("3.5", "N", False),
        ("3.4", "L", False),
        ("2.6", "L", False),
        ("2.5", "LL", True),
    ],
)
def test_potassium_is_flagged(value: str, flag: str, critical: bool) -> None:
    found = judge(limits("K"), Decimal(value), "female", 47 * YEAR, None, NOW)
    assert (found.flag, found.critical) == (flag, critical)


def test_without_a_range_there_is_no_flag_but_critical_still_counts() -> None:
    assert judge(limits("CREA"), Decimal(80), "unknown", 40 * YEAR, None, NOW).flag is None
    assert judge(limits("CREA"), Decimal(700), "unknown", 40 * YEAR, None, NOW).flag == "HH"


def test_a_change_beyond_the_delta_limit_in_time_is_marked() -> None:
    found = judge(limits("K"), Decimal("6.8"), "male", 66 * YEAR, Before(Decimal("4.6"), NOW - timedelta(days=6)), NOW)
    assert (found.change, found.delta_exceeded) == (Decimal("2.2"), True)
    late = Before(Decimal("4.6"), NOW - timedelta(days=8))
    assert not judge(limits("K"), Decimal("6.8"), "male", 66 * YEAR, late, NOW).delta_exceeded
    small = Before(Decimal("4.6"), NOW - timedelta(days=1))
    assert not judge(limits("K"), Decimal("5.5"), "male", 66 * YEAR, small, NOW).delta_exceeded


@pytest.mark.parametrize(("code", "value"), [("K", "71"), ("K", "0.9"), ("HGB", "135"), ("NA", "13.9")])
def test_an_absurd_value_is_refused_with_its_test(code: str, value: str) -> None:
    with pytest.raises(BadInput, match="Check the decimal mark") as error:
        refuse_absurd(limits(code), Decimal(value))
    assert error.value.field == code


@given(
    st.sampled_from(["K", "NA", "CREA", "HGB", "PLT", "TSH"]),
    st.decimals("0.01", "900", places=2),
    st.sampled_from(["female", "male", "other", "unknown"]),
    st.integers(0, 40_000),
)
def test_flags_never_contradict_the_range(code: str, value: Decimal, sex: str, days: int) -> None:
    test = limits(code)
    found = judge(test, value, sex, days, None, NOW)
    if found.flag == "N":
        assert found.reference is not None and not found.critical
        assert found.reference.low is None or value >= found.reference.low
        assert found.reference.high is None or value <= found.reference.high
    if found.critical:
        assert found.flag in ("LL", "HH")


def test_values_are_rounded_as_reported_and_read_back_exactly() -> None:
    assert rounded(limits("K"), Decimal("6.85")) == Decimal("6.9")
    assert rounded(limits("NA"), Decimal("131.4")) == Decimal("131")
    assert read_back_matches(Decimal("6.8"), Decimal("6.80"))
    assert not read_back_matches(Decimal("6.8"), Decimal("8.6"))


def test_the_shipped_catalogue_is_sound() -> None:
    tests = {t["code"]: t for t in shipped_catalogue()}
    assert {"K", "FBC", "UE", "HGB"} <= set(tests)
    for test in tests.values():
        if not test.get("members") and not test.get("answers"):
            assert test["loinc"] and test["unit"] and test["source"]
            spans = [(r["sex"], r["from_days"], r["to_days"]) for r in test["ranges"]]
            assert len(spans) == len(set(spans))
            assert all(Decimal(r["low"] or 0) < Decimal(r["high"] or 9999) for r in test["ranges"])
            low, high = test["critical_low"], test["critical_high"]
            assert (low is None or low >= test["absurd_low"]) and (high is None or high <= test["absurd_high"])


def test_a_catalogue_with_unknown_members_is_refused() -> None:
    panel = {"code": "P", "display": "P", "bench": "b", "specimen_type": "s", "container": "c", "members": ["X"]}
    with pytest.raises(ValueError, match="unknown tests: X"):
        read_catalogue({"version": 1, "valid_from": "2026-01-01", "source": "s", "test": [], "panel": [panel]})


def test_one_tube_serves_what_fits_in_it() -> None:
    a, b, c = uuid4(), uuid4(), uuid4()
    tubes = fewest_tubes([ToCollect(a, "gel", "serum"), ToCollect(b, "EDTA", "blood"), ToCollect(c, "gel", "serum")])
    assert [(t.container, t.orders) for t in tubes] == [("gel", (a, c)), ("EDTA", (b,))]


ACCESSION = human_number("ACC", 7, 42)


@pytest.mark.parametrize(
    ("scanned", "kind"),
    [
        (ACCESSION, "accession"),
        (f" {ACCESSION.lower()} ", "accession"),
        (ACCESSION.replace("-", ""), "accession"),
        (ACCESSION[:-1] + ("A" if ACCESSION[-1] != "A" else "B"), "mistyped"),
        (human_number("MRN", 7, 42), "patient"),
        (human_number("RCT", 7, 42), "other-series"),
        ("4006381333931", "product"),
        ("]d20104006381333931", "product"),
        ("LAB2-26-118204", "foreign"),
        ("  ", "empty"),
    ],
)
def test_a_scan_says_what_it_is(scanned: str, kind: str) -> None:
    found, code = read_scan(scanned)
    assert found == kind
    assert scan_words(found, code)
    assert code in scan_words(found, code) or kind == "empty"


@pytest.mark.hazard("H31")
@given(st.integers(0, 16_383), st.integers(1, 99_999), st.integers(0, 9), st.sampled_from("0123456789ACDFHJKMPRTWXY"))
def test_a_misread_character_never_finds_another_specimen(author: int, counter: int, place: int, wrong: str) -> None:
    number = human_number("ACC", author, counter)
    spots = [i for i, c in enumerate(number) if c != "-" and i > 3]
    spot = spots[place % len(spots)]
    misread = number[:spot] + wrong + number[spot + 1 :]
    assert misread == number or read_scan(misread)[0] != "accession"


def test_a_label_must_be_the_one_that_was_printed() -> None:
    require_same_label(ACCESSION, ACCESSION.lower())
    with pytest.raises(Refused, match="Stop: the tube carries"):
        require_same_label(ACCESSION, human_number("ACC", 7, 43))
    with pytest.raises(Refused, match="record number"):
        require_same_label(ACCESSION, human_number("MRN", 7, 43))
    assert plain_code(ACCESSION.replace("-", " ")) == ACCESSION


def test_another_patients_tube_stops() -> None:
    one, other = UUID(int=1), UUID(int=2)
    require_same_patient(one, one, ACCESSION)
    with pytest.raises(Refused, match="another patient"):
        require_same_patient(one, other, ACCESSION)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("available", "already received"),
        ("unsatisfactory", "Ask for a new specimen"),
        ("unavailable", "old label"),
        ("entered-in-error", "Scan the new label"),
    ],
)
def test_an_old_label_says_so(status: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        refuse_receipt(status, ACCESSION, "23-Nov-2026 09:12", "Haemolysed")
    refuse_receipt("collected", ACCESSION, "", "")


def test_two_identifiers_and_a_coded_reason_are_asked_for() -> None:
    assert require_two_identifiers(["born", "name"]) == "Full name, Birth date"
    for few in ([], ["name"], ["name", "name"], ["name", "shoe size"]):
        with pytest.raises(Refused, match="two identifiers"):
            require_two_identifiers(few)
    assert all(require_reason(code) == words for code, words in reject_reasons().items())
    with pytest.raises(BadInput):
        require_reason("")


def standing(**values: object) -> Standing:
    made = Standing(uuid4(), "Potassium", UUID(int=1), "N", False, False, True, None, None, False, False, True)
    return replace(made, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("result", "level", "person", "separate", "says"),
    [
        (standing(), TECHNICAL, 1, True, "entered Potassium yourself"),
        (standing(), MEDICAL, 2, True, "technically first"),
        (standing(technical_by=UUID(int=2)), TECHNICAL, 3, True, "already verified technically"),
        (standing(technical_by=UUID(int=2)), MEDICAL, 2, True, "verified Potassium technically"),
        (standing(technical_by=UUID(int=2)), MEDICAL, 1, True, "entered Potassium yourself"),
        (standing(technical_by=UUID(int=2), medical_by=UUID(int=3)), MEDICAL, 4, True, "already verified medically"),
        (standing(replaced=True), TECHNICAL, 2, False, "no longer stands"),
        (standing(voided=True), TECHNICAL, 2, False, "no longer stands"),
    ],
)
def test_who_may_not_verify(result: Standing, level: str, person: int, separate: bool, says: str) -> None:
    with pytest.raises(Refused, match=says):
        may_verify(result, level, UUID(int=person), separate)


def test_who_may_verify() -> None:
    def may(result: Standing, level: str, person: int, separate: bool) -> bool:
        try:
            may_verify(result, level, UUID(int=person), separate)
        except Refused:
            return False
        return True

    once, twice = standing(technical_by=UUID(int=2)), standing(technical_by=UUID(int=1))
    assert [may(standing(), TECHNICAL, person, True) for person in (1, 2)] == [False, True]
    assert [may(standing(), TECHNICAL, person, False) for person in (1, 2)] == [True, True]
    assert [may(once, MEDICAL, person, True) for person in (1, 2, 3)] == [False, False, True]
    assert [may(twice, MEDICAL, person, False) for person in (1, 2, 3)] == [True, True, True]


@pytest.mark.parametrize(
    "odd",
    [{"flag": "H"}, {"flag": None}, {"critical": True, "flag": "HH"}, {"delta_exceeded": True}, {"numeric": False}],
)
def test_only_normal_values_are_verified_together(odd: dict[str, object]) -> None:
    refuse_bulk([standing(), standing()])
    refuse_bulk([standing(**odd)])
    with pytest.raises(Refused, match="verify it by itself"):
        refuse_bulk([standing(), standing(**odd)])


def test_what_holds_a_report_is_said_in_order() -> None:
    done = {"technical_by": UUID(int=2), "medical_by": UUID(int=3)}
    assert "Still to enter: Urea" in (what_holds([standing(**done)], ["Urea"]) or "")
    assert "no result" in (what_holds([standing(replaced=True)], []) or "")
    assert "phone it" in (what_holds([standing(critical=True, call_done=False, **done)], []) or "")
    assert "technically" in (what_holds([standing()], []) or "")
    assert "medically" in (what_holds([standing(technical_by=UUID(int=2))], []) or "")
    assert what_holds([standing(**done), standing(replaced=True)], []) is None


def test_ranges_for_one_sex_come_before_those_for_any() -> None:
    ranges = read_ranges([{"sex": "", "low": "1", "high": "2"}, {"sex": "male", "low": "3", "high": "4"}])
    assert range_for(ranges, "male", 1) == Range("male", 0, None, Decimal(3), Decimal(4))
    assert range_for(ranges, "female", 1) == Range("", 0, None, Decimal(1), Decimal(2))

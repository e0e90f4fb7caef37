# SPDX-License-Identifier: Apache-2.0
"""The hazard log is readable, and no hazard is called controlled without a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hms_desktop.core.errors import Damaged
from sync_server.hazards import read_hazards
from tests.hazards import missing

TESTS = Path(__file__).resolve().parents[1]
MARK = re.compile(r"@pytest\.mark\.hazard\(([^)]*)\)")


def test_every_controlled_hazard_is_named_by_a_test() -> None:
    named = {
        name
        for file in TESTS.rglob("test_*.py")
        for marked in MARK.findall(file.read_text(encoding="utf-8"))
        for name in re.findall(r"H\d\d", marked)
    }
    assert len(read_hazards()) >= 50
    assert missing(read_hazards(), {name: {"marked": "passed"} for name in named}) == []


def test_a_claim_without_a_passing_test_is_named() -> None:
    hazards = read_hazards()
    passed = {hazard.id: {"a": "passed"} for hazard in hazards if hazard.controlled}
    assert missing(hazards, {**passed, "H02": {"a": "passed", "b": "failed"}})[0].startswith("H02")
    assert "no test names it" in missing(hazards, {k: v for k, v in passed.items() if k != "H07"})[0]
    assert missing(hazards, {**passed, "H99": {"a": "passed"}}) == ["H99 is named by a test and is not in the log"]


HEAD = "hazards:\n"
ENTRY = (
    f"{HEAD}  - {{id: H01, title: t, severity: major, likelihood: low, control: c, residual: low, state: controlled}}\n"
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (ENTRY.replace("title: t, ", ""), "H01 does not have the fields"),
        (ENTRY.replace("major", "huge"), "H01 has a severity"),
        (ENTRY.replace("controlled", "open"), "H01 has a severity"),
        (ENTRY + ENTRY.removeprefix(HEAD), "H01 more than once"),
    ],
)
def test_an_entry_that_does_not_fit_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "hazards.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Damaged, match=named):
        read_hazards(tmp_path / "hazards.yaml")

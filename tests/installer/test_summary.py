# SPDX-License-Identifier: Apache-2.0
"""The page about a tour: the outcome in one line, figures, checks and steps; without checks nothing has passed."""

from __future__ import annotations

import json
from pathlib import Path

from installer.day.checks import Check
from installer.day.day import Played
from installer.day.summary import Summary, write_summary

STEP = Played(7, "allergy", "Dr <Haddad> records an allergy", "cut", 2.5, ["07-allergy.png"], "1 change waiting")


def test_nothing_checked_is_not_passed() -> None:
    assert not Summary().passed
    assert Summary(checks=[Check("A", True, "1")]).passed
    failed = Summary(checks=[Check("A", True, "1"), Check("B", False, "gone")])
    assert not failed.passed and "1 of 2 checks FAILED" in failed.heading()
    assert "FAILED  B" in failed.table()


def test_the_page_and_the_figures_say_the_same(tmp_path: Path) -> None:
    figures = {"Workstations": "9", "Changes that waited": "41"}
    summary = Summary([STEP], [Check("Rows <equal>", True, "7,071 rows")], papers=["receipt-1.pdf"], figures=figures)
    write_summary(tmp_path, summary)
    page = (tmp_path / "summary.html").read_text("utf-8")
    for words in ("1 steps, all 1 checks passed", "<dd>41</dd>", "Rows &lt;equal&gt;", "Dr &lt;Haddad&gt;",
                  'src="07-allergy.png"', 'href="receipt-1.pdf"', "7,071 rows"):  # fmt: skip
        assert words in page, words
    kept = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert kept["passed"] is True and kept["figures"] == figures
    assert kept["steps"][0]["waiting"] == "1 change waiting"

# SPDX-License-Identifier: Apache-2.0
"""Money, doses and results never meet a binary float; what the clinic means never asks the wall clock."""

from __future__ import annotations

import ast
import re

from tests.every_module.source import listed, sources

WALL_CLOCK = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))$")
SCORED = "hms_desktop/clinic/patients"  # likeness of names is a score between 0 and 1, nobody's dose


def test_the_clinic_counts_without_floats() -> None:
    floats = []
    for source in sources("hms_desktop/clinic"):
        for node in ast.walk(source.tree):
            named = isinstance(node, ast.Name) and node.id == "float"
            written = isinstance(node, ast.Constant) and isinstance(node.value, float)
            if (named or written) and not source.within(SCORED):
                floats.append(source.at(node))
    assert not floats, listed(floats)


def test_clinic_and_sync_take_the_time_they_are_given() -> None:
    asked = [
        f"{s.at(n)} {ast.unparse(n)}"
        for s in sources("hms_desktop/clinic", "hms_desktop/sync")
        for n in ast.walk(s.tree)
        if isinstance(n, ast.Attribute) and WALL_CLOCK.search(ast.unparse(n))
    ]
    assert not asked, listed(asked)

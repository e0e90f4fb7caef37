# SPDX-License-Identifier: Apache-2.0
"""A passing test says nothing: whatever it leaves on stdout, stderr or in the log fails it.

A test that reads its output (`capsys`, `capfd`, `caplog`) has looked at it; `@pytest.mark.prints("why")` excuses one.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

READERS = {"stdout": {"capsys", "capfd"}, "stderr": {"capsys", "capfd"}, "log": {"caplog"}}


def stray(item: pytest.Item, report: pytest.TestReport) -> str:
    """What this phase of the test let out without reading it."""
    used = set(getattr(item, "fixturenames", ()))
    loud = []
    for title, content in report.sections:
        words = title.split()  # "Captured stderr call"
        if words[:1] == ["Captured"] and words[-1] == report.when and not used & READERS.get(words[1], used):
            loud.append(f"{title}:\n{content.rstrip()}")
    return "\n".join(loud)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Turn a pass into a failure that shows the stray text."""
    report: pytest.TestReport = yield
    if report.passed and not item.get_closest_marker("prints"):
        said = stray(item, report)
        if said:
            report.outcome = "failed"
            report.longrepr = f"the test passed but something spoke:\n{said}"
    return report

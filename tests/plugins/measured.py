# SPDX-License-Identifier: Apache-2.0
"""Scenes that run without the tracer of coverage, which costs half of their time again.

What they walk through, other tests reach too: all of them together are the only ones for four lines or branches in a
thousand. Coverage is therefore a little higher than what is measured, never lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
UNMEASURED = frozenset(
    TESTS / folder / f"test_{name}.py"
    for folder, names in {
        ".": ("plugins",),
        "clinic/appointments": ("rules",),
        "clinic/patients": ("queries_look_alikes",),
        "commands": ("hms", "trail"),
        "documents": ("pages", "payloads"),
        "every_module": (
            "actions", "amendments", "colours", "dependencies", "house_words", "imports", "keys", "plain_words",
            "sizes", "words",
        ),
        "installer": ("setup_environment",),
        "interop/fhir": ("demo_patients",),
        "promises": (
            "bench_through_a_cut", "bookings", "charges", "chart_without_the_line", "corrected_results",
            "cut_exchange", "filling", "killed_processes", "killed_steps", "locked", "meeting_edits",
            "nothing_saved_is_lost", "numbers", "payloads", "printing", "reference_versions", "registration",
            "replacing_a_computer", "right_patient", "second_counter", "stock_and_charge", "training", "true_words",
            "units_and_dates",
        ),
        "server": (
            "actions", "cut_off", "enrolment", "import", "people", "person_keys", "requests", "tampered_requests",
        ),
        "sync": ("convergence", "rows_by_rule"),
        "ui/billing": ("asked_over",),
        "ui/ehr": ("day_screens",),
        "ui/patients": ("cover_dialog",),
        "workflows": ("the_day",),
    }.items()
    for name in names
)  # fmt: skip


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure nothing in this process while such a scene is set up, played and cleared away.

    What it starts is measured: some of those processes serve the tests after it, too.
    """
    coverage: Any = getattr(item.config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if coverage is None or item.path not in UNMEASURED:
        yield
        return
    coverage.pause()
    try:
        yield
    finally:
        coverage.resume()

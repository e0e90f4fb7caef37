# SPDX-License-Identifier: Apache-2.0
"""When an open session must end, asked of a workstation whose server never answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.core.clock import SetClock, SystemClock
from hms_desktop.security import key_turns
from hms_desktop.security.standing import DAY_MS
from tests.ui.shell.enrolled import enrol, unlock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(SystemClock().now_ms())


@pytest.fixture
def bench(tmp_path: Path, clock: SetClock) -> Iterator[Bench]:
    """A receptionist at a workstation that its server never met."""
    opened = open_bench(unlock(enrol(tmp_path / "desk")), clock)
    yield opened
    opened.shut()


def test_a_session_goes_on_until_its_permit_ends(bench: Bench, clock: SetClock) -> None:
    assert bench.watch.over() == "" and not bench.watch.emergency and not bench.watch.behind
    clock.ms += 14 * DAY_MS + 60_000
    assert bench.watch.over() == "permit"
    assert bench.watch.trust().permit.ended


def test_a_file_that_was_exposed_for_a_day_ends_the_session_for_its_key(bench: Bench, clock: SetClock) -> None:
    opened = bench.opened
    key_turns.expose(opened.folder, opened.device, opened.profile.station.device, since := clock.ms)
    assert bench.watch.over() == "" and bench.watch.trust().exposed_ms == since
    clock.ms += key_turns.LONGEST_EXPOSED_MS + 1
    assert bench.watch.over() == "exposed"

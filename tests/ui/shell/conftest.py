# SPDX-License-Identifier: Apache-2.0
"""An open workstation on a real encrypted file, its window with plain screens, and a sync that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.app import open_workstation
from hms_desktop.core.clock import SetClock
from hms_desktop.ui.shell.sync_facts import NoSync, SyncFacts
from hms_desktop.ui.shell.workstation import Workstation
from tests.desk import MONDAY_09_00
from tests.ui.shell import enrolled, pages


class ToldSync(NoSync):
    """Stands where the engine stands: facts are set by the test, tries are counted."""

    def __init__(self) -> None:
        self.now = SyncFacts("online")
        self.tries = 0
        self._listeners: list[Callable[[SyncFacts], None]] = []

    def facts(self) -> SyncFacts:
        return self.now

    def on_facts(self, told: Callable[[SyncFacts], None]) -> None:
        self._listeners.append(told)

    def sync_now(self) -> None:
        self.tries += 1

    def become(self, **changes: object) -> None:
        """Say something else from now on."""
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]
        for told in self._listeners:
            told(self.now)


@pytest.fixture
def clock() -> SetClock:
    """Monday 23-Nov-2026, 09:00 at the clinic."""
    return SetClock(MONDAY_09_00)


@pytest.fixture
def sync() -> ToldSync:
    """Online, nothing waits."""
    return ToldSync()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """An enrolled workstation whose one person is a receptionist."""
    return enrolled.enrol(tmp_path / "profile")


@pytest.fixture
def workstation(
    dressed: QApplication, qtbot: QtBot, profile: Path, clock: SetClock, sync: ToldSync
) -> Iterator[Workstation]:
    """The workstation opened and shown."""
    opened = open_workstation(enrolled.unlock(profile), clock=clock, sync=sync, folders=[pages.folder()])
    with qtbot.waitExposed(opened.window):
        opened.show()
    yield opened
    opened.close()

# SPDX-License-Identifier: Apache-2.0
"""Two desks whose histories meet, and the window of the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.billing.folder import folder as billing
from hms_desktop.ui.conflicts.folder import folder
from tests.clinic.conflicts.test_service import ROLES
from tests.clinic.meeting import Meeting
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk
from tests.ui.typist import Typist


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A small clinic."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def desks(scene: Scene) -> tuple[Desk, Desk]:
    """Two desks where everybody may do everything."""
    return scene.meeting.desk("Desk A", *ROLES), scene.meeting.desk("Desk B", *ROLES)


@pytest.fixture
def reviewer(dressed: QApplication, qtbot: QtBot, desks: tuple[Desk, Desk]) -> Iterator[Typist]:
    """Somebody at the first desk's window."""
    typist = Typist(qtbot, desks[0], [folder(), billing()])
    yield typist
    typist.close()

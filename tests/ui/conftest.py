# SPDX-License-Identifier: Apache-2.0
"""The dressed application, and a reception with its window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.look import install_look
from tests.ui.reception import Reception


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    """A dressed application: light, 100 %."""
    install_look(qapp, "light", 1.0)
    return qapp


@pytest.fixture
def reception(dressed: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Reception]:
    """The window of a receptionist who also manages, Monday 23-Nov-2026, 09:00."""
    opened = Reception(tmp_path, qtbot)
    yield opened
    opened.close()

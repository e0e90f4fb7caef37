# SPDX-License-Identifier: Apache-2.0
"""The dressed application, and a reception with its window."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.letters import letters
from hms_desktop.ui.widgets.look import install_look
from hms_desktop.ui.widgets.theme import theme
from tests.ui.reception import Reception


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hide the windows while Qt's messages are still listened to, so that none comes while they close."""
    outcome = yield
    for window in QApplication.topLevelWidgets():
        window.hide()
    return outcome


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """A dressed application: light, 100 %, rows of the usual height, letters on, from left to right."""
    install_look(qapp, "light", 1.0)
    theme.use(density="default")
    yield qapp
    letters.on = True
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.fixture
def reception(dressed: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Reception]:
    """The window of a receptionist who also manages, Monday 23-Nov-2026, 09:00."""
    opened = Reception(tmp_path, qtbot)
    yield opened
    opened.close()

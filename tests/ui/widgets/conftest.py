# SPDX-License-Identifier: Apache-2.0
"""A dressed application and a window to put a widget in."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.letters import letters
from hms_desktop.ui.widgets.look import install_look
from hms_desktop.ui.widgets.theme import theme

Shows = Callable[..., QWidget]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hide the windows while Qt's messages are still listened to, so that none comes while they close."""
    outcome = yield
    for window in QApplication.topLevelWidgets():
        window.hide()
    return outcome


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> Iterator[None]:
    """Every test starts in the light theme at 100 % text, reading from left to right."""
    if not qapp.property("focusRing"):
        install_look(qapp, "light", 1.0)
    if (theme.mode, theme.scale, theme.density) != ("light", 1.0, "default"):
        theme.use(mode="light", scale=1.0, density="default")
    yield
    letters.on = True
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.fixture
def shows(qtbot: QtBot) -> Iterator[Shows]:
    """Call with widgets: they are shown in one active window, which is returned."""
    kept: list[QWidget] = []

    def show(*widgets: QWidget, width: int = 900, height: int = 600) -> QWidget:
        window = QWidget()
        kept.append(window)
        column = QVBoxLayout(window)
        for widget in widgets:
            column.addWidget(widget)
        window.resize(width, height)
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield show

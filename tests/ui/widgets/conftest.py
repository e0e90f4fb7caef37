# SPDX-License-Identifier: Apache-2.0
"""A dressed application and a window to put a widget in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

Shows = Callable[..., QWidget]


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

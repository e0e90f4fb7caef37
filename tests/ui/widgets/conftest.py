# SPDX-License-Identifier: Apache-2.0
"""A dressed application and a window to put a widget in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.table import Table
from tests.ui.widgets.lists import Clerk, table_of

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


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(list(range(1000)))


@pytest.fixture
def table(clerk: Clerk, shows: Shows) -> Table:
    table = table_of(clerk)
    shows(table)
    table.reload()
    return table

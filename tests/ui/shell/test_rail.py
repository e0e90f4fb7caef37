# SPDX-License-Identifier: Apache-2.0
"""The rail of a low window: lower buttons, and only whole ones are in sight."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.shell.rail import Rail, RailItem


@pytest.mark.parametrize(("places", "height"), [(6, 900), (10, 610), (14, 610), (16, 480)])
def test_no_button_is_cut(dressed: QApplication, qtbot: QtBot, places: int, height: int) -> None:
    items = [RailItem(f"m{n}", f"Place {n}", "house", lambda: None) for n in range(places)]
    rail = Rail(items, [RailItem("settings", "Settings", "gear", lambda: None)])
    qtbot.addWidget(rail)
    rail.resize(80, 900)
    rail.show()
    rail.resize(80, height)
    QApplication.processEvents()
    area = rail._area.viewport().rect()
    for name in [item.name for item in items]:
        button = rail.buttons[name]
        top = button.mapTo(rail._area.viewport(), button.rect().topLeft()).y()
        assert top + button.height() <= area.height() + 1 or top >= area.height()
    foot = rail.buttons["settings"]
    assert foot.geometry().bottom() < height
    assert foot.geometry().top() >= rail._area.geometry().bottom()
    if places == 10:
        assert rail.buttons["m9"].mapTo(rail, rail.buttons["m9"].rect().bottomLeft()).y() < foot.geometry().top()

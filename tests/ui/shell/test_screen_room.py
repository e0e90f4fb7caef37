# SPDX-License-Identifier: Apache-2.0
"""A window larger than its screen opens as large as the screen has room, a smaller one as it is."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QWidget

from hms_desktop.ui.shell.screen_room import fit_to_screen


def test_a_window_opens_no_larger_than_its_screen(qapp: QApplication) -> None:
    window = QWidget()
    room = window.screen().availableGeometry().size()
    window.resize(room.width() + 300, room.height() - 100)
    fit_to_screen(window)
    assert (window.width(), window.height()) == (room.width(), room.height() - 100)
    window.setMinimumWidth(room.width() + 50)
    fit_to_screen(window)
    assert window.width() == room.width() + 50

# SPDX-License-Identifier: Apache-2.0
"""A window opens no larger than the screen has room for; it may be as small as its own least size."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def fit_to_screen(window: QWidget) -> None:
    """Make a window that is not shown yet fit its screen, task bar left free."""
    room = window.screen().availableGeometry().size()
    window.resize(window.size().boundedTo(room))

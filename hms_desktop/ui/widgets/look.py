# SPDX-License-Identifier: Apache-2.0
"""Dressing the application once at its start: fonts, theme, the focus ring, what cleans up and what forgets."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from hms_desktop.ui.widgets.clipboard import guard_clipboard
from hms_desktop.ui.widgets.collector import Collector
from hms_desktop.ui.widgets.focus_ring import FocusRing
from hms_desktop.ui.widgets.theme import Mode, theme


def install_look(app: QApplication, mode: Mode = "system", scale: float = 1.0) -> None:
    """Dress the application; `scale` is the text size, 1.0 to 2.0. A second call only switches the look."""
    theme.install(app, mode, scale)
    if not app.property("focusRing"):
        FocusRing(app)
        Collector(app)
        guard_clipboard(app)
        app.setProperty("focusRing", True)

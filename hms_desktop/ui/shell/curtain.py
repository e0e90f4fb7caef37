# SPDX-License-Identifier: Apache-2.0
"""The curtain: everything that a session shows goes off the screen at once, and what it copied out of the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from hms_desktop.ui.widgets.clipboard import guard_clipboard


def blank(own: Sequence[QWidget]) -> None:
    """Hide these windows and all that stands over them: dialogs, menus, previews, tips. Another session's stay.

    What was copied out of them leaves the clipboard.
    """
    while (popup := QApplication.activePopupWidget()) is not None and popup.isVisible():
        popup.hide()
    for window in QApplication.topLevelWidgets():
        if window.isVisible() and (window in own or not _of_another(window, own)):
            window.hide()
    app = QGuiApplication.instance()
    if isinstance(app, QGuiApplication):
        guard_clipboard(app).forget()


def _of_another(window: QWidget, own: Sequence[QWidget]) -> bool:
    over: QWidget | None = window
    while over is not None:
        if over in own:
            return False
        if isinstance(over, QMainWindow):
            return True
        over = over.parentWidget()
    return False

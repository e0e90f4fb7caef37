# SPDX-License-Identifier: Apache-2.0
"""The curtain: everything that a session shows goes off the screen at once, and what it copied out of the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

COPIED_FOR_MS = 60_000
"""So long may something that was copied here be pasted elsewhere."""


def blank(own: Sequence[QWidget]) -> None:
    """Hide these windows and all that stands over them: dialogs, menus, previews, tips. Another session's stay."""
    while (popup := QApplication.activePopupWidget()) is not None and popup.isVisible():
        popup.hide()
    for window in QApplication.topLevelWidgets():
        if window.isVisible() and (window in own or not _of_another(window, own)):
            window.hide()


def _of_another(window: QWidget, own: Sequence[QWidget]) -> bool:
    over: QWidget | None = window
    while over is not None:
        if over in own:
            return False
        if isinstance(over, QMainWindow):
            return True
        over = over.parentWidget()
    return False


class CopiedWords(QObject):
    """What this program put on the clipboard leaves it after a minute, and when the session ends."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clipboard: QClipboard = QGuiApplication.clipboard()
        self._ours = False
        self._timer = QTimer(self, singleShot=True, interval=COPIED_FOR_MS)
        self._timer.timeout.connect(self.forget)
        self._clipboard.dataChanged.connect(self._changed)

    def forget(self) -> None:
        """Take it off, unless something of another program lies there by now."""
        self._timer.stop()
        if self._ours:
            self._clipboard.clear()
        if self._clipboard.supportsSelection() and self._clipboard.ownsSelection():
            self._clipboard.clear(QClipboard.Mode.Selection)

    def _changed(self) -> None:
        """Whoever has the keyboard copies; not every window system says whose it is."""
        ours = self._clipboard.ownsClipboard() or QGuiApplication.focusWindow() is not None
        self._ours = ours and bool(self._clipboard.text())
        if self._ours:
            self._timer.start()

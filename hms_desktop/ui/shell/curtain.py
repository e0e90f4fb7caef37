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
        self._timer = QTimer(self, singleShot=True, interval=COPIED_FOR_MS)
        self._timer.timeout.connect(self.forget)
        self._clipboard.dataChanged.connect(self._changed)

    def forget(self) -> None:
        """Take it off, unless something of another program lies there by now."""
        self._timer.stop()
        for mode in (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection):
            if mode is QClipboard.Mode.Selection and not self._clipboard.supportsSelection():
                continue
            if self._owns(mode) and self._clipboard.text(mode):
                self._clipboard.clear(mode)

    def _owns(self, mode: QClipboard.Mode) -> bool:
        return self._clipboard.ownsSelection() if mode is QClipboard.Mode.Selection else self._clipboard.ownsClipboard()

    def _changed(self) -> None:
        if self._clipboard.ownsClipboard() and self._clipboard.text():
            self._timer.start()

# SPDX-License-Identifier: Apache-2.0
"""Hears a barcode scanner: a burst of keys ending in Enter, faster than any person types, wherever the focus is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

GAP_MS = 30
SHORTEST = 4


class Scanner(QObject):
    """Hands a scanned code to `scanned`; what the burst wrote into a text field is taken out again."""

    def __init__(self, window: QWidget, scanned: Callable[[str], bool]) -> None:
        super().__init__(window)
        self._window = window
        self._scanned = scanned
        self._burst = ""
        self._last_ms = 0
        app = QCoreApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def busy(self) -> bool:
        """Whether a burst is coming in, so that a single letter of it is no command."""
        return len(self._burst) > 1

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Gather fast keys of this window; swallow the Enter that ends a burst which was taken."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if not isinstance(watched, QWidget) or watched.window() is not self._window:
            return False
        return self.hear(event.text(), event.key(), event.timestamp())

    def hear(self, text: str, key: int, at_ms: int) -> bool:
        """One key press at a time in milliseconds; True if it ended a burst that somebody took."""
        fast = at_ms - self._last_ms <= GAP_MS
        self._last_ms = at_ms
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            burst, self._burst = self._burst, ""
            return fast and len(burst) >= SHORTEST and self._take(burst)
        if text.isprintable() and text:
            self._burst = self._burst + text if fast else text
        elif text:
            self._burst = ""
        return False

    def _take(self, code: str) -> bool:
        field = QApplication.focusWidget()
        if isinstance(field, QLineEdit) and field.property("scan"):
            return False  # this field is meant for codes and handles its own Enter
        before = field.text() if isinstance(field, QLineEdit) else ""
        if isinstance(field, QLineEdit) and before.endswith(code):
            field.setText(before[: -len(code)])
        taken = self._scanned(code)
        if not taken and isinstance(field, QLineEdit):
            field.setText(before)
        return taken

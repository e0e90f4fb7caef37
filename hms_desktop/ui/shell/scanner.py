# SPDX-License-Identifier: Apache-2.0
"""Hears a barcode scanner: a burst of keys ending in Enter, faster than any person types, wherever the focus is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from shiboken6 import isValid

GAP_MS = 30
SHORTEST = 4
_HELD = {
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
}  # fmt: skip
"""Keys that a scanner holds down to write capitals: they end no burst."""


@dataclass
class Stroke:
    """One key that wrote a sign, and whether another sign came right before or right after it."""

    text: str
    in_burst: bool


class Scanner(QObject):
    """Hands a scanned code to `scanned`; what the burst wrote into a text field is taken out again.

    It listens at the window and at what has the keyboard in it: every part of every screen would be thousands of calls
    when a screen opens.
    """

    def __init__(self, window: QWidget, scanned: Callable[[str], bool]) -> None:
        super().__init__(window)
        self._window = window
        self._scanned = scanned
        self._burst = ""
        self._last_ms = 0
        self._stroke = Stroke("", False)
        self._down: tuple[int, int] | None = None
        self._taken = False
        window.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    @Slot(QWidget, QWidget)
    def _follow(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and isValid(old) and old is not self._window:
            old.removeEventFilter(self)
        if new is not None and isValid(new) and new.window() is self._window:
            new.installEventFilter(self)

    def burst_with(self, letter: str) -> Callable[[], bool]:
        """For a letter pressed just now: what tells, a moment later, whether it was part of a burst and no command."""
        stroke = self._stroke
        return lambda: stroke.in_burst and stroke.text.casefold() == letter.casefold()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Gather fast keys of this window; swallow the Enter that ends a burst which was taken.

        Each key is heard once, though Qt shows it first as a possible shortcut (and no more if it is one), then as a
        key, and again to every parent of what leaves it alone.
        """
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.KeyRelease:
            self._down = None
            return False
        if event.isAutoRepeat() or event.key() in _HELD or watched.window() is not self._window:
            return False
        here = event.key(), event.timestamp()
        if here != self._down:
            self._down = here
            held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
            text, key = ("", 0) if held else (event.text(), event.key())
            self._taken = self.hear(text, key, event.timestamp())
        if self._taken:
            event.accept()
        return self._taken

    def hear(self, text: str, key: int, at_ms: int) -> bool:
        """One key press at a time in milliseconds; True if it ended a burst that somebody took."""
        fast = at_ms - self._last_ms <= GAP_MS
        self._last_ms = at_ms
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            burst, self._burst = self._burst, ""
            return fast and len(burst) >= SHORTEST and self._take(burst)
        if text and text.isprintable():
            self._write(text, fast and bool(self._burst))
        else:
            self._burst = ""
        return False

    def _write(self, text: str, follows: bool) -> None:
        if follows:
            self._stroke.in_burst = True
        # No code begins with a space: a space before a letter pressed a button.
        self._burst = self._burst + text if follows else text.strip()
        self._stroke = Stroke(text, follows)

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

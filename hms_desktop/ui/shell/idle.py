# SPDX-License-Identifier: Apache-2.0
"""Time to lock: counts seconds without a key, click or wheel; dialogs, menus and previews do not stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

WARN_SECONDS = 30
# Resting the hand on a mouse is no sign of a person, so moves and hovering do not count.
_ACTIVITY = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    }
)


def awake_seconds() -> float:
    """Seconds that also pass while the computer sleeps, where the system can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


class IdleWatch(QObject):
    """Emits `ticked(seconds left)` each second, `warned(bool)` 30 s before and when that is over, `expired` last.

    It listens where the window system hands over what a person does: at the program's windows, few and seldom told of
    anything. Every part of every screen would be thousands of calls when a screen opens. A menu is found at the next
    look, within a second of the key or click that opened it.
    """

    ticked = Signal(int)
    warned = Signal(bool)
    expired = Signal()

    def __init__(self, minutes: int, parent: QObject | None = None, now: Callable[[], float] = awake_seconds) -> None:
        super().__init__(parent)
        self._limit = minutes * 60
        self._now = now
        self._last = now()
        self._warning = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begin to count; 0 minutes means never."""
        app = QGuiApplication.instance()
        if self._limit and isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self._listen)
            self.stay()

    def stop(self) -> None:
        """Count no more."""
        self._timer.stop()
        for window in QGuiApplication.topLevelWindows():
            window.removeEventFilter(self)
        self._limit = 0

    @Slot()
    def _listen(self) -> None:
        if self._limit:
            for window in QGuiApplication.topLevelWindows():
                window.installEventFilter(self)  # where it listens already this changes nothing

    def stay(self) -> None:
        """A person is here: start over."""
        self._last = self._now()
        self._warn(False)
        self.look()

    def seconds_left(self) -> float:
        """Seconds until the lock."""
        return max(0.0, self._limit - (self._now() - self._last))

    def look(self) -> None:
        """See how much is left and say so; runs by itself each second and exactly last."""
        if not self._limit:
            return
        self._listen()
        left = self.seconds_left()
        if left <= 0:
            self.stop()
            self.expired.emit()
            return
        self._warn(left <= WARN_SECONDS)
        self.ticked.emit(int(left + 0.999))
        self._timer.start(max(1, int(min(left, left % 1 or 1) * 1000)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice activity in any window of the program, and pass it on."""
        if event.type() in _ACTIVITY and event.spontaneous():
            self._last = self._now()
            if self._warning:
                self._warn(False)
        return False

    def _warn(self, on: bool) -> None:
        if on != self._warning:
            self._warning = on
            self.warned.emit(on)

# SPDX-License-Identifier: Apache-2.0
"""Hears from the operating system that the computer goes to sleep or its screen is locked, and locks the session too.

Told by logind and the desktop's screen saver over D-Bus; a computer that has neither is watched by idle time alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from PySide6.QtCore import SLOT, QObject, Slot

try:
    from PySide6.QtDBus import QDBusConnection
except ImportError:  # a Qt without D-Bus: other systems, small builds
    QDBusConnection = None  # type: ignore[assignment, misc]

_LOGIND = "org.freedesktop.login1"
_SAVERS = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver")


class SleepWatch(QObject):
    """Calls `lock` before sleep, on `loginctl lock-session` and when the screen saver locks the screen."""

    def __init__(self, lock: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = lock

    def start(self) -> int:
        """Listen; returns how many of the signals can be heard on this computer."""
        if QDBusConnection is None:
            return 0
        system, desktop = QDBusConnection.systemBus(), QDBusConnection.sessionBus()
        heard = [
            self._hear(
                system, _LOGIND, "/org/freedesktop/login1", f"{_LOGIND}.Manager", "PrepareForSleep", "told(bool)"
            ),
            *(self._hear(desktop, name, "", name, "ActiveChanged", "told(bool)") for name in _SAVERS),
        ]
        session = os.environ.get("XDG_SESSION_ID", "")
        if session:
            heard.append(self._hear(system, _LOGIND, session_path(session), f"{_LOGIND}.Session", "Lock", "locked()"))
        return sum(heard)

    def _hear(self, bus: QDBusConnection, service: str, path: str, interface: str, name: str, slot: str) -> bool:
        return bus.isConnected() and bool(bus.connect(service, path, interface, name, self, SLOT(slot).encode()))

    @Slot(bool)
    def told(self, begins: bool) -> None:
        """Sleep or a locked screen begins (True) or is over (False)."""
        if begins:
            self._lock()

    @Slot()
    def locked(self) -> None:
        """The operating system locked this session."""
        self._lock()


def session_path(session: str) -> str:
    """The D-Bus path of a logind session: letters and later digits stand as they are, all else as `_` and hex."""
    kept = (c if c.isascii() and (c.isalpha() or (at and c.isdigit())) else f"_{ord(c):02x}"
            for at, c in enumerate(session))  # fmt: skip
    return "/org/freedesktop/login1/session/" + "".join(kept)

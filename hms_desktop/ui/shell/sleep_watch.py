# SPDX-License-Identifier: Apache-2.0
"""Hears from the operating system that the computer goes to sleep or its screen is locked, and locks the session too.

Told over D-Bus by logind (`PrepareForSleep`, `Lock`, `LockedHint`, `Active`) and by the desktop's screen saver. Logind
holds sleep up until the session's process has ended, so that neither a picture nor a key is in memory when the computer
sleeps or writes its memory to the disk. Systems other than Linux are watched by idle time alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SLOT, QObject, Slot

from hms_desktop.core.text import _

try:
    from PySide6.QtDBus import QDBusConnection, QDBusError, QDBusMessage, QDBusServiceWatcher
except ImportError:  # a Qt without D-Bus: other systems, small builds
    QDBusConnection = None  # type: ignore[assignment, misc]

_LOGIND = "org.freedesktop.login1"
_ROOT = "/org/freedesktop/login1"
_MANAGER, _SESSION = f"{_LOGIND}.Manager", f"{_LOGIND}.Session"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SAVERS = tuple(f"org.{desktop}.ScreenSaver" for desktop in ("freedesktop", "gnome", "cinnamon", "mate", "xfce"))
_ANSWER_MS = 5000


class SleepWatch(QObject):
    """Calls `lock` before sleep and when the system locks its screen or shows another session on it.

    `holds_keys` says whether a session's process still runs; `rested` is to be called each time that one has ended.
    """

    def __init__(
        self, lock: Callable[[], object], holds_keys: Callable[[], bool] = lambda: False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._lock, self._holds_keys = lock, holds_keys
        self._delay: object | None = None
        self._falls_asleep = False
        self._system: Any = None

    @property
    def delays(self) -> bool:
        """Whether the computer waits for this program before it sleeps."""
        return self._delay is not None

    def start(self, system: Any = None, desktop: Any = None) -> int:
        """Listen on the system's and the desktop's bus; returns how many of the signals can be heard here."""
        if QDBusConnection is None:
            return 0
        system = self._system = system or QDBusConnection.systemBus()
        desktop = desktop or QDBusConnection.sessionBus()
        heard = [self._hear(system, _LOGIND, _ROOT, _MANAGER, "PrepareForSleep", "sleep(bool)")]
        heard += [self._hear(desktop, name, "", name, "ActiveChanged", "told(bool)") for name in _SAVERS]
        if session := os.environ.get("XDG_SESSION_ID", ""):
            heard += self._hear_session(session_path(session))
        elif system.isConnected():
            self._ask("GetSession", ["auto"], "named(QDBusMessage)")
        if system.isConnected():
            watcher = QDBusServiceWatcher(_LOGIND, system, QDBusServiceWatcher.WatchModeFlag.WatchForRegistration, self)
            watcher.serviceRegistered.connect(self._take_delay)
            self._take_delay()
        return sum(heard)

    def rested(self) -> None:
        """A session's process has ended: the computer may sleep."""
        if self._falls_asleep:
            self._delay = None

    def _hear(self, bus: Any, service: str, path: str, interface: str, name: str, slot: str) -> bool:
        return bus.isConnected() and bool(bus.connect(service, path, interface, name, self, SLOT(slot)))

    def _hear_session(self, path: str) -> list[bool]:
        changed = "seen(QString,QVariantMap,QStringList)"
        return [
            self._hear(self._system, _LOGIND, path, _SESSION, "Lock", "locked()"),
            self._hear(self._system, _LOGIND, path, _PROPERTIES, "PropertiesChanged", changed),
        ]

    def _ask(self, method: str, words: list[str], slot: str) -> None:
        question = QDBusMessage.createMethodCall(_LOGIND, _ROOT, _MANAGER, method)
        question.setArguments(words)
        unheard = SLOT("unheard(QDBusError,QDBusMessage)")
        self._system.callWithCallback(question, self, SLOT(slot), unheard, _ANSWER_MS)

    def _take_delay(self, _service: str = "") -> None:
        who, why = _("Hospital management"), _("Locks the session before the computer sleeps")
        self._ask("Inhibit", ["sleep", who, why, "delay"], "delayed(QDBusMessage)")

    @Slot(bool)
    def sleep(self, begins: bool) -> None:
        """The computer goes to sleep (True): lock, and let it go on once no process holds a key; or it woke up."""
        self._falls_asleep = begins
        if not begins:
            self._take_delay()
            return
        self._lock()
        if not self._holds_keys():
            self.rested()

    @Slot(bool)
    def told(self, begins: bool) -> None:
        """The screen saver locks the screen (True), or the screen is open again."""
        if begins:
            self._lock()

    @Slot()
    def locked(self) -> None:
        """The operating system locked this session."""
        self._lock()

    @Slot("QString", "QVariantMap", "QStringList")
    def seen(self, interface: str, changed: dict[str, Any], _stale: list[str]) -> None:
        """The desktop says that it is locked, or the screen shows another person's session."""
        if interface == _SESSION and (changed.get("LockedHint") is True or changed.get("Active") is False):
            self._lock()

    if QDBusConnection is not None:

        @Slot(QDBusMessage)
        def named(self, answer: QDBusMessage) -> None:
            """Logind says which session this program runs in."""
            self._hear_session(answer.arguments()[0].path())

        @Slot(QDBusMessage)
        def delayed(self, answer: QDBusMessage) -> None:
            """Logind waits for this program from now on, until the descriptor that it hands over is closed."""
            self._delay = answer.arguments()[0]
            if self._falls_asleep and not self._holds_keys():
                self._delay = None

        @Slot(QDBusError, QDBusMessage)
        def unheard(self, _error: QDBusError, _question: QDBusMessage) -> None:
            """Logind is not there or won't: locking goes on as it can."""


def session_path(session: str) -> str:
    """The D-Bus path of a logind session: letters and later digits stand as they are, all else as `_` and hex."""
    kept = (c if c.isascii() and (c.isalpha() or (at and c.isdigit())) else f"_{ord(c):02x}"
            for at, c in enumerate(session))  # fmt: skip
    return "/org/freedesktop/login1/session/" + "".join(kept)

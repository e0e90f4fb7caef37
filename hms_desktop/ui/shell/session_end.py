# SPDX-License-Identifier: Apache-2.0
"""How a session process hears its name and password, opens its window, and ends: blank, drafts, goodbye, exit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from hms_desktop.core.errors import ClinicError
from hms_desktop.ui.shell import lines
from hms_desktop.ui.shell.lines import ParentLink
from hms_desktop.ui.shell.look import Look, look_from
from hms_desktop.ui.tasks import as_clinic_error


class OpenWorkstation(Protocol):
    """An open workstation as its session process sees it."""

    def greeting(self) -> dict[str, Any]:
        """Name and login of who signed in, and whether their role needs a code."""

    def show(self) -> None:
        """Show the window."""

    def on_leaving(self, leave: Callable[[str, int], None]) -> None:
        """Call `leave(then, idle minutes)` when the session shall end; `then` is "", "switch" or "sign-out"."""

    def on_synced(self, told: Callable[[dict[str, int]], object]) -> None:
        """Call `told` with the time of the last sync and what waits, now and as they change."""

    def blank(self) -> None:
        """Take every window off the screen, now."""

    def going(self, then: str) -> None:
        """The session is about to end; `then` is "" for a lock, "switch" or "sign-out"."""

    def farewell(self) -> dict[str, Any]:
        """What the lock may tell: changes waiting, last sync, titles of unfinished forms, the look in use."""

    def close(self) -> None:
        """Keep drafts, finish writes, stop sync, close the file."""


Opener = Callable[[str, str, str, Look], OpenWorkstation]
"""(login, password, code, look) -> an open workstation; raises what may be told to a person."""


class SessionChild(QObject):
    """The session process: warm until it hears a right name and password, gone when it locks."""

    def __init__(self, link: ParentLink, opener: Opener) -> None:
        super().__init__()
        self._link = link
        self._opener = opener
        self._workstation: OpenWorkstation | None = None
        link.heard.connect(self._hear)
        link.lost.connect(self._orphaned)

    def _hear(self, said: Mapping[str, Any]) -> None:
        if said["say"] == lines.SIGN_IN and self._workstation is None:
            self._try(said)
        elif said["say"] == lines.LOCK:
            self.leave("", 0)

    def _try(self, said: Mapping[str, Any]) -> None:
        login, look = str(said.get("login", "")), look_from(said.get("look") or {})
        try:
            workstation = self._opener(login, str(said.get("password", "")), str(said.get("code", "")), look)
        except Exception as error:
            told = error if isinstance(error, ClinicError) else as_clinic_error(error)
            minutes = getattr(told, "minutes", 0)
            facts = {"login": login, "sentence": str(told), "wrong": told.code == "sign-in-refused"}
            self._link.say(lines.REFUSED, **facts, wait_s=minutes * 60, keys=_had_keys(told))
            return
        self._workstation = workstation
        workstation.on_leaving(self.leave)
        workstation.show()
        self._link.say(lines.SIGNED_IN, **workstation.greeting())
        workstation.on_synced(lambda facts: self._link.say(lines.SYNCED, **facts))

    def leave(self, then: str, idle_minutes: int) -> None:
        """End the session: blank at once, tell the lock, keep what was typed, and let the process go."""
        workstation, self._workstation = self._workstation, None
        if workstation is None:
            return
        workstation.blank()
        self._link.say(lines.LOCKING, then=then, idle_minutes=idle_minutes, **workstation.farewell())
        workstation.going(then)
        workstation.close()
        QTimer.singleShot(0, QCoreApplication.quit)

    def _orphaned(self) -> None:
        """The always-there process is gone: nobody could unlock this session again."""
        if self._workstation is not None:
            self.leave("", 0)
        else:
            QCoreApplication.quit()


def _had_keys(refused: ClinicError) -> bool:
    """Whether the password was right, so that keys were out in this process before something else was wrong."""
    return refused.code not in ("must-wait", "touch-refused") and bool(getattr(refused, "knew", True))

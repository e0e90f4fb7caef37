# SPDX-License-Identifier: Apache-2.0
"""A session process that waits for its person: it asks now and then how the workstation stands, and tells the door."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hms_desktop.core.errors import ClinicError
from hms_desktop.ui.shell import lines
from hms_desktop.ui.shell.lines import ParentLink

ASKED_EVERY_SECONDS = 20.0
Ask = Callable[[Callable[[], bool]], dict[str, Any]]
"""Asks the server; the facts for the door. It may ask back whether nobody has signed in meanwhile. Raises ClinicError
when nobody answers."""


class WaitingRoom:
    """Asks on a thread of its own from `start` until `leave`; what comes after that is not told."""

    def __init__(self, link: ParentLink, ask: Ask, every_seconds: float = ASKED_EVERY_SECONDS) -> None:
        self._link, self._ask, self._every = link, ask, every_seconds
        self._left = threading.Event()

    def start(self) -> None:
        """Begin to ask, or go on after a sign-in that was refused."""
        self._left = left = threading.Event()
        threading.Thread(target=self._wait, args=(left,), name="waiting room", daemon=True).start()

    def leave(self) -> None:
        """Somebody signs in, who does not wait for an answer that is under way."""
        self._left.set()

    def _wait(self, left: threading.Event) -> None:
        while not left.is_set():
            facts = self._told(lambda: not left.is_set())
            if not left.is_set():
                self._link.say(lines.STANDING, **facts)
            left.wait(self._every)

    def _told(self, waits: Callable[[], bool]) -> dict[str, Any]:
        try:
            return {"reachable": True, **self._ask(waits)}
        except ClinicError:
            return {"reachable": False}

# SPDX-License-Identifier: Apache-2.0
"""Where the courier works: on a thread of the always-there process, from when nobody is signed in until somebody is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.ui.shell.station import CourierFacts

REST_SECONDS = 20.0
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0)


class Told(Protocol):
    """What a courier says after a round; times in ms since 1970."""

    sent: int
    waiting: int
    last_ms: int
    wiped: bool
    rests: bool


class Courier(Protocol):
    """Goes to the server and back, with the device's key alone."""

    @property
    def told(self) -> Told:
        """What it did since it set out."""

    def round(self, may: Callable[[], bool], /) -> Told:
        """One way there and back; ClinicError when it came to nothing."""

    def close(self) -> None:
        """Let go of the line."""


@dataclass(frozen=True)
class Pace:
    """How long it stays here after a round that brought nothing, and after one that reached nobody (seconds)."""

    rest: float = REST_SECONDS
    retry: tuple[float, ...] = RETRY_SECONDS


class CourierRoom(QObject):
    """`told(CourierFacts)` after each round. `work` and `rest` may be called again and again."""

    told = Signal(object)

    def __init__(self, hire: Callable[[], Courier], pace: Pace | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hire, self._pace = hire, pace or Pace()
        self._left: threading.Event | None = None

    def work(self) -> None:
        """Nobody is signed in: begin."""
        if self._left is None:
            self._left = threading.Event()
            threading.Thread(target=self._go, args=(self._left,), name="courier", daemon=True).start()

    def rest(self) -> None:
        """Somebody signs in, who sends for themselves; what is under way is let go and not told."""
        left, self._left = self._left, None
        if left is not None:
            left.set()

    def _go(self, left: threading.Event) -> None:
        tries = 0
        courier: Courier | None = None
        while not left.is_set():
            reachable = False
            try:
                courier = courier or self._hire()
                courier.round(lambda: not left.is_set())
                reachable, tries = True, 0
            except Unavailable:
                tries += 1
            except (ClinicError, OSError):  # the server won't, or this computer can't now: both may pass
                reachable, tries = True, tries + 1
            self._tell(left, courier, reachable)
            left.wait(self._pause(courier, tries))
        if courier is not None:
            courier.close()

    def _pause(self, courier: Courier | None, tries: int) -> float:
        if tries:
            return self._pace.retry[min(tries, len(self._pace.retry)) - 1]
        return self._pace.rest if courier is None or courier.told.rests else 0.0

    def _tell(self, left: threading.Event, courier: Courier | None, reachable: bool) -> None:
        if courier is None or left.is_set():
            return
        told = courier.told
        facts = CourierFacts(reachable, told.sent, told.waiting, told.last_ms, told.wiped)
        with suppress(RuntimeError):  # the program ends, and this object with it
            self.told.emit(facts)

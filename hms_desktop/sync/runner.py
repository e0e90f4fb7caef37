# SPDX-License-Identifier: Apache-2.0
"""Keeping a workstation in step: one thread sends what people do, one waits for what others did.

It only calls the plain steps of `sync.engine`; when nobody answers it says so, keeps everything and tries again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

import structlog

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.engine import Exchange

WAIT_MS = 20_000
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
LEASE_EVERY_MS = 10 * 60_000
Wanted = Callable[[], list[tuple[str, UUID, Decimal]]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LineState:
    """How the line stands; times in ms since 1970. `problem` is a sentence for a person, empty when all is well."""

    network: str = "offline"
    since_ms: int | None = None
    percent: int | None = None
    waiting: int = 0
    held_back: int = 0
    last_success_ms: int | None = None
    last_push_ms: int | None = None
    last_pull_ms: int | None = None
    last_try_ms: int | None = None
    problem: str = ""


class SyncRunner:
    """Runs an exchange in the background until `stop`."""

    def __init__(self, exchange: Exchange, wanted: Wanted | None = None, wait_ms: int = WAIT_MS) -> None:
        self._exchange = exchange
        self._store = exchange.store
        self._wanted = wanted
        self._wait_ms = wait_ms
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._work = threading.Event()
        self._greeted = threading.Event()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[LineState], None]] = []
        counts = exchange.counts()
        self.state = LineState(waiting=counts.waiting, held_back=len(counts.held_back), since_ms=self._now())
        self._leases_asked_ms = 0
        self._threads = [
            threading.Thread(target=self._receive, name="sync-receive", daemon=True),
            threading.Thread(target=self._send, name="sync-send", daemon=True),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        self._unlisten = self._store.on_changes(self._changed)
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 0.5) -> None:
        """End both threads; a request under way is let go, and what it brings is neither taken nor told."""
        self._stop.set()
        for event in (self._hurry, self._work, self._greeted):
            event.set()
        self._unlisten()
        for thread in self._threads:
            thread.join(seconds)

    def sync_now(self) -> None:
        """Try now instead of after the pause."""
        self._hurry.set()
        self._work.set()

    def on_state(self, listener: Callable[[LineState], None]) -> None:
        """Tell this listener after each change of state, on the thread that saw it."""
        self._listeners.append(listener)

    def _now(self) -> int:
        return self._store.clock.now_ms()

    def _changed(self, _changes: Changes) -> None:
        self._work.set()

    def _tell(self, **parts: object) -> None:
        with self._lock:
            before, self.state = self.state, replace(self.state, **parts)  # type: ignore[arg-type]
            now = self.state
        if now != before and not self._stop.is_set():
            for listener in list(self._listeners):
                listener(now)

    def _tell_counts(self, **parts: object) -> None:
        counts = self._exchange.counts()
        self._tell(waiting=counts.waiting, held_back=len(counts.held_back), **parts)

    def _receive(self) -> None:
        tries = 0
        while not self._stop.is_set():
            try:
                self._tell(last_try_ms=self._now())
                self._greet_and_fill()
                tries = 0
                while not self._stop.is_set():
                    self._pull_once()
            except ServerRefused as refused:
                self._lost(refused if refused.code not in ("replayed", "forged") else None)
            except ClinicError as error:
                self._lost(error)
            except Exception as error:
                if self._stop.is_set():
                    return
                _log.error("sync stopped short", kind=type(error).__name__)
                self._lost(Unavailable("Sync met a fault in the program. Your changes are safe here."))
            self._pause(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    def _greet_and_fill(self) -> None:
        self._exchange.greet()
        missing = self._exchange.missing_tables()
        if missing:
            self._exchange.fill(missing, self._filling, self._stop.is_set)
        self._tell_counts(network="online", since_ms=None, percent=None, problem="", last_success_ms=self._now())
        self._greeted.set()
        self._work.set()

    def _filling(self, _table: str, done: int, total: int) -> None:
        self._tell(network="syncing", percent=100 * done // max(1, total))

    def _pull_once(self) -> None:
        self._ask_leases()
        _outcome, left = self._exchange.pull(self._wait_ms, self._stop.is_set)
        if self._stop.is_set():
            return
        if left:
            self._tell(network="syncing", percent=None)
        else:
            now = self._now()
            self._tell_counts(network="online", percent=None, last_success_ms=now, last_pull_ms=now)

    def _ask_leases(self) -> None:
        if self._wanted is None or self._now() - self._leases_asked_ms < LEASE_EVERY_MS:
            return
        self._leases_asked_ms = self._now()
        wanted = self._wanted()
        if wanted:
            self._exchange.ask_leases(wanted)

    def ask_leases_soon(self) -> None:
        """What this workstation would borrow has changed: ask at the next turn."""
        self._leases_asked_ms = 0

    def _send(self) -> None:
        while not self._stop.is_set():
            self._work.wait()
            self._work.clear()
            if self._stop.is_set():
                return
            try:
                if self._greeted.is_set():
                    self._push_all()
            except ClinicError:
                self._tell_counts()
                continue
            except Exception as error:
                _log.error("sending stopped short", kind=type(error).__name__)
            self._tell_counts()

    def _push_all(self) -> None:
        while not self._stop.is_set() and self._exchange.push() is not None:
            now = self._now()
            self._tell_counts(last_push_ms=now, last_success_ms=now)

    def _lost(self, error: ClinicError | None) -> None:
        self._greeted.clear()
        if self._stop.is_set() or error is None:
            return
        since = self.state.since_ms if self.state.network == "offline" else self._now()
        self._tell_counts(network="offline", since_ms=since, percent=None, problem=str(error))

    def _pause(self, seconds: float) -> None:
        if self._hurry.wait(seconds):
            self._hurry.clear()

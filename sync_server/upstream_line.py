# SPDX-License-Identifier: Apache-2.0
"""A hub kept in step with its centre: one thread waits for what the centre has, one brings what lies here."""

from __future__ import annotations

import threading
from decimal import Decimal
from uuid import UUID

import structlog

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from sync_server.sync_api.hub import Hub
from sync_server.upstream import Upstream

WAIT_MS = 20_000
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
_log = structlog.get_logger(__name__)


class UpstreamLine:
    """Runs the steps of `Upstream` until `stop`."""

    def __init__(self, hub: Hub, upstream: Upstream, wait_ms: int = WAIT_MS) -> None:
        self._hub, self._upstream, self._wait_ms = hub, upstream, wait_ms
        self._stop, self._work, self._greeted = threading.Event(), threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, name="hub-follow", daemon=True),
            threading.Thread(target=self._relay, name="hub-relay", daemon=True),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        self._unlisten = self._hub.store.on_changes(self._changed)
        self._hub.borrow = self._borrow
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; a request under way is let go, and what it brings is asked for again."""
        self._stop.set()
        self._work.set()
        self._unlisten()

    def _changed(self, _changes: Changes) -> None:
        self._work.set()

    def _follow(self) -> None:
        tries = 0
        while not self._stop.is_set():
            try:
                self._upstream.greet()
                self._upstream.borrow([])
                while not self._stop.is_set():
                    if not self._upstream.pull(self._wait_ms if self._greeted.is_set() else 0):
                        self._greeted.set()
                        self._work.set()
                    tries = 0
            except ClinicError as error:
                self._told(error)
            except Exception as error:  # the hub goes on; the next try begins with a greeting
                _log.error("following the centre stopped short", kind=type(error).__name__)
            self._greeted.clear()
            self._stop.wait(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    def _told(self, error: ClinicError) -> None:
        _log.warning("the centre is not followed", code=error.code, why=str(error))

    def _relay(self) -> None:
        while not self._stop.is_set():
            self._work.wait()
            self._work.clear()
            try:
                while self._greeted.is_set() and not self._stop.is_set() and self._upstream.relay():
                    pass
            except ClinicError as error:
                self._told(error)
                self._stop.wait(RETRY_SECONDS[0])
                self._work.set()
            except Exception as error:
                _log.error("relaying stopped short", kind=type(error).__name__)

    def _borrow(self, wanted: list[tuple[str, UUID, Decimal]]) -> None:
        """What a workstation lacks is asked for at once while the centre can be reached; it is here when this ends."""
        if not self._greeted.is_set():
            return
        try:
            self._upstream.borrow(wanted)
            while self._upstream.pull():
                pass
        except ClinicError as error:
            self._told(error)

# SPDX-License-Identifier: Apache-2.0
"""A snapshot while it is made: whoever wants a page of it waits for that page, and for no later one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from hms_desktop.core.errors import Unavailable
from hms_desktop.sync.protocol import Manifest

PATIENCE_SECONDS = 30.0
"""So long an answer may be under way; who asked then asks again."""
_log = structlog.get_logger(__name__)


class Making:
    """How far one snapshot is made; written by the thread that makes it, read by those that serve it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._manifest: Manifest | None = None
        self._made: set[tuple[str, int]] = set()
        self._ended = False
        self._fault: Exception | None = None

    def run(self, make: Callable[[], object]) -> None:
        """Make it; what goes wrong is told to those who wait, on their threads."""
        fault = None
        try:
            make()
        except Exception as error:
            _log.error("a snapshot could not be made", kind=type(error).__name__)
            fault = error
        with self._changed:
            self._ended, self._fault = True, fault
            self._changed.notify_all()

    def describe(self, manifest: Manifest) -> None:
        """This is what it will hold."""
        with self._changed:
            self._manifest = manifest
            self._changed.notify_all()

    def made(self, table: str, page: int) -> None:
        """This page lies there."""
        with self._changed:
            self._made.add((table, page))
            self._changed.notify_all()

    def described(self) -> Manifest:
        """What it will hold, as soon as that is known; raises what went wrong before."""
        with self._changed:
            self._changed.wait_for(lambda: self._manifest is not None or self._ended)
            if self._manifest is None:
                raise self._fault or Unavailable("The server is stopping. Ask again.")
            return self._manifest

    def holds(self, table: str, page: int) -> bool:
        """Whether this page lies there, once it does or never will; Unavailable where that takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ended or (table, page) in self._made, PATIENCE_SECONDS):
                raise Unavailable("The server is still making what was asked for. Ask again.")
            return (table, page) in self._made

    def finished(self) -> None:
        """Return when all of it lies there; raises what went wrong."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended)
            if self._fault is not None:
                raise self._fault

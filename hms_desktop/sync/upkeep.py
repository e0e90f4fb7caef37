# SPDX-License-Identifier: Apache-2.0
"""What a workstation does about its own file once a day, and when an administrator asks: compare it with the server,
mend what differs, and let go of the part of the log that is older than the clinic wants.

The log is let go of only after the whole file was found equal to the server's.
"""

from __future__ import annotations

import threading
import time
from uuid import UUID

import structlog

from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync import compaction, hubs, pull
from hms_desktop.sync.compaction import DAY_MS, LetGo
from hms_desktop.sync.digest import Breathe, nothing
from hms_desktop.sync.digest_compare import COMPARED_AT, COMPARED_FOR, Comparison, Follow
from hms_desktop.sync.engine import Exchange

LOOK_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.05
BREATH_SECONDS = 0.002
_log = structlog.get_logger(__name__)


class Stopped(Unavailable):
    """The session ends: nothing more is read or written."""


def look_after(
    exchange: Exchange, follow: Follow | None = None, breathe: Breathe = nothing
) -> tuple[Comparison, LetGo]:
    """Compare and mend, then let go of old log where all is equal; the exchange has greeted. Unavailable: not now."""
    store = exchange.store
    follow = follow or (lambda _place: exchange.follow())
    _must_meet_the_server(exchange)
    found = exchange.asker(breathe).compare(follow, wished(exchange))
    follow(found.position)
    with store.writing() as connection:
        if not found.equal or found.tables < len(exchange.granted):
            return found, compaction.let_go_of(connection)
        before = store.clock.now_ms() - compaction.log_days(connection, store.station) * DAY_MS
        return found, compaction.compact(connection, store.station, before, found.sent)


def _must_meet_the_server(exchange: Exchange) -> None:
    """A hub lacks what its centre has and the other way round: of what lies between them nothing can be said."""
    if exchange.at_hub:
        raise Unavailable(_("The clinic's hub answers now: this computer is compared once the server does."))
    if hubs.are_ahead(exchange.store):
        raise Unavailable(_("Work that came by the clinic's hub is not at the server yet: compare once it is."))


def wished(exchange: Exchange) -> bytes:
    """The token of a wish to compare that was not yet carried out; no bytes when there is none."""
    token = exchange.welcome.compare if exchange.welcome is not None else b""
    with exchange.store.reading() as connection:
        return b"" if token == bytes(meta_value(connection, COMPARED_FOR, b"")) else token


def is_due(exchange: Exchange) -> bool:
    """Whether a day has passed since this file was compared, or first filled, or somebody wishes it now."""
    with exchange.store.reading() as connection:
        last = meta_value(connection, COMPARED_AT, 0)
    return bool(wished(exchange)) or exchange.store.clock.now_ms() - last >= DAY_MS


class Upkeep:
    """Looks after a file beside its exchange, on a thread of its own, while `greeted` is set and until `stop` is."""

    def __init__(self, exchange: Exchange, stop: threading.Event, greeted: threading.Event) -> None:
        self._exchange, self._stop, self._greeted = exchange, stop, greeted
        self._soon = threading.Event()
        self.unequal = False
        """Whether the last look left a table to be fetched anew."""

    def look_soon(self) -> None:
        """Look whether it is due now instead of after the pause."""
        self._soon.set()

    def run(self) -> None:
        """Until the stop."""
        while not self._stop.is_set():
            if self._greeted.is_set():
                self._once()
            self._soon.wait(LOOK_SECONDS)
            self._soon.clear()

    def _once(self) -> None:
        try:
            if not self._exchange.at_hub and not hubs.are_ahead(self._exchange.store) and is_due(self._exchange):
                found, _log_left = look_after(self._exchange, self._followed, self._breathe)
                self.unequal = not found.equal
        except ClinicError as error:  # it is still due: the next look tries again
            _log.info("comparing was put off", kind=type(error).__name__)
        except Exception as error:
            if not self._stop.is_set():
                _log.error("comparing stopped short", kind=type(error).__name__)

    def _breathe(self) -> None:
        """Let others work; whoever leaves is not waited for."""
        if self._stop.wait(BREATH_SECONDS):
            raise Stopped(_("The session ends."))

    def _followed(self, place: int) -> None:
        """Wait until the thread that receives has followed the server up to a place."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._place() < place:
            if self._stop.wait(LOOK_AGAIN_SECONDS):
                raise Stopped(_("The session ends."))
            if time.monotonic() > deadline:
                raise Unavailable(_("What the server has did not come in time to compare with it."))

    def _place(self) -> int:
        assert self._exchange.welcome is not None
        with self._exchange.store.reading() as connection:
            here = pull.cursors(connection, UUID(bytes=self._exchange.welcome.server))
        return min((here.get(table, 0) for table in self._exchange.granted), default=0)

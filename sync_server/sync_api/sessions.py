# SPDX-License-Identifier: Apache-2.0
"""Sessions of devices: who signed the greeting, and which counters were used."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from hms_desktop.core.clock import Clock
from hms_desktop.security.signing import Counters, Replayed
from sync_server import notebook as tables
from sync_server.notebook import Notebook

MOST_SESSIONS = 4096
FORGOTTEN_MS = 7 * 24 * 3_600_000
OVER = "This session is over. Greet the server again."
_SEEN_BYTES = 8


@dataclass
class Session:
    """One greeting's session; its counters are good once each."""

    device: UUID
    counters: Counters = field(default_factory=Counters)


class LineSessions(Protocol):
    """The open sessions of workstations."""

    def open(self, device: UUID) -> str:
        """A new session for a device."""

    def use(self, name: str, device: UUID, counter: int) -> None:
        """Use one counter of a session; Replayed when it is not this device's, unknown, or used before."""

    def end(self, device: UUID) -> None:
        """Forget every session of a device."""


class SharedSessions:
    """The open sessions of a server of several processes, in its notebook: whichever is asked knows them all."""

    def __init__(self, book: Notebook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    def open(self, device: UUID) -> str:
        """A new session for a device."""
        name, now, table = secrets.token_urlsafe(18), self._clock.now_ms(), tables.line_session
        row = {"name": name, "device": device.bytes, "newest": 0, "seen": bytes(_SEEN_BYTES), "used_ms": now}
        with self._book.touching() as connection:
            connection.execute(delete(table).where(table.c.used_ms < now - FORGOTTEN_MS))
            connection.execute(insert(table).values(**row))
        return name

    def use(self, name: str, device: UUID, counter: int) -> None:
        """Use one counter of a session; whoever else uses the session at this moment waits."""
        table = tables.line_session
        with self._book.touching() as connection:
            row = connection.execute(select(table).where(table.c.name == name).with_for_update()).first()
            if row is None or bytes(row.device) != device.bytes:
                raise Replayed(OVER)
            counters = Counters(row.newest, int.from_bytes(row.seen, "big"))
            counters.take(counter)
            newest, seen = counters.state
            changed = {"newest": newest, "seen": seen.to_bytes(_SEEN_BYTES, "big"), "used_ms": self._clock.now_ms()}
            connection.execute(update(table).where(table.c.name == name).values(**changed))

    def end(self, device: UUID) -> None:
        """Forget every session of a device."""
        with self._book.touching() as connection:
            connection.execute(delete(tables.line_session).where(tables.line_session.c.device == device.bytes))


class Sessions:
    """The open sessions, the oldest forgotten first. A forgotten session only asks the device to greet again."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, device: UUID) -> str:
        """A new session for a device."""
        name = secrets.token_urlsafe(18)
        with self._lock:
            self._open[name] = Session(device)
            while len(self._open) > MOST_SESSIONS:
                self._open.popitem(last=False)
        return name

    def use(self, name: str, device: UUID, counter: int) -> None:
        """Use one counter of a session; Replayed when it is not this device's, unknown, or used before."""
        with self._lock:
            session = self._open.get(name)
            if session is None or session.device != device:
                raise Replayed(OVER)
            session.counters.take(counter)

    def end(self, device: UUID) -> None:
        """Forget every session of a device."""
        with self._lock:
            for name in [name for name, session in self._open.items() if session.device == device]:
                del self._open[name]

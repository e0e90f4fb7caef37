# SPDX-License-Identifier: Apache-2.0
"""Sessions of devices: who signed the greeting, and which counters were used. Nothing here outlives a worker."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from hms_desktop.security.signing import Counters, Replayed

MOST_SESSIONS = 4096


@dataclass
class Session:
    """One greeting's session; its counters are good once each."""

    device: UUID
    counters: Counters = field(default_factory=Counters)


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
                raise Replayed("This session is over. Greet the server again.")
            session.counters.take(counter)

    def end(self, device: UUID) -> None:
        """Forget every session of a device."""
        with self._lock:
            for name in [name for name, session in self._open.items() if session.device == device]:
                del self._open[name]

# SPDX-License-Identifier: Apache-2.0
"""A simulated workstation: the real store and the real exchange, through deaths, old copies and jumping clocks."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid5

from hms_desktop.clinic import reactions
from hms_desktop.core.clock import SetClock
from hms_desktop.storage.acting import Acting, Station
from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.engine import Exchange
from tests.desk import CLINIC, NAMES, blank
from tests.simulation.line import Answer, Late, Line
from tests.simulation.mortal import MortalStore, copy_of, remove
from tests.simulation.server import ROLES, Server, signing_key, somebody

T = TypeVar("T")


class SimDesk:
    """A workstation in its present life; `copied` is an old copy of its file, once there is one."""

    def __init__(self, server: Server, folder: Path, author: int, kind: str, seed: int, answer: Answer) -> None:
        self.author = author
        self.kind = kind
        self.device = uuid5(NAMES, f"device {author}")
        self.clock = SetClock(server.clock.ms)
        self.late: list[Late] = []
        self.line = Line(self.device, answer, self.late)
        self.lives = 0
        self.copied: Path | None = None
        self._server = server
        self._folder = folder / f"desk-{author}"
        self._seed = seed
        self._key, empty = blank(frozenset(Record.metadata.tables), tuple(LOCAL_INDEXES))
        self._folder.mkdir()
        (self._folder / "life-1.db").write_bytes(empty)
        self._open()

    def __str__(self) -> str:
        return f"desk {self.author} ({self.kind})"

    @property
    def acting(self) -> Acting:
        """Who works here."""
        return somebody(self.kind, ROLES[self.kind])

    def do(self, action: Callable[[Unit], T], acting: Acting | None = None) -> T:
        """Run an action here."""
        return self.store.act(action, acting or self.acting)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """Ask something here."""
        return self.store.read(query, self.acting)

    def become(self, kind: str) -> None:
        """The server made it another kind, and somebody else comes to work at it."""
        self.kind = kind
        self.died()

    def died(self) -> None:
        """The process is gone; it is started again on what lies on the disk."""
        old = self.store.path
        remains = self.store.remains or copy_of(old, old.with_suffix(".dead"))
        self._go_on_from(remains)
        remove(remains)

    def put_copy_aside(self) -> None:
        """Keep a copy of the file as it is now, as a backup of the computer does."""
        self.copied = copy_of(self.store.path, self._folder / "copy.db")

    def put_back(self) -> None:
        """The computer is put back as it was when the copy was made."""
        assert self.copied is not None
        self._go_on_from(self.copied)

    def close(self) -> None:
        """End it for good."""
        self.store.close()
        remove(self.store.path)

    def _go_on_from(self, file: Path) -> None:
        self.close()
        copy_of(file, self._folder / f"life-{self.lives + 1}.db")
        self._open()

    def _open(self) -> None:
        self.lives += 1
        chance = random.Random(f"desk {self._seed} {self.author} {self.lives}")
        station = Station(self.device, self.author, f"Desk {self.author}", "Main", self.kind)
        path = self._folder / f"life-{self.lives}.db"
        words = {"clock": self.clock, "react": reactions.react, "random": chance.randbytes}
        self.store = MortalStore(path, self._key, station, CLINIC, **words)
        key = signing_key(f"device {self.author}")
        self.exchange = Exchange(self.store, self.line, self._server.trust, self.acting.person.id, key)

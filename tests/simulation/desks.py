# SPDX-License-Identifier: Apache-2.0
"""A simulated workstation: the real store and the real exchange, through deaths, old copies and jumping clocks."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
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
from hms_desktop.sync.roads import Roads
from tests.desk import CLINIC, NAMES, blank
from tests.simulation.line import Answer, Late, Line, Weather
from tests.simulation.mortal import MortalStore, copy_of, left_behind, remove
from tests.simulation.server import ROLES, Server, signing_key, somebody
from tests.simulation.versions import running

T = TypeVar("T")


class SimDesk:
    """A workstation in its present life; `copied` is an old copy of its file, once there is one."""

    def __init__(
        self, server: Server, folder: Path, author: int, kind: str, seed: int, roads: Sequence[Answer]
    ) -> None:
        self.author = author
        self.kind = kind
        self.newer = False
        self.device = uuid5(NAMES, f"device {author}")
        self.clock = SetClock(server.clock.ms)
        self.late: list[Late] = []
        self.line, self.to_hub = (Line(self.device, answer, self.late) for answer in roads)
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
        with running(self.newer):
            return self.store.act(action, acting or self.acting)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """Ask something here."""
        with running(self.newer):
            return self.store.read(query, self.acting)

    def become(self, kind: str) -> None:
        """The server made it another kind, and somebody else comes to work at it."""
        self.kind = kind
        self.died()

    def died(self) -> None:
        """The process is gone; it is started again on what lies on the disk."""
        left_behind(self.store, self._folder / f"life-{self.lives + 1}.db")
        with running(self.newer):
            self._open()

    def begin(self, chance: random.Random) -> None:
        """Another exchange, on whatever roads."""
        for road in (self.line, self.to_hub):
            road.begin(chance)

    def fine(self) -> None:
        """Every road is good."""
        self.line.weather, self.to_hub.weather = Weather(), Weather()

    @property
    def mishaps(self) -> list[str]:
        """What went wrong on the way in this exchange."""
        return [*self.line.mishaps, *(f"hub: {mishap}" for mishap in self.to_hub.mishaps)]

    def put_copy_aside(self) -> None:
        """Keep a copy of the file as it is now, as a backup of the computer does."""
        self.copied = copy_of(self.store.path, self._folder / "copy.db")

    def put_back(self) -> None:
        """The computer is put back as it was when the copy was made."""
        assert self.copied is not None
        self.close()
        copy_of(self.copied, self._folder / f"life-{self.lives + 1}.db")
        with running(self.newer):
            self._open()

    def close(self) -> None:
        """End it for good."""
        self.store.close()
        remove(self.store.path)

    def _open(self) -> None:
        self.lives += 1
        chance = random.Random(f"desk {self._seed} {self.author} {self.lives}")
        station = Station(self.device, self.author, f"Desk {self.author}", "Main", self.kind)
        path = self._folder / f"life-{self.lives}.db"
        words = {"clock": self.clock, "react": reactions.react, "random": chance.randbytes}
        self.store = MortalStore(path, self._key, station, CLINIC, **words)
        key = signing_key(f"device {self.author}")
        roads = Roads(self.line, lambda: [self.to_hub], self.clock.now_ms)
        self.exchange = Exchange(self.store, roads, self._server.trust, self.acting.person.id, key)

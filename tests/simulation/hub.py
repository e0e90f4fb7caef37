# SPDX-License-Identifier: Apache-2.0
"""The simulated hub: the real one over its real file, with its way up to the centre, which dies and comes back."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from hms_desktop.clinic import follow_ups, lending
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import ClinicError, NotAllowed
from hms_desktop.security.accounts import Device
from hms_desktop.security.roles import policy
from hms_desktop.security.signing import sign_root
from hms_desktop.storage.acting import Acting, Person, Station
from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.protocol import Problem, pack
from sync_server.identity import ServerFacts
from sync_server.sync_api.centre import DeviceFacts
from sync_server.sync_api.hub import Hub
from sync_server.sync_api.hub_app import HUB_DOORS
from sync_server.upstream import Upstream
from tests.desk import CLINIC, NAMES, blank
from tests.simulation.line import Answer, Late, Line
from tests.simulation.mortal import MortalStore, copy_of, left_behind, remove
from tests.simulation.server import Server, call, signing_key
from tests.simulation.versions import running

AUTHOR = 900
"""Past every workstation, and past the authors of a server that was put back."""


class SimHub:
    """A hub in its present life; `asked` hands it a message as its HTTP side would."""

    def __init__(self, server: Server, folder: Path, seed: int, answer: Answer) -> None:
        self.device = uuid5(NAMES, f"device {AUTHOR}")
        self.late: list[Late] = []
        self.line = Line(self.device, answer, self.late)
        self.clock = SetClock(server.clock.ms)
        self.lives = 0
        self.copied: Path | None = None
        self.was_put_back = False
        self.newer = False
        self._server, self._folder, self._seed = server, folder / "hub", seed
        person = Person(self.device, "Clinic hub", "hub", frozenset(), frozenset(policy().permissions))
        self._worker = Acting(person, partial(sign_root, signing_key(f"device {AUTHOR}")))
        self._key, empty = blank(frozenset(Record.metadata.tables), tuple(LOCAL_INDEXES))
        self._folder.mkdir()
        self._next.write_bytes(empty)
        server.enrol(self.device, AUTHOR, HUB)
        self._open()
        with self.store.writing() as connection:
            set_meta(connection, "epoch", random.Random(f"hub epoch {seed}").randbytes(16))

    def __str__(self) -> str:
        return "the hub"

    @property
    def _next(self) -> Path:
        return self._folder / f"life-{self.lives + 1}.db"

    def _open(self) -> None:
        path, chance = self._next, random.Random(f"hub {self._seed} {self.lives}")
        self.lives += 1
        station = Station(self.device, AUTHOR, "Clinic hub", "Main", HUB)
        self.store = MortalStore(path, self._key, station, CLINIC, clock=self.clock, random=chance.randbytes)
        facts = ServerFacts(self.device, self._server.clinic, self._server.trust.server_public)
        follow, lendable = follow_ups.after_merge, lending.amount_available
        self.hub = Hub(self.store, self._worker, facts, self._folder / "snapshots", follow, lendable)
        self.upstream = Upstream(self.hub, self.line, self._server.trust)
        self.hub.borrow = self._borrow

    def _borrow(self, wanted: list[Any]) -> None:
        """As its thread does: what it lacks is asked for at once while the centre answers."""
        try:
            self.upstream.greet()
            self.upstream.borrow(wanted)
            while self.upstream.pull():
                pass
        except ClinicError as error:
            self.line.mishaps.append(f"could not borrow ({type(error).__name__})")

    def died(self) -> None:
        """The process is gone; it is started again on what lies on the disk."""
        left_behind(self.store, self._next)
        with running(self.newer):
            self._open()

    def put_copy_aside(self) -> None:
        """Keep a copy of the file as it is now."""
        self.copied = copy_of(self.store.path, self._folder / "copy.db")

    def put_back(self) -> None:
        """The computer is put back as it was when the copy was made."""
        assert self.copied is not None
        self.store.close()
        remove(self.store.path)
        copy_of(self.copied, self._next)
        self.was_put_back = True
        with running(self.newer):
            self._open()

    def asked(self, device: UUID, path: str, message: Any) -> bytes:
        """Answer a message; ServerRefused as the client would raise it. Died when it was the end of this process."""
        try:
            with running(self.newer):
                return self._answered(device, path, message)
        except ClinicError as error:
            raise ServerRefused(Problem(error.code, f"{type(error).__name__}: {error}")) from error

    def _answered(self, device: UUID, path: str, message: Any) -> bytes:
        row = self.store.read(lambda reader: reader.find(Device, device), self._worker)
        if row is None or path not in HUB_DOORS:
            raise NotAllowed("This workstation is not approved at the server. Ask the administrator.", "device")
        return pack(call(self.hub, DeviceFacts.of(row), path, message))

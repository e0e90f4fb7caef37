# SPDX-License-Identifier: Apache-2.0
"""A small world for sync tests: a real centre and real workstations over encrypted files, and a line that can fail."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from hms_desktop.clinic import modules
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import Unavailable
from hms_desktop.core.events import Event
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.roles import policy
from hms_desktop.security.signing import sign_root
from hms_desktop.security.statements import KeyStatement, sign_statement
from hms_desktop.security.stations import grants
from hms_desktop.storage.acting import Acting, Person, Station
from hms_desktop.storage.copying import copy_encrypted
from hms_desktop.storage.database import Database
from hms_desktop.storage.engine import CipherFile
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import React, Store
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.digest_wire import COMPARED, DIGESTS, RECORDS, Compared
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.protocol import Hello, Noted, Page, Problem, Welcome, pack, unpack
from hms_desktop.sync.relaying import MEET, RELAY
from hms_desktop.sync.verify import Trust
from sync_server.epochs import begin_epoch
from sync_server.identity import ServerFacts
from sync_server.sync_api.centre import Centre, DeviceFacts, FollowUp, Lendable
from sync_server.sync_api.digests import tell_digests, tell_records
from sync_server.sync_api.taking_back import take_back
from tests import stores
from tests.desk import CLINIC, MONDAY_09_00, NAMES

T = TypeVar("T")
assert modules.MODULES


def _nothing(unit: Unit, touched: Any) -> None:
    """No follow-ups: the engine alone."""


def _no_reactions(unit: Unit, event: Event) -> None:
    """No reactions either."""


def _one(reader: Reader, kind: str, subject: UUID) -> Decimal:
    return Decimal(1)


def _introduce(station: Station, public: bytes, unit: Unit) -> None:
    unit.action = "server.begin"
    unit.add(
        Device,
        id=station.device,
        author=station.author,
        name=station.name,
        site=station.site,
        kind="server",
        signing_public=public,
        status="approved",
        reduced_protection=False,
    )


class World:
    """A centre with its people; `desk()` enrols a workstation."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        follow_up: FollowUp = _nothing,
        lendable: Lendable = _one,
        react: React = _no_reactions,
        database: Database | None = None,
    ) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.clock = SetClock(MONDAY_09_00)
        self.clinic = uuid5(NAMES, "clinic")
        self._react = react
        self._signing = Ed25519PrivateKey.generate()
        self._desks = 0
        self.trust = Trust(self._signing.public_key().public_bytes_raw(), self.clinic)
        worker = Ed25519PrivateKey.generate()
        acting = Acting(
            Person(uuid5(NAMES, "device 0"), "Sync server", "server", frozenset(), frozenset(policy().permissions)),
            partial(sign_root, worker),
        )
        station = Station(uuid5(NAMES, "device 0"), 0, "Server", "Main", "server")
        self._key = os.urandom(32)
        place = database or stores.database()
        store = stores.keep(Store(folder / "server.db", self._key, station, CLINIC, clock=self.clock, database=place))
        with store.writing() as connection:
            set_meta(connection, "epoch", os.urandom(16))
        self._worker_public = worker.public_key().public_bytes_raw()
        store.act(partial(_introduce, station, self._worker_public), acting)
        self._follow_up, self._lendable = follow_up, lendable
        facts = self._facts = ServerFacts(
            uuid5(NAMES, "server"), self.clinic, self._signing.public_key().public_bytes_raw()
        )
        self.centre = Centre(store, acting, facts, folder / "snapshots", follow_up, lendable, self._signing)

    def person(self, login: str, *roles: str) -> Acting:
        """A person with an account at the centre."""
        keys = PersonKeys.generate()
        id = uuid5(NAMES, login)
        statement = sign_statement(self._signing, KeyStatement(self.clinic, id, keys.public, self.clock.now_ms()))

        def add(unit: Unit) -> None:
            unit.action = "server.person"
            unit.add(
                Account,
                id=id,
                login=login,
                name=login.title(),
                roles=list(roles),
                active=True,
                needs_code=False,
                statement=statement,
                wrapped=b"-",
            )

        self.centre.store.act(add, self.centre.worker)
        rights = policy().granted(roles)
        return Acting(Person(id, login.title(), login, frozenset(roles), rights), partial(sign_root, keys.signing))

    def desk(self, acting: Acting, kind: str = "all", *, filled: bool = True) -> WorldDesk:
        """A workstation, greeted and filled unless the line was cut before that."""
        self._desks += 1
        desk = WorldDesk(self, self._desks, acting, kind, self._react)
        if filled:
            desk.exchange.catch_up()
        return desk

    def put_back(self, copy: Path, author: int = 0) -> None:
        """The centre's file as it was when it was copied, its worker a new author, in a new epoch; 0: by hand."""
        store, worker = self.centre.store, self.centre.worker
        store.close()
        for suffix in ("-wal", "-shm"):
            store.path.with_name(store.path.name + suffix).unlink(missing_ok=True)
        shutil.copy(copy, store.path)
        station = replace(store.station, author=author)
        again = Store(store.path, self._key, station, CLINIC, clock=self.clock)
        if author:
            with again.writing() as connection:
                begin_epoch(connection, (store.station.author, author), self.clock.ms, self.clock.ms)
            server = replace(station, device=uuid5(NAMES, f"server {author}"))
            again.act(partial(_introduce, server, self._worker_public), worker)
        self.centre = Centre(
            again, worker, self._facts, self.folder / "snapshots", self._follow_up, self._lendable, self._signing
        )

    def copy(self, name: str) -> Path:
        """A copy of the centre's file as it is now."""
        if not isinstance(self.centre.store.database, CipherFile):
            pytest.skip("a database is copied by PostgreSQL's own means")
        target = self.folder / name
        copy_encrypted(self.centre.store.path, self._key, target)
        return target

    def close(self) -> None:
        """Close the centre's file."""
        self.centre.store.close()


class Line:
    """The way to the centre within one process: messages are really packed, and the line may be cut on either leg."""

    def __init__(self, world: World, device: DeviceFacts) -> None:
        self._world = world
        self._device = device
        self.to: Centre | None = None  # a hub instead of the centre
        self.up = True
        self.loss = 0.0
        self.compared: list[Compared] = []
        self.bytes = 0

    def greet(self, hello: Hello) -> Welcome:
        """Open a session."""
        return self.send("/v1/hello", hello, Welcome)

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """Carry a message there and its answer back, unless the line fails on the way."""
        self._may_fail()
        sent = pack(message)
        raw = self._answer(path, unpack(sent, type(message)))
        self.bytes += len(sent) + len(raw)
        self._may_fail()
        return unpack(raw, answer)

    def _may_fail(self) -> None:
        if not self.up or self._world.random.random() < self.loss:
            raise Unavailable("the line is down")

    def _answer(self, path: str, message: Any) -> bytes:
        centre, device = self.to or self._world.centre, self._device
        calls: dict[str, Callable[[], Any]] = {
            "/v1/hello": lambda: centre.hello(device, message, "s"),
            "/v1/push": lambda: centre.push(device, message),
            "/v1/pull": lambda: centre.pull(device, message),
            "/v1/snapshot": lambda: centre.snapshot(device, message),
            "/v1/page": lambda: unpack(centre.page(device, message), Page),
            "/v1/lease": lambda: centre.lease(device, message),
            "/v1/offer": lambda: take_back(centre, device, message),
            DIGESTS: lambda: tell_digests(centre.store, device.grants.read, device.part(device.grants.read), message),
            RECORDS: lambda: tell_records(centre.store, device.grants.read, device.part(device.grants.read), message),
            COMPARED: lambda: self._noted(message),
            MEET: lambda: centre.meet(device, message),
            RELAY: lambda: centre.relay(device, message),
        }
        try:
            return pack(calls[path]())
        except KeyError as error:
            raise ServerRefused(Problem("unknown", path)) from error

    def _noted(self, found: Compared) -> Noted:
        self.compared.append(found)
        return Noted(0)


class WorldDesk:
    """A workstation of the world: its store, its line and the person who acts."""

    def __init__(self, world: World, author: int, acting: Acting, kind: str, react: React) -> None:
        self.world = world
        self.clock = SetClock(world.clock.ms)
        self.acting = acting
        station = Station(uuid5(NAMES, f"device {author}"), author, f"Desk {author}", "Main", kind)
        self.path = world.folder / f"desk-{author}.db"
        self.key = os.urandom(32)
        self.store = Store(self.path, self.key, station, CLINIC, react=react, clock=self.clock)
        self.signing = Ed25519PrivateKey.generate()
        public = self.signing.public_key().public_bytes_raw()
        self.line = Line(world, DeviceFacts(station.device, author, kind, public, site=station.site))
        self.exchange = Exchange(self.store, self.line, world.trust, device=self.signing)

    @property
    def tables(self) -> frozenset[str]:
        """What this desk holds."""
        return grants(self.store.station.kind).read

    def do(self, action: Callable[[Unit], T], acting: Acting | None = None) -> T:
        """Run an action here."""
        return self.store.act(action, acting or self.acting)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """Ask something here."""
        return self.store.read(query, self.acting)

    def sync(self) -> None:
        """One whole round, however often the line fails in between."""
        for _try in range(200):
            try:
                self.exchange.catch_up()
                return
            except Unavailable:
                continue
        raise AssertionError("the line never held")


def dump(store: Store, tables: frozenset[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row and standing head of these tables, without what is local."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with store.reading() as connection:
        for name in sorted(tables):
            result = connection.execute(text(f'SELECT * FROM "{name}"'))
            keys = [key for key in list(result.keys()) if key != "rid"]
            found[name] = sorted(tuple(row._mapping[key] for key in keys) for row in result)
        heads = connection.execute(text("SELECT tbl, record, grp, stamp, vals FROM own_standing_head"))
        found["heads"] = sorted(tuple(row) for row in heads if row.tbl in tables)
    return found

# SPDX-License-Identifier: Apache-2.0
"""A world with two servers: the centre, and a hub at the clinic which the desks turn to when the line out is down."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from hms_desktop.core.errors import Unavailable
from hms_desktop.security.accounts import Device
from hms_desktop.security.roles import policy
from hms_desktop.security.signing import sign_root
from hms_desktop.storage.acting import Acting, Person, Station
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync.facts import HUB
from sync_server.identity import ServerFacts
from sync_server.sync_api.centre import DeviceFacts
from sync_server.sync_api.hub import Hub
from sync_server.upstream import Upstream
from tests.desk import CLINIC, NAMES
from tests.sync.world import Line, World, WorldDesk

HUB_AUTHOR = 900


def _enrol(facts: DeviceFacts, name: str, unit: Unit) -> None:
    unit.action = "server.device"
    unit.add(
        Device,
        id=facts.id,
        author=facts.author,
        name=name,
        site=facts.site,
        kind=facts.kind,
        signing_public=facts.signing_public,
        status="approved",
        reduced_protection=False,
    )


class HubWorld(World):
    """A centre whose workstations are enrolled, and one hub."""

    def __init__(self, folder: Path, **how: Any) -> None:
        super().__init__(folder, **how)
        self._hub_key = Ed25519PrivateKey.generate()
        device = uuid5(NAMES, "hub")
        self.hub_facts = DeviceFacts(
            device, HUB_AUTHOR, HUB, self._hub_key.public_key().public_bytes_raw(), site="Main"
        )
        self.enrol(self.hub_facts, "Clinic hub")
        self._follow_up = how.get("follow_up")
        self.open_hub(folder / "hub.db", os.urandom(32))

    def open_hub(self, path: Path, key: bytes) -> None:
        """Open the hub over this file."""
        self.hub_path, self.hub_file_key = path, key
        station = Station(self.hub_facts.id, HUB_AUTHOR, "Clinic hub", "Main", HUB)
        person = Person(station.device, "Clinic hub", "hub", frozenset(), frozenset(policy().permissions))
        store = Store(path, key, station, CLINIC, clock=self.clock)
        with store.writing() as connection:
            set_meta(connection, "epoch", os.urandom(16))
        facts = ServerFacts(station.device, self.clinic, self.trust.server_public)
        follow_up = self.centre._follow_up
        self.hub = Hub(
            store, Acting(person, partial(sign_root, self._hub_key)), facts, self.folder / "hub-snapshots",
            follow_up, self.centre._lendable,
        )  # fmt: skip
        self.up = Line(self, self.hub_facts)
        self.upstream = Upstream(self.hub, self.up, self.trust)

    def enrol(self, facts: DeviceFacts, name: str) -> None:
        """Name a device at the centre."""
        self.centre.store.act(partial(_enrol, facts, name), self.centre.worker)

    def station(self, acting: Acting, kind: str = "all") -> WorldDesk:
        """A workstation that the centre knows by name, greeted and filled by it."""
        desk = self.desk(acting, kind, filled=False)
        self.enrol(desk.line._device, desk.store.station.name)
        desk.exchange.catch_up()
        return desk

    def follow(self) -> None:
        """The hub's whole round with the centre, however often the line fails in between."""
        for _try in range(200):
            try:
                self.upstream.catch_up()
                return
            except Unavailable:
                continue
        raise AssertionError("the line never held")


def positions(store: Store) -> int:
    """How many places a server has given out."""
    with store.reading() as connection:
        return int(connection.execute(text("SELECT max(pos) FROM own_change_log")).scalar() or 0)

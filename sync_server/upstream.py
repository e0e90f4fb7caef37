# SPDX-License-Identifier: Apache-2.0
"""A hub's side of its exchange with the centre, as plain steps: greet, follow the centre's order, relay, borrow.

What the centre has is followed from its very first place and never filled by a snapshot: so this log has no hole, and
whoever comes here can go on wherever they are.
"""

from __future__ import annotations

import os
from decimal import Decimal
from uuid import UUID

import structlog
from sqlalchemy import select

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import Refused
from hms_desktop.core.version import program_version, system_name
from hms_desktop.security.accounts import Device
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import protocol, pull
from hms_desktop.sync.client import Transport
from hms_desktop.sync.giving_back import give_back, heed_epoch
from hms_desktop.sync.protocol import Hello, LeaseGiven, LeaseWanted, Pull, Pulled, Welcome
from hms_desktop.sync.relaying import RELAY, Relay, Relayed, next_relay
from hms_desktop.sync.vectors import chain_end
from hms_desktop.sync.verify import Believer, Trust
from sync_server.sync_api.hub import READY, Hub

GENERATION = "generation"
_log = structlog.get_logger(__name__)


class Upstream:
    """The exchange of one hub with its centre."""

    def __init__(self, hub: Hub, line: Transport, trust: Trust) -> None:
        self._store = hub.store
        self._line = line
        self._trust = trust
        self._there: dict[int, int] = {}
        self._but: set[int] = set()
        self.welcome: Welcome | None = None

    def greet(self) -> Welcome:
        """Open a session; learns how far the centre has each chain. Refused when this hub was put back from a copy."""
        own = self._store.station.author
        with self._store.writing() as connection:
            generation = bytes(meta_value(connection, GENERATION, b"")) or os.urandom(16)
            set_meta(connection, GENERATION, generation)
            last = chain_end(connection, own).number
        welcome = self._line.greet(
            Hello(
                protocol.VERSION, SCHEMA, generation, last, program_version(), self._store.clock.now_ms(),
                system=system_name(),
            )
        )  # fmt: skip
        if welcome.training != self._store.setting.clinic.training:
            raise Refused("Training data and a real clinic's data never meet: this centre is of the other kind.")
        if welcome.acknowledged > last:
            raise Refused("The centre knows more of this hub than the hub itself: it was put back from a copy. Make "
                          "a new hub with a code of its own, in another folder.")  # fmt: skip
        with self._store.writing() as connection:
            heed_epoch(connection, welcome)
            workers = connection.execute(select(Device.author).where(Device.kind == "server")).scalars()
            self._but = {0, *workers}
        self._there = dict(welcome.chains)
        self.welcome = welcome
        give_back(self._store, self._line.send)
        return welcome

    def pull(self, wait_ms: int = 0) -> int:
        """Fetch and apply the next page of the centre's order; returns how many entries are still to come."""
        assert self.welcome is not None
        server, everything = UUID(bytes=self.welcome.server), frozenset(REGISTRY)
        with self._store.reading() as connection:
            here = pull.cursors(connection, server)
        after = min(here.get(table, 0) for table in everything)
        page = self._line.send("/v1/pull", Pull(after, protocol.MAX_PAGE, wait_ms), Pulled)
        if page.position > after:
            self._take(page, server)
        if not page.left:
            self._note_ready()
        return page.left

    def _take(self, page: Pulled, server: UUID) -> None:
        with self._store.writing() as connection:
            believe = Believer(connection, self._trust, from_the_start=True)
            now_ms = self._store.clock.now_ms()
            outcome = pull.take_page(connection, page, server, frozenset(REGISTRY), now_ms, believe)
        for entry in page.entries:
            held = entry.whole or entry.gap
            if held is not None:
                self._there[held.author] = max(self._there.get(held.author, 0), held.number)
        self._store.tell(outcome.changes | Changes(frozenset({"own_change_log"})))

    def _note_ready(self) -> None:
        with self._store.reading() as connection:
            ready = meta_value(connection, READY, False)
        if not ready:
            with self._store.writing() as connection:
                set_meta(connection, READY, True)

    def relay(self) -> bool:
        """Bring the centre the next batch of what lies here and not there; False when there is nothing more."""
        assert self.welcome is not None
        with self._store.reading() as connection:
            batch = next_relay(connection, self._there, self._but)
        if not batch:
            return False
        answer = self._line.send(RELAY, Relay(batch), Relayed)
        for author, verdict in answer.verdicts:
            _log.error("the centre does not go on with an author", author=author, number=verdict.number)
        moved = [author for author, number in answer.chains if number > self._there.get(author, 0)]
        self._there.update(answer.chains)
        self._but |= {one.author for one in batch} - set(moved)
        return bool(moved)

    def borrow(self, wanted: list[tuple[str, UUID, Decimal]]) -> list[Decimal]:
        """Ask the centre for loans to lend on; they come by the next pull. What is lent here already goes on."""
        message = LeaseWanted([(kind, subject.bytes, str(amount)) for kind, subject, amount in wanted], keep=True)
        return [Decimal(amount) for amount in self._line.send("/v1/lease", message, LeaseGiven).given]

    def catch_up(self) -> None:
        """A whole round: follow, relay, and hear what the centre made of it."""
        self.greet()
        for relaying in (True, False):
            while self.pull():
                pass
            while relaying and self.relay():
                pass

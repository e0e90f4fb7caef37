# SPDX-License-Identifier: Apache-2.0
"""The centre: one method for each thing that a workstation asks, on messages and devices, with no HTTP in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.core.text import _
from hms_desktop.security.key_history import device_signing_keys
from hms_desktop.security.receipts import ChainEnd, Receipt
from hms_desktop.security.roles import STATION_EVENTS
from hms_desktop.security.signing import Forged
from hms_desktop.security.stations import Grants, grants
from hms_desktop.storage.acting import Acting, Person
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.ends import last_end
from hms_desktop.storage.reader import Reader, meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import copies, protocol, pull, receipts
from hms_desktop.sync.accept import Accepted, accept, accept_relayed
from hms_desktop.sync.apply import Applier
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.person_keys import PersonKeys, PersonKeysTaken
from hms_desktop.sync.protocol import (
    Hello,
    LeaseGiven,
    LeaseWanted,
    Manifest,
    PageWanted,
    Pull,
    Pulled,
    Push,
    Pushed,
    SnapshotWanted,
    Welcome,
)
from hms_desktop.sync.relaying import Meet, Met, Relay, Relayed, place_before
from hms_desktop.sync.standing_rows import StandingRows
from hms_desktop.sync.vectors import Vectors, chain_end
from hms_desktop.sync.verify import Believer, Trust
from sync_server import epochs, hubs, permits
from sync_server.administration import By, noted
from sync_server.bundle_notes import KEY_BYTES, keep_note, note_of
from sync_server.granting import granted_until, kinds_until, note_kinds
from sync_server.identity import ServerFacts
from sync_server.person_keys import take_person_keys
from sync_server.sync_api import lending
from sync_server.sync_api.checks import Checks, Sender
from sync_server.sync_api.known import Known, KnownPeople
from sync_server.sync_api.lending import Lendable
from sync_server.sync_api.relayed import OwnOfHub, RelayedChecks
from sync_server.sync_api.site_rows import SiteRows
from sync_server.sync_api.snapshots import Snapshots

Touched = Mapping[str, set[UUID]]
FollowUp = Callable[[Unit, Touched], None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DeviceFacts:
    """The workstation that asks, as the server knows it."""

    id: UUID
    author: int
    kind: str
    signing_public: bytes = b""
    former: bytes | None = None
    site: str = ""

    @classmethod
    def of(cls, row: Any) -> DeviceFacts:
        """From its row in the table of devices."""
        return cls(row.id, row.author, row.kind, row.signing_public, row.former, row.site)

    @property
    def grants(self) -> Grants:
        """The tables that it may hold or append to; a hub holds every one."""
        return Grants(frozenset(REGISTRY), frozenset()) if self.kind == HUB else grants(self.kind)

    def part(self, tables: frozenset[str]) -> SiteRows | None:
        """Which rows of these tables it may hold, where that is not all of them: those of its own site.

        Every bounded table is named, not only those asked for: one tells its place by another.
        """
        bounded = self.grants.own_site
        return SiteRows(bounded, self.site) if bounded & tables else None

    @property
    def itself(self) -> dict[UUID, Known]:
        """The workstation as who signs what it saw while nobody was signed in: it may write that and nothing else."""
        keys = device_signing_keys(self.signing_public, self.former)
        return {self.id: Known(keys, frozenset({STATION_EVENTS}), True)}


class Centre:
    """What workstations meet at. Every method runs in one transaction of the server's store."""

    holds_back = False

    def __init__(
        self,
        store: Store,
        worker: Acting,
        facts: ServerFacts,
        folder: Path,
        follow_up: FollowUp,
        lendable: Lendable,
        signing: Ed25519PrivateKey | None = None,
        alone: bool = True,
    ) -> None:
        self.store = store
        self.worker = worker
        self._facts = facts
        self._signing = signing
        self._follow_up = follow_up
        self._lendable = lendable
        self._snapshots = Snapshots(store, folder, store.clock, alone)
        with store.writing() as connection:
            note_kinds(connection, store.clock.now_ms())

    def hello(self, device: DeviceFacts, hello: Hello, session: str) -> Welcome:
        """Greet a device: grants, time, epoch, and how much of its work is held here."""
        if hello.version > protocol.VERSION or hello.schema > SCHEMA + 1:
            raise BadInput("This server is older than the workstation by more than one version: update the server.")
        self._must_be_the_one(device, hello)
        self._must_not_be_older(hello.receipt)
        with self.store.reading() as connection:
            news = permits.is_news(connection, device.id, self.store.clock.now_ms())
        if news:
            with self.store.writing() as connection:
                permits.called(connection, device.id, hello.last, self.store.clock.now_ms())
        self.learn(device, hello.receipt, hello.pages)
        welcome = self.welcome(device, session)
        too_old = hello.version < protocol.VERSION - 1 or hello.schema < SCHEMA - 1
        return msgspec.structs.replace(welcome, update=_update_words()) if too_old else welcome

    def learn(self, device: DeviceFacts, receipt: Receipt | None, pages: bytes) -> None:
        """What a workstation says of itself, whichever road it came: its last receipt, and the key of its file."""
        with self.store.reading() as connection:
            kept, note = last_end(connection, device.author), note_of(connection, device.id)
        if receipt is not None and receipt.end.number > (kept.number if kept else 0):
            with self.store.writing() as connection:
                receipts.take(connection, receipt, self._facts.signing_public)
        if len(pages) == KEY_BYTES and pages != note.pages:
            with self.store.writing() as connection:
                keep_note(connection, device.id, msgspec.structs.replace(note, pages=pages))

    def welcome(self, device: DeviceFacts, session: str = "") -> Welcome:
        """Who the server is, and what it has of a device and for it."""
        clinic, given = self.store.setting.clinic, device.grants
        with self.store.reading() as connection:
            vectors = Vectors(connection)
            held = vectors.chain(device.author).number
            chains = [(author, end.number) for author, end in vectors.chains().items()] if device.kind == HUB else []
            near = hubs.places(connection, device.site) if device.kind != HUB else []
            place, epoch = pull.position(connection), bytes(meta_value(connection, "epoch"))
            before = epochs.ended(connection)
        return Welcome(
            session,
            self._facts.id.bytes,
            epoch,
            self.store.clock.now_ms(),
            place,
            sorted(given.read),
            sorted(given.append),
            held,
            clinic.name,
            str(clinic.zone),
            clinic.currency,
            clinic.training,
            own_site=sorted(given.own_site),
            ended=before,
            hubs=near,
            chains=chains,
        )

    def _must_not_be_older(self, receipt: Receipt | None) -> None:
        """Refused where a receipt of its own shows that the server's folder was put back without a new epoch."""
        if receipt is None:
            return
        with self.store.reading() as connection:
            known = receipt.own.number <= chain_end(connection, self.store.station.author).number
        if known:
            return
        with self.store.writing() as connection:
            older = epochs.older_than(connection, self.store.station.author, receipt, self._facts.signing_public)
        if older:
            raise Refused(_put_back_words())

    def _must_be_the_one(self, device: DeviceFacts, hello: Hello) -> None:
        """SecondCopy for a file that was copied or put back from an image: of two, the one that came first goes on."""
        now_ms = self.store.clock.now_ms()
        with self.store.writing() as connection:
            told_ms = copies.turned_away_ms(connection, device.id)
            first = copies.first_of_its_kind(connection, device.id, hello, now_ms)
        if first:
            return
        _log.warning("a second copy of a workstation was turned away", device=device.id.hex)
        if now_ms - told_ms >= copies.TOLD_EVERY_MS:
            self._tell_second_copy(device)
        raise copies.SecondCopy(_second_copy_words())

    def _tell_second_copy(self, device: DeviceFacts) -> None:
        by = By(self._facts.id, "Sync server", "server")
        self.store.act(noted(by, "device.second_copy", device.id), self.worker)

    @property
    def trust(self) -> Trust:
        """By which key people's own keys are stated here."""
        return Trust(self._facts.signing_public, self._facts.clinic)

    def push(self, device: DeviceFacts, push: Push) -> Pushed:
        """Take a batch; refusals, time bounds and follow-ups become change sets of the server in the same commit."""
        if len(push.sets) > protocol.MAX_SETS:
            raise BadInput(f"A push holds at most {protocol.MAX_SETS} change sets.")
        with self.store.writing() as connection:
            applier = Applier(connection, frozenset(REGISTRY), self.store.clock.now_ms())
            checks = self.checks_for(applier.rows, device)
            accepted = accept(applier, push.sets, device.author, checks, self.holds_back)
            changes = self._settled(connection, accepted)
            answer = accepted.answer(connection)
            if push.end is not None and self._signing is not None:
                answer = msgspec.structs.replace(answer, receipt=self._receipt(connection, device, push.end))
        self.store.tell(changes | Changes(frozenset({"own_change_log"})))
        return answer

    def _settled(self, connection: Connection, accepted: Accepted) -> Changes:
        """State what has to be stated of work just taken, and do what must follow from it."""
        changes = accepted.outcome.changes
        if accepted.has_facts:
            _none, stated = self.store.act_on(connection, accepted.state, self.worker)
            changes |= stated
        return changes | self.follow(connection, accepted.outcome.touched)

    def relay(self, hub: DeviceFacts, relay: Relay) -> Relayed:
        """Take what a hub brings of others, each as if its own workstation had pushed it."""
        if hub.kind != HUB:
            raise NotAllowed("Only a hub brings the work of others.", "sync.relay")
        if len(relay.sets) > protocol.MAX_SETS:
            raise BadInput(f"A hub brings at most {protocol.MAX_SETS} change sets at once.")
        with self.store.writing() as connection:
            applier = Applier(connection, frozenset(REGISTRY), self.store.clock.now_ms())
            check_of = RelayedChecks(connection, hub.id, partial(self.checks_of, applier.rows))
            signed = Believer(connection, self.trust).signed
            accepted, answer = accept_relayed(applier, relay.sets, check_of, signed)
            changes = self._settled(connection, accepted)
        self.store.tell(changes | Changes(frozenset({"own_change_log"})))
        return answer

    def meet(self, device: DeviceFacts, meet: Meet) -> Met:
        """Where a workstation that knows so much of every chain goes on in this server's order."""
        with self.store.reading() as connection:
            return Met(place_before(connection, meet.known))

    def _receipt(self, connection: Connection, device: DeviceFacts, end: ChainEnd) -> Receipt | None:
        """Countersign where the device's chain ends; only its own, and only what lies in the log."""
        assert self._signing is not None
        if end.author != device.author:
            raise Forged("A workstation signs the end of its own chain alone.")
        own = (self.store.station.author, self._signing)
        return receipts.give(connection, end, device.signing_public, own, self.store.clock.now_ms())

    def checks_for(self, standing: StandingRows, device: DeviceFacts) -> Checks:
        """The checks on what this workstation sends, by the people, rights and grants of now."""
        connection = standing.written
        people = KnownPeople(self._as(standing, self.worker.person), self.trust, device.itself)
        until = granted_until(connection, device.id, device.kind)
        about = Sender(device.id, device.site, kinds_until(connection, device.id, device.kind))
        lapsed = permits.lapses_of(connection, device.id)
        ask_as = partial(self._as, standing)
        return Checks(standing, about, device.grants, people, until, self._facts.hosts, ask_as, lapsed)

    def checks_of(self, standing: StandingRows, row: Any) -> Checks | OwnOfHub:
        """The same for a row of the table of devices: a hub is held to what hubs do."""
        return OwnOfHub(standing, row) if row.kind == HUB else self.checks_for(standing, DeviceFacts.of(row))

    def _as(self, standing: StandingRows, person: Person) -> Reader:
        """What is held here, asked as somebody: how far their right reaches is theirs."""
        reader = Reader(standing.written, self.store.setting, person)
        reader.depth += 1
        return reader

    def follow(self, connection: Connection, touched: set[tuple[str, UUID]]) -> Changes:
        """What must happen where histories meet, over the records just touched, in the same transaction."""
        if not touched:
            return Changes()
        by_table: dict[str, set[UUID]] = {}
        for table, record in touched:
            by_table.setdefault(table, set()).add(record)
        _none, changes = self.store.act_on(connection, partial(self._followed, by_table), self.worker)
        return changes

    def _followed(self, touched: Touched, unit: Unit) -> None:
        unit.action = "sync.follow_up"
        self._follow_up(unit, touched)

    def pull(self, device: DeviceFacts, wanted: Pull) -> Pulled:
        """The page after the device's position, as far as it may see it."""
        limit = max(1, min(wanted.limit, protocol.MAX_PAGE))
        with self.store.reading() as connection:
            tables = device.grants.read & frozenset(wanted.tables) if wanted.tables else device.grants.read
            part = device.part(tables)
            shows = part.on(connection).shows if part else None
            return pull.serve(connection, wanted.after, limit, tables, shows)

    def snapshot(self, device: DeviceFacts, wanted: SnapshotWanted) -> Manifest:
        """A consistent snapshot of some of the device's tables."""
        tables = frozenset(wanted.tables)
        if not tables or not tables <= device.grants.read:
            raise NotAllowed("A workstation is filled only with tables that it is granted.", "sync.fill")
        return self._snapshots.offer(tables, wanted.not_before, device.part(tables))

    def page(self, device: DeviceFacts, wanted: PageWanted) -> bytes:
        """One page of a snapshot, packed for the wire."""
        return self._snapshots.page(wanted.id, wanted.table, wanted.page, device.grants.read, device.part)

    def person_keys(self, device: DeviceFacts, sent: PersonKeys) -> PersonKeysTaken:
        """Take what people changed of how they sign in at this workstation."""
        return PersonKeysTaken(take_person_keys(self.store, self.worker, self._facts, device.id, sent))

    def lease(self, device: DeviceFacts, wanted: LeaseWanted) -> LeaseGiven:
        """Lend what is still free of each thing asked for, and let go on what is lent there if that is asked."""

        with self.store.reading() as connection:
            if not epochs.may_lend(connection, self.store.clock.now_ms()):
                return LeaseGiven(["0"] * len(wanted.wanted))

        def act(unit: Unit) -> list[Decimal]:
            unit.action = "sync.lend"
            if wanted.keep:
                lending.renew(unit, device.id, device.author, self._lendable)
            return lending.lend(unit, device.id, device.author, wanted.wanted, self._lendable)

        given = self.store.act(act, self.worker)
        return LeaseGiven([str(amount) for amount in given])


def _update_words() -> str:
    return _(
        "This program is more than one version older than the server. What is done here is still sent and safe; "
        "nothing new comes until the program is updated."
    )


def _put_back_words() -> str:
    return _(
        "The server's data was put back from an older copy, and not by hms-server restore. Nothing is exchanged, and "
        "nothing is lost here: the administrator stops the server and runs hms-server new-epoch."
    )


def _second_copy_words() -> str:
    return _(
        "This workstation's data was copied, or put back from an older image: another copy of it has called since. "
        "Nothing of this copy is taken, and what is written here stays here. Ask the administrator to block the "
        "workstation if nobody knows why, and for a code to enrol this computer anew."
    )

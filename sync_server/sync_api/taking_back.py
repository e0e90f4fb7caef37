# SPDX-License-Identifier: Apache-2.0
"""A restored server takes back what its workstations still hold: their own change sets, and others' as far as seen.

Everything is signed by the person that it names and chained to what is here, or it is not taken. A change set that is
whole is judged like one that is pushed by its author; of one that comes in parts what can be judged is. A gap is taken
only together with a signed change set that follows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import Connection, select

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import Damaged
from hms_desktop.security.accounts import Device
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import (
    ChangeSet,
    Gap,
    change_set_root,
    decode_details,
    gap_root,
    readable_leaves,
)
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.accept import Accepted, CheckFailed, judge, turn_away
from hms_desktop.sync.apply import Applier, Forked
from hms_desktop.sync.giving_back import Offer, Offered
from hms_desktop.sync.protocol import Entry
from hms_desktop.sync.vectors import EVERY_OTHER
from hms_desktop.sync.verify import Believer
from sync_server import epochs
from sync_server.epochs import Given
from sync_server.sync_api.centre import Centre, DeviceFacts
from sync_server.sync_api.checks import Checks
from sync_server.sync_api.relayed import OwnOfHub

_log = structlog.get_logger(__name__)
_OF_PEOPLE = frozenset({"account", "device"})
_HASH_BYTES = 32


def take_back(centre: Centre, device: DeviceFacts, offer: Offer) -> Offered:
    """Take a batch that a workstation offers, in one transaction; without a restore only its own change sets."""
    store, now_ms = centre.store, centre.store.clock.now_ms()
    changes = Changes()
    with store.writing() as connection:
        taking = _Taking(connection, centre, device, now_ms)
        for entry in offer.entries:
            taking.take(entry)
        told = taking.finish()
        if offer.entries:
            changes = taking.accepted.outcome.changes
            if taking.accepted.has_facts:
                _none, stated = store.act_on(connection, taking.accepted.state, centre.worker)
                changes |= stated
            changes |= centre.follow(connection, taking.accepted.outcome.touched)
        if epochs.begun(connection) is not None and (offer.entries or offer.last):
            told.done, told.known = offer.last, list(offer.known)
            epochs.note_given(connection, device.id, told.given(now_ms))
        chains = _wanted_after(connection)
    store.tell(changes | Changes(frozenset({"own_change_log"})) if offer.entries else changes)
    return Offered(chains, again=bool(told.unjoined))


def _wanted_after(connection: Connection) -> list[tuple[int, int]]:
    """Per author the number after which something is missing here: beyond the chain, or in it as it came in parts."""
    ends = {row.author: row.number for row in connection.execute(select(ledger.author_state))}
    for author, number in lacking(connection):
        ends[author] = min(ends[author], number - 1)
    return list(ends.items())


def lacking(connection: Connection) -> list[tuple[int, int]]:
    """(author, number) of every change set of which a part is missing here, in the order of their stamps."""
    log = ledger.change_log
    parts = select(ledger.held.c.stamp).where(ledger.held.c.tbl == EVERY_OTHER)
    found = select(log.c.author, log.c.number).where(log.c.stamp.in_(parts)).order_by(log.c.stamp)
    return [(row.author, row.number) for row in connection.execute(found)]


@dataclass
class _Told:
    own: int = 0
    others: int = 0
    parts: int = 0
    refused: int = 0
    unsigned: int = 0
    unjoined: int = 0
    done: bool = False
    known: list[tuple[int, int]] = field(default_factory=list)

    def given(self, at_ms: int) -> Given:
        return Given(
            at_ms, self.own, self.others, self.parts, self.refused, self.unsigned, self.unjoined, self.done, self.known
        )


class _Taking:
    def __init__(self, connection: Connection, centre: Centre, device: DeviceFacts, now_ms: int) -> None:
        self._connection, self._centre, self._device, self._now_ms = connection, centre, device, now_ms
        restored = epochs.begun(connection) is not None
        self._applier = Applier(connection, frozenset(REGISTRY), now_ms, parts=restored)
        self._restored = restored
        self.accepted = Accepted(self._applier.outcome)
        self._told = _Told()
        self._gaps: dict[int, list[Gap]] = {}
        self._made_by_refused: set[bytes] = set()
        self._checks: dict[int, Checks | OwnOfHub | None] = {}
        self._believe = Believer(connection, centre.trust)
        self._kinds: dict[int, str] = {}
        self._servers: frozenset[UUID] = frozenset()

    def finish(self) -> _Told:
        """Write what is still batched."""
        self._applier.finish()
        self._told.refused = len(self.accepted.refused)
        return self._told

    def take(self, place: Entry) -> None:
        """One entry, in the order of the replica that offers it."""
        entry = place.whole or place.gap
        if entry is None or not (self._restored or entry.author == self._device.author):
            return
        if isinstance(entry, Gap):
            self._gaps.setdefault(entry.author, []).append(entry)
            return
        try:
            self._take(entry, self._gaps.pop(entry.author, []))
        except Forked as forked:
            self._told.unjoined += 1
            _log.warning("what a workstation gave back does not follow", device=self._device.id.hex, why=str(forked))

    def _take(self, entry: ChangeSet, gaps: Sequence[Gap]) -> None:
        known = self._applier.vectors.chain(entry.author)
        if entry.number <= known.number:
            self._applier.take(entry)
            return
        gaps = [gap for gap in gaps if gap.number > known.number]
        if not _joined(known.number, known.root, [*gaps, entry]):
            self._told.unjoined += 1
            return
        root = change_set_root(entry)
        if not self._signed(entry, root):
            self._told.unsigned += 1
            return
        for gap in gaps:
            self._applier.take(gap)
        self._judge(entry, root)
        own = entry.author == self._device.author
        self._told.own += own
        self._told.others += not own
        if not _OF_PEOPLE.isdisjoint(leaf.table for leaf in readable_leaves(entry.leaves)):
            self._applier.put_down()
            self._believe, self._checks = Believer(self._connection, self._centre.trust), {}

    def _judge(self, entry: ChangeSet, root: bytes) -> None:
        checks, whole = self._checks_of(entry.author), all(len(leaf) != _HASH_BYTES for leaf in entry.leaves)
        self._told.parts += not whole
        if checks is None:  # an earlier worker of this server: its word needs no more than its signature
            self._applier.take(entry)
        elif whole:
            judge(self._applier, self.accepted, entry, checks, self._made_by_refused)
        else:
            leaves = readable_leaves(entry.leaves)
            try:
                checks.of_parts(entry, root, leaves)
            except CheckFailed as why:
                turn_away(self._applier, self.accepted, entry, why, self._made_by_refused)
            else:
                self._applier.take(entry)

    def _signed(self, entry: ChangeSet, root: bytes) -> bool:
        """By the person that it names; a server's own work by a server, and nobody else's."""
        try:
            self._believe(entry, root)
            person = UUID(bytes=decode_details(entry.details).person)
        except Damaged:
            return False
        if entry.author not in self._kinds:
            rows = self._connection.execute(select(Device.id, Device.author, Device.kind)).all()
            self._kinds = {row.author: row.kind for row in rows}
            self._servers = frozenset(row.id for row in rows if row.kind == "server")
        kind = self._kinds.get(entry.author)
        return kind is not None and (kind == "server") == (person in self._servers)

    def _checks_of(self, author: int) -> Checks | OwnOfHub | None:
        if author not in self._checks:
            row = self._connection.execute(select(Device.__table__).where(Device.author == author)).one()
            self._checks[author] = None if row.kind == "server" else self._centre.checks_of(self._applier.rows, row)
        return self._checks[author]


def _joined(number: int, root: bytes, entries: Sequence[ChangeSet | Gap]) -> bool:
    """Whether these go on without a hole from where a chain ends."""
    for entry in entries:
        if entry.number != number + 1 or entry.prev != root:
            return False
        number, root = entry.number, gap_root(entry) if isinstance(entry, Gap) else change_set_root(entry)
    return True

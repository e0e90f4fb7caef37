# SPDX-License-Identifier: Apache-2.0
"""Mending records that differ from the server's: each is made again from all change sets that were ever written of it.

Which of them count is known here: those of chains as far as they are known, less what waits. Nothing that this
workstation's own log holds is ever taken back: where the server does not have it, the row stays and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import stamp_author
from hms_desktop.storage import ledger, rows
from hms_desktop.storage.change_sets import ChangeSet, Leaf, change_set_root, readable_leaves
from hms_desktop.storage.indexes import refresh_indexes
from hms_desktop.storage.records import REGISTRY, Group, Table
from hms_desktop.storage.rows import StandingHead
from hms_desktop.storage.store import Store
from hms_desktop.sync import merge, outbox, snapshot
from hms_desktop.sync.client import Transport
from hms_desktop.sync.digest_wire import RECORDS, RecordsTold, RecordsWanted
from hms_desktop.sync.entries import leaves_of
from hms_desktop.sync.protocol import Entry
from hms_desktop.sync.vectors import Vectors
from hms_desktop.sync.verify import Believer, Trust

Place = tuple[str, bytes]
Written = Sequence[tuple[int, Leaf]]
AT_ONCE = 50
_UNSENT = text("SELECT stamp FROM own_change_log WHERE author = :author AND number > :sent")


@dataclass(frozen=True)
class Replica:
    """The store to mend, and whom it believes."""

    store: Store
    trust: Trust | None = None


@dataclass(frozen=True)
class Rebuilt:
    """A record as its change sets make it: the stamp that made it, and the standing heads of each group."""

    made: int
    heads: Mapping[str, list[StandingHead]]


def rebuilt(table: Table, written: Written) -> Rebuilt | None:
    """The record that these leaves make, in whatever order they are given; None when none of them makes it."""
    made = [stamp for stamp, leaf in written if leaf.bases is None]
    if not made:
        return None
    return Rebuilt(min(made), {group.name: _heads(group, written) for group in table.groups.values()})


def _heads(group: Group, written: Written) -> list[StandingHead]:
    replaced = {base for _stamp, leaf in written for base in (leaf.bases or {}).get(group.name, ())}
    wrote = {
        stamp: {name: leaf.values.get(name) for name in group.columns}
        for stamp, leaf in written
        if (leaf.bases is None or group.name in leaf.bases) and stamp not in replaced
    }
    return [StandingHead(stamp, wrote[stamp]) for stamp in sorted(wrote)]


def mend(replica: Replica, line: Transport, places: Sequence[Place]) -> frozenset[Place]:
    """Make these records again as the log says; returns those that stay as they are, as the server may have lost them.

    One that can't be made again is passed over; whoever asked looks at it once more.
    """
    kept: set[Place] = set()
    touched: set[tuple[str, UUID]] = set()
    ordered = _parents_first(places)
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        told = line.send(RECORDS, RecordsWanted(_with_stamps(replica.store, some)), RecordsTold)
        with replica.store.writing() as connection:
            writer = _Writer(connection, replica)
            lost = {place for place, is_lost in zip(some, told.lost, strict=True) if is_lost}
            writer.kept |= lost
            answers = [(place, all) for place, all in zip(some, told.records, strict=True) if place not in lost]
            for place, entries in answers:
                if entries:
                    writer.mend(place, entries)
            for place, entries in reversed(answers):
                if not entries:
                    writer.remove(place)
            refresh_indexes(connection, writer.touched)
        kept |= writer.kept
        touched |= writer.touched
    replica.store.tell(Changes(frozenset(t for t, _r in touched), frozenset(r for _t, r in touched)))
    return frozenset(kept)


def _with_stamps(store: Store, places: Iterable[Place]) -> list[tuple[str, bytes, list[int]]]:
    """The places with the stamps that their rows show, less those that no change set can have and refused ones."""
    with store.reading() as connection:
        vectors = Vectors(connection)
        return [(*place, sorted(filter(partial(_is_real, vectors), _shown(connection, place)))) for place in places]


def _is_real(vectors: Vectors, stamp: int) -> bool:
    return stamp <= vectors.chain(stamp_author(stamp)).stamp and not vectors.is_refused(stamp)


def _shown(connection: Connection, place: Place) -> set[int]:
    table, row = REGISTRY[place[0]], rows.read_row(connection, *place)
    if row is None:
        return set()
    heads = (rows.group_heads(connection, table, group, row) for group in table.groups.values())
    return {row["k"], *(head.stamp for standing in heads for head in standing)}


def _parents_first(places: Iterable[Place]) -> list[Place]:
    known = list(places)
    order = {name: n for n, name in enumerate(snapshot.in_order(sorted({table for table, _record in known})))}
    return sorted(known, key=lambda place: (order[place[0]], place[1]))


class _Writer:
    """Mends within one writing transaction."""

    def __init__(self, connection: Connection, replica: Replica) -> None:
        self._connection = connection
        self._believe = Believer(connection, replica.trust) if replica.trust else None
        self._vectors = Vectors(connection)
        own = {"author": replica.store.station.author, "sent": outbox.sent(connection)}
        self._unsent = frozenset(connection.execute(_UNSENT, own).scalars())
        bounds = connection.execute(select(ledger.time_bound)).all()
        self._order = merge.order_by({row.stamp: row.ms for row in bounds})
        self.kept: set[Place] = set()
        self.touched: set[tuple[str, UUID]] = set()

    def mend(self, place: Place, entries: Sequence[Entry]) -> None:
        """Make one record again, with what was done to it here meanwhile."""
        here = dict(leaves_of(self._connection, *place))
        known = {one.stamp for entry in entries for one in (entry.whole, entry.gap) if one is not None}
        if here.keys() - known - self._unsent:
            self.kept.add(place)
            return
        if any(entry.whole is None for entry in entries):
            return  # some of it is put away where no workstation sees it
        self._check(entries)
        unsent = [(stamp, leaf) for stamp, leaf in here.items() if stamp in self._unsent]
        self._put(place, rebuilt(REGISTRY[place[0]], [*self._counting(place, entries), *unsent]))

    def remove(self, place: Place) -> None:
        """Take out a record of which the server knows nothing, unless this log does."""
        if list(leaves_of(self._connection, *place)):
            self.kept.add(place)
        else:
            self._put(place, None)

    def _put(self, place: Place, made: Rebuilt | None) -> None:
        table, record = place
        try:
            with self._connection.begin_nested():
                self._write(REGISTRY[table], record, made)
        except IntegrityError:  # something else points at it, or stands in its place: its table comes anew
            return
        self.touched.add((table, UUID(bytes=record)))

    def _check(self, entries: Iterable[Entry]) -> None:
        """Raise Damaged unless each was signed by whom it names: the row is theirs, whoever sends it."""
        for entry in entries:
            if self._believe is not None and entry.whole is not None:
                self._believe(entry.whole, change_set_root(entry.whole))

    def _counting(self, place: Place, entries: Iterable[Entry]) -> Iterable[tuple[int, Leaf]]:
        """What of them is merged here: known chains, less what waits; the rest comes by itself."""
        table, _record = place
        for one in (entry.whole for entry in entries):
            assert one is not None
            if one.number <= self._vectors.chain(one.author).number and not self._vectors.holds(table, one.stamp):
                yield from ((one.stamp, leaf) for leaf in _of(one, place))

    def _write(self, table: Table, record: bytes, made: Rebuilt | None) -> None:
        if made is None:
            rows.delete_row(self._connection, table, record)
            return
        shown = {name: merge.shown(table.groups[name].policy, heads, self._order) for name, heads in made.heads.items()}
        if not rows.existing_ids(self._connection, table.name, [record]):
            values: dict[str, Any] = {n: v for head in shown.values() for n, v in head.values.items()}
            rows.insert_row(self._connection, table, record, made.made, values)
        rows.set_maker(self._connection, table, record, made.made)
        for name, heads in made.heads.items():
            group = table.groups[name]
            rows.write_group(self._connection, table, group, record, shown[name].stamp, shown[name].values)
            rows.store_heads(self._connection, table, group, record, heads)


def _of(change_set: ChangeSet, place: Place) -> list[Leaf]:
    return [leaf for leaf in readable_leaves(change_set.leaves) if (leaf.table, leaf.record) == place]

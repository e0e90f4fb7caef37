# SPDX-License-Identifier: Apache-2.0
"""What a store has merged: each author's chain, what of it waits, and what a table's snapshot already held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select

from hms_desktop.core.clock import stamp_author, stamp_ms
from hms_desktop.storage import chain, ledger
from hms_desktop.storage.change_sets import NO_ROOT, ChangeSet, readable_leaves
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.entries import entry_of


@dataclass(frozen=True)
class ChainEnd:
    """How far an author's chain is known here."""

    number: int
    stamp: int
    root: bytes


REFUSED = "refused"
PARTS, EVERY_OTHER = "parts", "*"
"""Why a change set is held of which only some leaves came back to a restored server, and the table that stands for
every one of which none did."""
HELD_BACK = "held back"
_START = ChainEnd(0, 0, NO_ROOT)
_STATES, _VECTORS, _HELD = select(ledger.author_state), select(ledger.applied_vector), select(ledger.held)
_OF_STAMP = select(ledger.change_log).where(ledger.change_log.c.stamp == bindparam("wanted"))
_STATE = _STATES.where(ledger.author_state.c.author == bindparam("wanted"))


def chain_end(connection: Connection, author: int) -> ChainEnd:
    """How far one author's chain is known; a start before number 1 when it is not. Reads nothing else."""
    row = connection.execute(_STATE, {"wanted": author}).first()
    return ChainEnd(row.number, row.stamp, bytes(row.root)) if row is not None else _START


class Vectors:
    """The applied set of a store, by table and author, read once and kept up to date while entries are applied."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        states = connection.execute(_STATES).all()
        self._chains = {row.author: ChainEnd(row.number, row.stamp, bytes(row.root)) for row in states}
        vectors = connection.execute(_VECTORS).all()
        self._filled = {(row.tbl, row.author): row.stamp for row in vectors}
        held = connection.execute(_HELD).all()
        self._held = {(row.stamp, row.tbl) for row in held if row.tbl != EVERY_OTHER}
        self._told_in_parts = {row.stamp for row in held if row.why == PARTS and row.tbl != EVERY_OTHER}
        self._lacking: dict[int, frozenset[str] | None] = {row.stamp: None for row in held if row.tbl == EVERY_OTHER}
        self._refused = {row.stamp for row in held if row.why == REFUSED}
        self._held_back = {row.stamp for row in held if row.why == HELD_BACK}
        self._clock = int(meta_value(connection, "clock", 0))
        self._moved: set[int] = set()
        self._learnt = False

    def chain(self, author: int) -> ChainEnd:
        """How far this author's chain is known; a start before number 1 when it is not."""
        return self._chains.get(author, _START)

    def chains(self) -> dict[int, ChainEnd]:
        """Every author's chain end."""
        return dict(self._chains)

    def advance(self, author: int, number: int, stamp: int, root: bytes) -> None:
        """The author's chain is known to here; `write` keeps it."""
        self._chains[author] = ChainEnd(number, stamp, root)
        self._moved.add(author)

    def has(self, table: str, stamp: int) -> bool:
        """Whether this change set is in the applied set of the table."""
        author = stamp_author(stamp)
        reach = max(self.chain(author).stamp, self._filled.get((table, author), 0))
        return bool(stamp <= reach and not self.holds(table, stamp))

    def covers(self, table: str, stamp: int) -> bool:
        """Whether the table's snapshot already had this change set in its rows."""
        return bool(stamp <= self._filled.get((table, stamp_author(stamp)), 0) and not self.holds(table, stamp))

    def holds(self, table: str, stamp: int) -> bool:
        """Whether the rows of the table are without this change set, which waits or stands in quarantine."""
        return (stamp, table) in self._held or (stamp in self._lacking and table not in self.shown(stamp))

    def lack(self, stamp: int, shown: frozenset[str]) -> None:
        """Only what lies in the log of it came back; its other tables go without it until the rest does."""
        if stamp not in self._lacking:
            self._lacking[stamp] = shown
            row = {"stamp": stamp, "tbl": EVERY_OTHER, "why": PARTS}
            self._connection.execute(insert(ledger.held), row)

    def lacks(self, stamp: int) -> bool:
        """Whether a part of this change set is missing here."""
        return stamp in self._lacking

    def told_in_parts(self, stamp: int) -> bool:
        """Whether this replica was filled while the server lacked a part of this change set."""
        return stamp in self._told_in_parts

    def lacking(self) -> list[int]:
        """Every change set of which a part is missing here, oldest first."""
        return sorted(self._lacking)

    def more_came(self, stamp: int, shown: frozenset[str], whole: bool) -> None:
        """More of it lies in the log now, of these tables; with `whole` nothing is missing any more."""
        self._lacking[stamp] = shown
        if whole:
            del self._lacking[stamp]
            gone = (ledger.held.c.stamp == stamp) & (ledger.held.c.tbl == EVERY_OTHER)
            self._connection.execute(delete(ledger.held).where(gone))

    def shown(self, stamp: int) -> frozenset[str]:
        """The tables of which this store has the leaves of a change set that came in parts."""
        known = self._lacking.get(stamp)
        if known is None:
            row = self._connection.execute(_OF_STAMP, {"wanted": stamp}).first()
            entry = entry_of(row) if row is not None else None
            leaves = entry.leaves if isinstance(entry, ChangeSet) else []
            known = self._lacking[stamp] = frozenset(leaf.table for leaf in readable_leaves(leaves))
        return known

    def hold(self, stamp: int, tables: set[str], why: str) -> None:
        """Keep a change set out of the applied set of its tables until what it needs has come."""
        for table in tables:
            if not self.holds(table, stamp):
                self._held.add((stamp, table))
                self._connection.execute(insert(ledger.held), {"stamp": stamp, "tbl": table, "why": why})

    def refuse(self, stamp: int, tables: set[str]) -> None:
        """A refused change set is in no applied set, and waits for nothing."""
        self._refused.add(stamp)
        self.let_go(stamp)
        self.hold(stamp, tables, REFUSED)

    def hold_back(self, stamp: int, tables: Iterable[str]) -> None:
        """A change set over which the centre has not decided is in the applied set of none of these tables."""
        self._held_back.add(stamp)
        self.hold(stamp, {*tables, ""}, HELD_BACK)  # the mark without a table stays when tables come anew

    def is_held_back(self, stamp: int) -> bool:
        """Whether a hub keeps it back until the centre decides."""
        return stamp in self._held_back

    def held_back(self) -> frozenset[int]:
        """All that hubs keep back."""
        return frozenset(self._held_back)

    def let_go(self, stamp: int) -> None:
        """What a held change set needed has come."""
        self._held_back.discard(stamp)
        self._held = {(s, t) for s, t in self._held if s != stamp}
        gone = (ledger.held.c.stamp == stamp) & (ledger.held.c.tbl != EVERY_OTHER)
        self._connection.execute(delete(ledger.held).where(gone))

    def is_held(self, stamp: int) -> bool:
        """Whether the change set waits."""
        return stamp not in self._refused and any(held == stamp for held, _table in self._held)

    def any_refused(self) -> bool:
        """Whether anything stands in quarantine or is held back."""
        return bool(self._refused or self._held_back)

    def is_refused(self, stamp: int) -> bool:
        """Whether the change set stands in quarantine."""
        return stamp in self._refused

    def is_out(self, stamp: int) -> bool:
        """Whether the change set stands in quarantine or is held back: what follows it can't be taken either."""
        return stamp in self._refused or stamp in self._held_back

    def held_stamps(self) -> list[int]:
        """The change sets that wait, oldest first."""
        waits = {stamp for stamp, _table in self._held} - self._refused - self._told_in_parts
        return sorted(waits - self._held_back)

    def fill(self, table: str, vector: dict[int, int]) -> None:
        """A snapshot of this table held every change up to these stamps."""
        for author, stamp in vector.items():
            if stamp > self.chain(author).stamp:
                self._filled[table, author] = stamp
                row = {"tbl": table, "author": author, "stamp": stamp}
                self._connection.execute(insert(ledger.applied_vector), row)

    def fill_held_back(self, tables: Iterable[str], reach: Mapping[int, int]) -> None:
        """These tables came anew by a snapshot up to these stamps: what hubs keep back is in their rows, or is not."""
        for stamp in self._held_back:
            author = stamp_author(stamp)
            until = reach.get(author, 0)
            if stamp > until:
                self.hold(stamp, set(tables), HELD_BACK)
                continue
            for table in tables:
                if (table, author) not in self._filled:
                    self._filled[table, author] = until
                    row = {"tbl": table, "author": author, "stamp": until}
                    self._connection.execute(insert(ledger.applied_vector), row)

    def learn_clock(self, stamp: int, limit_ms: int) -> None:
        """Remember the latest stamp seen, unless its clock runs ahead of `limit_ms`; `write` keeps it."""
        if stamp > self._clock and stamp_ms(stamp) <= limit_ms:
            self._clock, self._learnt = stamp, True

    def write(self) -> None:
        """Keep where chains and clock have come to: once for a whole run, in its transaction."""
        for author in self._moved:
            end = self._chains[author]
            chain.advance(self._connection, author, end.number, end.stamp, end.root)
        self._moved.clear()
        if self._learnt:
            set_meta(self._connection, "clock", self._clock)
            self._learnt = False

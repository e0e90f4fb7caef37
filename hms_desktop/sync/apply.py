# SPDX-License-Identifier: Apache-2.0
"""Taking change sets into a store: in author order, whole or waiting, merged into rows and written to the log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, text

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import stamp_author
from hms_desktop.core.errors import Damaged
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import (
    ChangeSet,
    Gap,
    Leaf,
    change_set_root,
    gap_root,
    leaf_hash,
    readable_leaves,
)
from hms_desktop.storage.indexes import refresh_indexes
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync import merge
from hms_desktop.sync.batches import LogBatch
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.facts import SPECIAL
from hms_desktop.sync.refusals import ask_again, heed, note_bound
from hms_desktop.sync.standing_rows import StandingRows
from hms_desktop.sync.vectors import ChainEnd, Vectors

LEARN_AHEAD_MS = 5 * 60 * 1000
_LOGGED = select(ledger.change_log).where(
    ledger.change_log.c.author == bindparam("of"), ledger.change_log.c.number == bindparam("nth")
)
_LAST_LOGGED = select(func.max(ledger.change_log.c.number)).where(ledger.change_log.c.author == bindparam("of"))
_REFUSALS = select(ledger.refusal.c.author, ledger.refusal.c.number, ledger.refusal.c.reason)
_HASH_BYTES = 32
RESTORED = "server restored"
"""The note of a replica that the server's store was put back once from a backup."""
_SET_STATE = text("UPDATE own_change_log SET state = :state WHERE pos = :pos")
_BOUNDS = select(ledger.time_bound)
Believe = Callable[[ChangeSet, bytes], None]


class Forked(Damaged):
    """An author's history does not go on as it began: its workstation was copied, put back or changed by hand."""

    def __init__(self, entry: ChangeSet | Gap, what: str) -> None:
        place = f"Change {entry.number} of author {entry.author}"
        remedy = "Its workstation was copied, put back from a backup or changed by hand: block it and enrol it anew."
        super().__init__(f"{place} {what}. {remedy}")


@dataclass
class Outcome:
    """What a run of entries did: records touched, what waits and for what, and what met in a conflict."""

    touched: set[tuple[str, UUID]] = field(default_factory=set)
    taken: int = 0
    repeated: int = 0
    waiting: list[str] = field(default_factory=list)
    conflicts: set[tuple[str, UUID, str]] = field(default_factory=set)
    facts: list[Leaf] = field(default_factory=list)

    @property
    def changes(self) -> Changes:
        """The same as one notice for the screens."""
        return Changes(frozenset(t for t, _ in self.touched), frozenset(r for _, r in self.touched))


_Read = tuple[ChangeSet, bytes, list[Leaf]]


def _read(entry: ChangeSet) -> _Read:
    return entry, change_set_root(entry), readable_leaves(entry.leaves)


class Applier:
    """Applies entries within one writing transaction of a store that holds the tables `granted`."""

    def __init__(
        self,
        connection: Connection,
        granted: frozenset[str],
        now_ms: int,
        believe: Believe | None = None,
        *,
        parts: bool = False,
    ) -> None:
        self._believe = believe
        self._parts = parts
        """Whether what is not whole is taken all the same, with a note of it: at a server that was restored."""
        self._connection = connection
        self._granted = granted
        self.now_ms = now_ms
        self.vectors = Vectors(connection)
        bounds = connection.execute(_BOUNDS).all()
        self._bounds = {row.stamp: row.ms for row in bounds}
        self.order = merge.order_by(self._bounds)
        self._new_log = LogBatch(connection, now_ms)
        self.rows = StandingRows(connection, self.order, self._new_log.flush)
        self._ahead: dict[int, _Read] = {}
        self._read: _Read | None = None
        self._logged_to: dict[int, int] = {}
        self._refusals: dict[tuple[int, int], str] | None = None
        self._may_learn_more = bool(self.vectors.lacking()) or bool(meta_value(connection, RESTORED, False))
        self.outcome = Outcome(conflicts=self.rows.conflicts)

    def look_ahead(self, entries: Iterable[ChangeSet | Gap | None]) -> None:
        """Read at once what these entries, which are about to come, will meet."""
        self._ahead = {id(entry): _read(entry) for entry in entries if isinstance(entry, ChangeSet)}
        coming = (leaf for _entry, _root, leaves in self._ahead.values() for leaf in leaves)
        self.rows.look_ahead(leaf for leaf in coming if leaf.table in self._granted)

    def take(self, entry: ChangeSet | Gap, held: bool = False) -> bool:
        """Take one entry; False when it was known. A different one under a known number raises Forked.

        With `held` the hub that it comes from keeps it back: it has its place here, and no part in the rows.
        """
        root = self.read(entry)[0] if isinstance(entry, ChangeSet) else gap_root(entry)
        known = self.vectors.chain(entry.author)
        decided = not held and entry.number <= known.number and self.vectors.is_held_back(entry.stamp)
        if self._believe and isinstance(entry, ChangeSet) and (decided or entry.number > known.number):
            self.rows.write_of("account", "device")
            self._believe(entry, root)
        if entry.number <= known.number:
            stored = self._must_repeat(entry, root)
            if decided:
                self._decided(stored, entry, root)
                return True
            self.outcome.repeated += 1
            if isinstance(entry, ChangeSet) and self._may_learn_more:
                self._learn_more(stored, entry, root)
            return False
        if entry.number > known.number + 1:
            self._wait_for_number(entry, root, known.number + 1, held)
            return False
        must_follow(entry, known)
        self._accept(entry, root)
        if held:
            self.vectors.hold_back(entry.stamp, self._granted)
        self._apply_waiting_successors(entry.author)
        return True

    def read(self, entry: ChangeSet) -> tuple[bytes, list[Leaf]]:
        """The root of a change set and the leaves of it that were sent whole: read once, however often asked for."""
        known = self._ahead.get(id(entry), self._read)
        if known is None or known[0] is not entry:
            known = self._read = _read(entry)
        return known[1:]

    def _decided(self, row: Any, entry: ChangeSet | Gap, root: bytes) -> None:
        """What a hub kept back comes as the centre took it, or without its content: it has a new place in the log."""
        known = entry_of(row)
        self._unlog(row.pos)
        if isinstance(entry, ChangeSet):
            leaves = [leaf for leaf in self._visible(entry) if self.vectors.holds(leaf.table, entry.stamp)]
            self.vectors.let_go(entry.stamp)
            self._enter(entry, root, leaves)
        elif isinstance(known, ChangeSet):
            self._log(known, root, ledger.REFUSED)
            self.vectors.refuse(known.stamp, {leaf.table for leaf in self._visible(known)})
        else:
            self._log(entry, root, ledger.GAP)
            self.vectors.refuse(entry.stamp, set(self._granted))  # or it is for others, and nothing here follows it

    def keep(self, entry: ChangeSet) -> None:
        """Log a change set that waits where a snapshot was made, with what of it was not for this replica before."""
        root = change_set_root(entry)
        if self._believe:
            self._believe(entry, root)
        self._must_repeat(entry, root)
        row = self._logged(entry.author, entry.number)
        if row is not None:
            known = entry_of(row)
            before = known.leaves if isinstance(known, ChangeSet) else entry.leaves
            leaves = [max(pair, key=len) for pair in zip(before, entry.leaves, strict=True)]
            entry = msgspec.structs.replace(entry, leaves=leaves)
            self._unlog(row.pos)
        self._log(entry, root, ledger.WAITING)
        self._new_log.flush()

    def changes_nothing(self, leaf: Leaf) -> bool:
        """Whether it changes a record that was never made, though all that it replaces was taken here."""
        if leaf.bases is None or self.rows.row(leaf.table, leaf.record) is not None:
            return False
        return not self._lacking([leaf])

    def bound(self, stamp: int, ms: int) -> None:
        """Count this change set as written at `ms` at the latest, here and now."""
        self._bounds[stamp] = ms
        note_bound(self._connection, stamp, ms)

    def refuse(self, entry: ChangeSet, root: bytes) -> None:
        """Take a change set's place in its chain without its content: it stands in quarantine."""
        known = self.vectors.chain(entry.author)
        must_follow(entry, known)
        self.vectors.advance(entry.author, entry.number, entry.stamp, root)
        self._log(entry, root, ledger.REFUSED)
        self.vectors.refuse(entry.stamp, {leaf.table for leaf in self._visible(entry)})

    def hold_back(self, entry: ChangeSet, root: bytes) -> None:
        """Take a change set's place in its chain and keep it out of the rows until the centre has decided over it."""
        must_follow(entry, self.vectors.chain(entry.author))
        self.vectors.advance(entry.author, entry.number, entry.stamp, root)
        self._log(entry, root, ledger.HELD)
        whole = all(len(leaf) != _HASH_BYTES for leaf in entry.leaves)  # else any table may be among what is hidden
        tables = {leaf.table for leaf in self._visible(entry)} if whole else self._granted
        self.vectors.hold_back(entry.stamp, tables)

    def made_by_refused(self, records: Iterable[bytes]) -> bool:
        """Whether one of these records was made only by a change set that stands in quarantine, or is held back."""
        if not self.vectors.any_refused():
            return False
        self._new_log.flush()
        sql = text(
            "SELECT min(c.state) FROM own_log_touch t JOIN own_change_log c ON c.pos = t.pos WHERE t.record = :record"
        )
        out = (ledger.REFUSED, ledger.HELD)
        return any(self._connection.execute(sql, {"record": r}).scalar() in out for r in records)

    def finish(self) -> Outcome:
        """Write what is still batched, try what waited for what has come, and refresh the local indexes."""
        self._new_log.flush()
        self._retry_held()
        self.rows.forget()
        self.vectors.write()
        self.outcome.touched |= heed(self._connection, self.vectors, self.outcome.facts)
        self._refusals = None
        refresh_indexes(self._connection, self.outcome.touched)
        return self.outcome

    def _must_repeat(self, entry: ChangeSet | Gap, root: bytes) -> Any:
        stored = self._logged(entry.author, entry.number)
        if stored is not None and bytes(stored.root) != root:
            raise Forked(entry, "came twice and differs")
        return stored

    def _learn_more(self, row: Any, entry: ChangeSet, root: bytes) -> None:
        """More leaves of a change set than lay here, their hashes the same: a restored server gets the whole by and by.

        It gives that a new place in its order. A replica fetches the tables anew: their rows went on without it.
        """
        if row is None:  # it was in what this replica was filled with, as far as the server had it then
            if self.vectors.told_in_parts(entry.stamp):
                ask_again(self._connection, {leaf.table for leaf in self._visible(entry)})
            return
        known = entry_of(row)
        before = known.leaves if isinstance(known, ChangeSet) else [leaf_hash(leaf) for leaf in entry.leaves]
        fresh = readable_leaves(
            after for old, after in zip(before, entry.leaves, strict=True) if len(old) == _HASH_BYTES
        )
        lacked = self.vectors.lacks(entry.stamp)
        if not fresh or (self._parts_here and not lacked):
            return
        entry = msgspec.structs.replace(
            entry, leaves=[max(pair, key=len) for pair in zip(before, entry.leaves, strict=True)]
        )
        self.rows.write()
        self._unlog(row.pos)
        if lacked:
            self._fill_in(entry, root, fresh)
            return
        self._log(entry, root, ledger.APPLIED if row.state == ledger.GAP else row.state)
        ask_again(self._connection, {leaf.table for leaf in fresh} & self._granted)

    @property
    def _parts_here(self) -> bool:
        return self._parts or bool(self.vectors.lacking())

    def _fill_in(self, entry: ChangeSet, root: bytes, fresh: list[Leaf]) -> None:
        state = ledger.APPLIED
        lacking = self._lacking([leaf for leaf in fresh if leaf.table in REGISTRY])
        if self.refused_before(entry.author, entry.number):
            state = ledger.REFUSED
        elif lacking:
            state = ledger.WAITING
        self._log(entry, root, state)
        shown = frozenset(leaf.table for leaf in self.read(entry)[1])
        self.vectors.more_came(entry.stamp, shown, all(len(leaf) != _HASH_BYTES for leaf in entry.leaves))
        tables = {leaf.table for leaf in fresh}
        if state == ledger.REFUSED:
            self.vectors.refuse(entry.stamp, tables)
        elif lacking:
            self.vectors.hold(entry.stamp, tables, lacking)
        else:
            self.write(entry.stamp, [leaf for leaf in fresh if leaf.table in REGISTRY])

    def refused_before(self, author: int, number: int) -> str | None:
        """Why the centre refused this change set, where its word came here before the change set itself did."""
        if self._refusals is None:
            self._refusals = {(row.author, row.number): row.reason for row in self._connection.execute(_REFUSALS)}
        return self._refusals.get((author, number))

    def put_down(self) -> None:
        """Write what is still batched, and where chains have come to: somebody else reads this connection now."""
        self._new_log.flush()
        self.rows.forget()
        self.vectors.write()

    def _unlog(self, pos: int) -> None:
        self._connection.execute(delete(ledger.change_log).where(ledger.change_log.c.pos == pos))
        self._connection.execute(delete(ledger.log_touch).where(ledger.log_touch.c.pos == pos))

    def _wait_for_number(self, entry: ChangeSet | Gap, root: bytes, missing: int, held: bool) -> None:
        if not held and self._logged(entry.author, entry.number) is None:  # what is held comes again once decided
            self._log(entry, root, ledger.WAITING)
        self.outcome.waiting.append(f"author {entry.author} number {missing} is missing")

    def _accept(self, entry: ChangeSet | Gap, root: bytes, logged: bool = False) -> None:
        self.vectors.advance(entry.author, entry.number, entry.stamp, root)
        if self._parts and (isinstance(entry, Gap) or any(len(leaf) == _HASH_BYTES for leaf in entry.leaves)):
            shown = self.read(entry)[1] if isinstance(entry, ChangeSet) else []
            self.vectors.lack(entry.stamp, frozenset(leaf.table for leaf in shown))
        if isinstance(entry, Gap):
            if not logged:
                self._log(entry, root, ledger.GAP)
            return
        self.learn(entry.stamp)
        self._enter(entry, root, self._visible(entry), logged)

    def _enter(self, entry: ChangeSet, root: bytes, leaves: list[Leaf], logged: bool = False) -> None:
        """Merge these leaves now, or hold them until what they need has come."""
        lacking = self._lacking(leaves)
        if not logged:
            self._log(entry, root, ledger.WAITING if lacking else ledger.APPLIED)
        if lacking:
            self.vectors.hold(entry.stamp, {leaf.table for leaf in leaves}, lacking)
            self.outcome.waiting.append(lacking)
            return
        self.write(entry.stamp, leaves)

    def learn(self, stamp: int) -> None:
        """Keep the local clock ahead of what it has seen, but learn no clock that runs far ahead."""
        self.vectors.learn_clock(stamp, self.now_ms + LEARN_AHEAD_MS)

    def _log(self, entry: ChangeSet | Gap, root: bytes, state: int) -> None:
        self._logged_to[entry.author] = max(entry.number, self._last_logged(entry.author))
        if isinstance(entry, Gap):
            hollow = ChangeSet(entry.author, entry.number, entry.stamp, entry.prev, entry.body, [], entry.signature)
            state = state if state == ledger.WAITING else ledger.GAP
            self._new_log.add(hollow, root, state, frozenset())
            return
        records = frozenset(leaf.record for leaf in self.read(entry)[1])
        self._new_log.add(entry, root, state, records)

    def _visible(self, entry: ChangeSet) -> list[Leaf]:
        return [leaf for leaf in self.read(entry)[1] if leaf.table in self._granted and leaf.table in REGISTRY]

    def _lacking(self, leaves: Collection[Leaf]) -> str:
        """What must come first: a head that is replaced here, or a row that is pointed at. Empty when all is here."""
        made = {leaf.record for leaf in leaves if leaf.bases is None}
        for leaf in leaves:
            for base in (b for stamps in (leaf.bases or {}).values() for b in stamps):
                if not self.vectors.has(leaf.table, base):
                    return f"{leaf.table}: a change of author {stamp_author(base)} that this one replaces is missing"
            spec = REGISTRY[leaf.table]
            for column, parent in spec.refs.items():
                target = leaf.values.get(column)
                if target is None or target in made or parent not in self._granted:
                    continue
                if not self.rows.is_here(parent, target):
                    return f"{leaf.table}: the {parent} that it belongs to is missing"
        return ""

    def write(self, stamp: int, leaves: Iterable[Leaf]) -> None:
        """Merge the leaves of one change set into their rows."""
        for leaf in leaves:
            if self.vectors.covers(leaf.table, stamp):
                continue
            self.rows.take(leaf, stamp)
            self.outcome.touched.add((leaf.table, UUID(bytes=leaf.record)))
            if leaf.table in SPECIAL:
                self.outcome.facts.append(leaf)
        self.outcome.taken += 1

    def write_again(self, entry: ChangeSet | Gap) -> None:
        """Merge a change set of the log once more over rows that came anew."""
        if isinstance(entry, ChangeSet):
            self.write(entry.stamp, self._visible(entry))

    def _apply_waiting_successors(self, author: int) -> None:
        while True:
            known = self.vectors.chain(author)
            if known.number >= self._last_logged(author):
                return
            row = self._logged(author, known.number + 1)
            if row is None:
                return
            entry = entry_of(row)
            must_follow(entry, known)
            if isinstance(entry, Gap):
                self._set_state(row.pos, ledger.GAP)
            self._accept(entry, bytes(row.root), logged=True)
            if isinstance(entry, ChangeSet) and not self.vectors.is_held(entry.stamp):
                self._set_state(row.pos, ledger.APPLIED)

    def _retry_held(self) -> None:
        progress = True
        while progress:
            progress = False
            for stamp in self.vectors.held_stamps():
                row = self._connection.execute(
                    select(ledger.change_log).where(ledger.change_log.c.stamp == stamp)
                ).one()
                entry = entry_of(row)
                assert isinstance(entry, ChangeSet)  # of a gap there is nothing to hold
                leaves = [leaf for leaf in self._visible(entry) if self.vectors.holds(leaf.table, stamp)]
                if not self._lacking(leaves):
                    self.write(stamp, leaves)
                    self.vectors.let_go(stamp)
                    self._set_state(row.pos, ledger.APPLIED)
                    progress = True

    def _logged(self, author: int, number: int) -> Any:
        self._new_log.flush()
        return self._connection.execute(_LOGGED, {"of": author, "nth": number}).first()

    def _last_logged(self, author: int) -> int:
        """The highest number of an author in the log, 0 when there is none: nothing waits behind it."""
        if author not in self._logged_to:
            self._logged_to[author] = self._connection.execute(_LAST_LOGGED, {"of": author}).scalar() or 0
        return self._logged_to[author]

    def _set_state(self, pos: int, state: int) -> None:
        self._connection.execute(_SET_STATE, {"state": state, "pos": pos})


def must_follow(entry: ChangeSet | Gap, end: ChainEnd) -> None:
    """Its number, its root and its stamp go on from the end of its author's chain; a stamp names nobody else's work."""
    if entry.number != end.number + 1 or entry.prev != end.root:
        raise Forked(entry, "does not follow the one before it")
    if stamp_author(entry.stamp) != entry.author or entry.stamp <= end.stamp:
        raise Forked(entry, "has a stamp that is not its author's next one")

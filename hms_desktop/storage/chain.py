# SPDX-License-Identifier: Apache-2.0
"""Appending to the log: an author's change sets are numbered without a gap and chained by their roots."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DatabaseError

from hms_desktop.core.ids import author_code
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import NO_ROOT, ChangeSet, change_set_root, readable_leaves, root_of
from hms_desktop.storage.many import execute_many
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.straight import Walk, straight_chains

_STATE = text(
    "INSERT INTO own_author_state (author, number, stamp, root) VALUES (:author, :number, :stamp, :root) "
    "ON CONFLICT (author) DO UPDATE SET number = excluded.number, stamp = excluded.stamp, root = excluded.root"
)
_LOG = insert(ledger.change_log).returning(ledger.change_log.c.pos)
_LOG_MANY = text(
    "INSERT INTO own_change_log (author, number, stamp, prev, details, leaves, signature, root, state, received_ms) "
    "VALUES (:author, :number, :stamp, :prev, :details, :leaves, :signature, :root, :state, :received_ms)"
)
FILLED = "filled_to"
"""The note of where the first fill of a store found each author's chain: number and root of its end, by author."""
_encode = msgspec.msgpack.Encoder().encode
_TOUCH = text(
    "INSERT INTO own_log_touch (record, pos) SELECT :record, pos FROM own_change_log "
    "WHERE author = :author AND number = :number ON CONFLICT DO NOTHING"
)


def append(connection: Connection, unsigned: ChangeSet, sign: Callable[[bytes], bytes], received_ms: int) -> ChangeSet:
    """Sign this author's own next change set and write it to the log; returns it signed."""
    root = change_set_root(unsigned)
    signed = msgspec.structs.replace(unsigned, signature=sign(root))
    record(connection, signed, root, ledger.APPLIED, received_ms)
    advance(connection, signed.author, signed.number, signed.stamp, root)
    return signed


@dataclass(frozen=True, slots=True)
class Logged:
    """A change set as the log keeps it: its root, its state, and the records that it is found by."""

    change_set: ChangeSet
    root: bytes
    state: int
    records: frozenset[bytes]

    def row(self, received_ms: int) -> dict[str, Any]:
        """The row of the log."""
        one = self.change_set
        return {
            "author": one.author,
            "number": one.number,
            "stamp": one.stamp,
            "prev": one.prev,
            "details": one.details,
            "leaves": _encode(one.leaves),
            "signature": one.signature,
            "root": self.root,
            "state": self.state,
            "received_ms": received_ms,
        }


def record(connection: Connection, change_set: ChangeSet, root: bytes, state: int, received_ms: int) -> int:
    """Write a change set to the log with its state; returns its local position."""
    logged = Logged(change_set, root, state, frozenset(leaf.record for leaf in readable_leaves(change_set.leaves)))
    pos = int(connection.execute(_LOG, logged.row(received_ms)).scalar_one())
    _touch(connection, [logged])
    return pos


def record_many(connection: Connection, many: Sequence[Logged], received_ms: int) -> None:
    """Write many change sets to the log; their local positions follow their order here."""
    execute_many(connection, _LOG_MANY, [one.row(received_ms) for one in many])
    _touch(connection, many)


def _touch(connection: Connection, many: Iterable[Logged]) -> None:
    touched = [
        {"record": record, "author": one.change_set.author, "number": one.change_set.number}
        for one in many
        for record in sorted(one.records)
    ]
    execute_many(connection, _TOUCH, touched)


def advance(connection: Connection, author: int, number: int, stamp: int, root: bytes) -> None:
    """Move what is known of an author's chain to this change set."""
    connection.execute(_STATE, {"author": author, "number": number, "stamp": stamp, "root": root})


@dataclass(frozen=True)
class BrokenLink:
    """The first place at which a chain does not hold; `station` is the name of who wrote it, where it is known."""

    author: int
    number: int
    why: str
    station: str = ""

    def __str__(self) -> str:
        station = f" ({self.station})" if self.station else ""
        return f"{author_code(self.author)} {self.number}{station}: {self.why}"


def verify_chains(connection: Connection, quickly: Walk | None = None) -> Iterator[BrokenLink | int]:
    """Walk the log by author: yields each author's count when whole, or its first broken link.

    `quickly` walks a long log in stretches, several at once.

    A chain begins with number 1, or after the end at which the first fill of this store found it. What waits for one
    before it is not yet part of a chain.
    """
    log = ledger.change_log
    ends = {row.author: row for row in connection.execute(select(ledger.author_state))}
    filled = {int(author): (end[0], end[1]) for author, end in meta_value(connection, FILLED, {}).items()}
    logged = set(connection.execute(select(log.c.author).distinct()).scalars())
    whole = straight_chains(connection, filled, quickly)
    for author in sorted(logged | set(ends) | set(filled)):
        start, end = filled.get(author, (0, NO_ROOT)), ends.get(author)
        last = whole.get(author)
        found = (
            _walk(connection, author, start, end)
            if last is None
            else _check_end(author, start, last, end) or last[0] - start[0]
        )
        if found:
            yield found


def _walk(connection: Connection, author: int, start: tuple[int, bytes], end: Any) -> BrokenLink | int:
    log = ledger.change_log
    before, count, known = start, 0, end.number if end is not None else 0
    try:
        for row in connection.execute(select(log).where(log.c.author == author).order_by(log.c.number)):
            if row.state == ledger.WAITING and row.number > known:
                break
            filled = row.number <= start[0]  # came with the fill, because it waited
            broken = _check_content(row) if filled else _check(row, before)
            if broken:
                return broken
            before, count = before if filled else (row.number, bytes(row.root)), count + 1
    except DatabaseError:
        number = _unreadable(connection, author, before[0] + 1)
        return BrokenLink(author, number, "can't be read: the file itself is damaged")
    return _check_end(author, start, before, end) or count


def _check_end(author: int, start: tuple[int, bytes], last: tuple[int, bytes], end: Any) -> BrokenLink | None:
    if end is None:
        return BrokenLink(author, last[0], "nothing says that the chain ends here") if last[0] else None
    if end.number > last[0]:
        missing = last == start
        return BrokenLink(author, last[0] + missing, "missing" if missing else "the log ends before the chain does")
    if end.number < last[0] or bytes(end.root) != last[1]:
        return BrokenLink(author, last[0], "the chain is said to end otherwise")
    return None


def _unreadable(connection: Connection, author: int, number: int) -> int:
    """The driver reads a row ahead: it is this one that can't be read, or the next."""
    log = ledger.change_log
    with suppress(DatabaseError):
        connection.execute(select(log).where(log.c.author == author, log.c.number == number)).all()
        return number + 1
    return number


def _check(row: Any, before: tuple[int, bytes]) -> BrokenLink | None:
    if row.number != before[0] + 1:
        return BrokenLink(row.author, before[0] + 1, "missing")
    if bytes(row.prev) != before[1]:
        return BrokenLink(row.author, row.number, "does not follow the one before")
    return _check_content(row)


def _check_content(row: Any) -> BrokenLink | None:
    try:
        root = _root(row)
    except (msgspec.MsgspecError, struct.error, TypeError):
        return BrokenLink(row.author, row.number, "holds bytes that can't be read")
    if root != bytes(row.root):
        return BrokenLink(row.author, row.number, "was changed after it was written")
    return None


def _root(row: Any) -> bytes:
    leaves = msgspec.msgpack.decode(row.leaves, type=list[bytes])
    if not leaves and len(row.details) == 32:
        return root_of(row.author, row.number, row.stamp, bytes(row.prev), bytes(row.details))
    return change_set_root(
        ChangeSet(row.author, row.number, row.stamp, bytes(row.prev), bytes(row.details), leaves, b"")
    )

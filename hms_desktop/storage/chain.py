# SPDX-License-Identifier: Apache-2.0
"""Appending to the log: an author's change sets are numbered without a gap and chained by their roots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, text

from hms_desktop.core.ids import author_code
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import NO_ROOT, ChangeSet, change_set_root, readable_leaves, root_of

_STATE = text(
    "INSERT INTO own_author_state (author, number, stamp, root) VALUES (:author, :number, :stamp, :root) "
    "ON CONFLICT (author) DO UPDATE SET number = excluded.number, stamp = excluded.stamp, root = excluded.root"
)
_TOUCH = text("INSERT INTO own_log_touch (record, pos) VALUES (:record, :pos) ON CONFLICT DO NOTHING")


def append(connection: Connection, unsigned: ChangeSet, sign: Callable[[bytes], bytes], received_ms: int) -> ChangeSet:
    """Sign this author's own next change set and write it to the log; returns it signed."""
    root = change_set_root(unsigned)
    signed = msgspec.structs.replace(unsigned, signature=sign(root))
    record(connection, signed, root, ledger.APPLIED, received_ms)
    advance(connection, signed.author, signed.number, signed.stamp, root)
    return signed


def record(connection: Connection, change_set: ChangeSet, root: bytes, state: int, received_ms: int) -> int:
    """Write a change set to the log with its state; returns its local position."""
    row = {
        "author": change_set.author,
        "number": change_set.number,
        "stamp": change_set.stamp,
        "prev": change_set.prev,
        "details": change_set.details,
        "leaves": msgspec.msgpack.encode(change_set.leaves),
        "signature": change_set.signature,
        "root": root,
        "state": state,
        "received_ms": received_ms,
    }
    pos = connection.execute(insert(ledger.change_log).returning(ledger.change_log.c.pos), row).scalar_one()
    touched = [{"record": leaf.record, "pos": pos} for leaf in readable_leaves(change_set.leaves)]
    if touched:
        connection.execute(_TOUCH, touched)
    return int(pos)


def advance(connection: Connection, author: int, number: int, stamp: int, root: bytes) -> None:
    """Move what is known of an author's chain to this change set."""
    connection.execute(_STATE, {"author": author, "number": number, "stamp": stamp, "root": root})


@dataclass(frozen=True)
class BrokenLink:
    """The first place at which a chain does not hold."""

    author: int
    number: int
    why: str

    def __str__(self) -> str:
        return f"{author_code(self.author)} {self.number}: {self.why}"


def verify_chains(connection: Connection) -> Iterator[BrokenLink | int]:
    """Walk the log by author: yields each author's count when whole, or its first broken link.

    A chain may begin after number 1 where a snapshot filled the replica; it is whole from there.
    """
    log = ledger.change_log
    ends = {row.author: bytes(row.root) for row in connection.execute(select(ledger.author_state))}
    for author in connection.execute(select(log.c.author).distinct().order_by(log.c.author)).scalars():
        broken: BrokenLink | None = None
        count = 0
        end: tuple[int, bytes] | None = None
        for row in connection.execute(select(log).where(log.c.author == author).order_by(log.c.number)):
            broken = _check(row, end)
            if broken:
                break
            end, count = (row.number, bytes(row.root)), count + 1
        if broken is None and end is not None and author in ends and ends[author] != end[1]:
            broken = BrokenLink(author, int(end[0]), "the log ends before the chain does")
        yield broken or count


def _check(row: Any, before: tuple[int, bytes] | None) -> BrokenLink | None:
    author, number = row.author, row.number
    expected = before[1] if before else (NO_ROOT if number == 1 else bytes(row.prev))
    if before and number != before[0] + 1:
        return BrokenLink(author, before[0] + 1, "missing")
    if bytes(row.prev) != expected:
        return BrokenLink(author, number, "does not follow the one before")
    if _root(row) != bytes(row.root):
        return BrokenLink(author, number, "was changed after it was written")
    return None


def _root(row: Any) -> bytes:
    leaves = msgspec.msgpack.decode(row.leaves, type=list[bytes])
    if not leaves and len(row.details) == 32:
        return root_of(row.author, row.number, row.stamp, bytes(row.prev), bytes(row.details))
    return change_set_root(
        ChangeSet(row.author, row.number, row.stamp, bytes(row.prev), bytes(row.details), leaves, b"")
    )

# SPDX-License-Identifier: Apache-2.0
"""The quick walk along every chain at once, in the order in which the log was written: hashes only, row by row.

It says of an author that the chain is whole from its start to its last number, or nothing; whoever it says nothing of
is walked with care (`chain`), which names the first broken link. A million change sets take seconds, so nothing here
makes an object for a row. A long log is walked in stretches, each for itself, that are joined: a stretch knows where
it begins, and the join looks whether the one before ends there.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import NO_ROOT, leaf_hash, merkle_root

_LAST = "SELECT coalesce(max(pos), 0) FROM own_change_log"
_LOG = (
    "SELECT author, number, stamp, prev, details, leaves, root FROM own_change_log "
    f"WHERE pos > ? AND pos <= ? AND state != {ledger.WAITING} ORDER BY pos"
)
_NAME = struct.Struct(">BHQq32s32s").pack
_leaves = msgspec.msgpack.Decoder(list[bytes]).decode
_ROWS = 2000
_ONE_SHORT, _ONE_LONG, _HASH = b"\x91\xc4", b"\x91\xc5", 32

End = tuple[int, bytes]
Part = tuple[int, int]
"""Positions of the log: after the first, up to the second."""


class Stretch(msgspec.Struct, array_like=True):
    """One author's rows in a part of the log: the first number and what it follows, the last number and its root."""

    first: int
    prev: bytes
    number: int
    root: bytes
    straight: bool = True


Found = dict[int, Stretch]
Walk = Callable[[Any, Part], Iterable[Found]]
"""Stretches by author of the parts of a log up to a position, in order; given the raw connection."""


def straight_chains(connection: Connection, starts: Mapping[int, End], walk: Walk | None = None) -> dict[int, End]:
    """Number and root of the end of each chain that is whole and lies in order; `starts` are ends of a first fill."""
    driver: Any = connection.connection.driver_connection
    try:
        whole = 0, driver.execute(_LAST).fetchone()[0]
        return joined(walk(driver, whole) if walk else [stretches(driver, whole)], starts)
    except (DatabaseError, driver.DatabaseError):
        return {}


def joined(parts: Iterable[Found], starts: Mapping[int, End]) -> dict[int, End]:
    """The ends of the chains whose stretches are straight and follow one another without a gap."""
    reached: dict[int, End] = {}
    crooked: set[int] = set()
    for part in parts:
        for author, stretch in part.items():
            number, root = reached.get(author) or starts.get(author) or (0, NO_ROOT)
            if not stretch.straight or stretch.first != number + 1 or stretch.prev != root:
                crooked.add(author)
            reached[author] = (stretch.number, stretch.root)
    return {author: end for author, end in reached.items() if author not in crooked}


def stretches(driver: Any, part: Part) -> Found:
    """Walk a part of the log row by row; the driver's DatabaseError where the file can't be read."""
    found: Found = {}
    with closing(driver.stream(_LOG, part)) as cursor:
        while rows := cursor.fetchmany(_ROWS):
            _follow(rows, found)
    return found


def _follow(rows: list[Any], found: Found) -> None:
    digest, name = sha256, _NAME  # looked up a million times
    whose, at = None, Stretch(0, b"", 0, b"")
    for author, number, stamp, prev, details, leaves, root in rows:
        if author != whose:
            whose, at = author, found.get(author) or Stretch(number, prev, number - 1, prev)
            found[author] = at
        try:
            if leaves[:2] == _ONE_SHORT and leaves[2] == len(leaves) - 3 != _HASH:  # one leaf, as access events have
                top = digest(b"\x00" + leaves[3:]).digest()
                body = digest(b"\x02" + digest(details).digest() + top).digest()
            else:
                body = details if leaves == b"\x90" and len(details) == _HASH else _body(details, leaves)
            if number != at.number + 1 or prev != at.root or root != digest(
                name(3, author, number, stamp, prev, body)
            ).digest():  # fmt: skip
                at.straight = False
        except (struct.error, TypeError, msgspec.MsgspecError):
            at.straight = False
        at.number, at.root = number, root


def _body(details: bytes, leaves: bytes) -> bytes:
    """What `change_sets.body_hash` says, without unpacking where there is one longer leaf."""
    if leaves[:2] == _ONE_LONG and int.from_bytes(leaves[2:4], "big") == len(leaves) - 4:
        top = sha256(b"\x00" + leaves[4:]).digest()
    else:
        top = merkle_root([leaf_hash(leaf) for leaf in _leaves(leaves)])
    return sha256(b"\x02" + sha256(details).digest() + top).digest()

# SPDX-License-Identifier: Apache-2.0
"""The quick walk along every chain at once, in the order in which the log was written: hashes only, row by row.

It says of an author that the chain is whole from its start to its last number, or nothing; whoever it says nothing of
is walked with care (`chain`), which names the first broken link. A million change sets take seconds, so nothing here
makes an object for a row.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import NO_ROOT, leaf_hash, merkle_root

_LOG = (
    "SELECT author, number, stamp, prev, details, leaves, root FROM own_change_log "
    f"WHERE state != {ledger.WAITING} ORDER BY pos"
)
_NAME = struct.Struct(">HQq").pack
_leaves = msgspec.msgpack.Decoder(list[bytes]).decode
_ROWS = 2000
_ONE_SHORT, _ONE_LONG, _HASH = b"\x91\xc4", b"\x91\xc5", 32

End = tuple[int, bytes]


def straight_chains(connection: Connection, starts: Mapping[int, End]) -> dict[int, End]:
    """Number and root of the end of each chain that is whole and lies in order; `starts` are ends of a first fill."""
    reached: dict[int, End] = {}
    crooked: set[int] = set()
    driver: Any = connection.connection.driver_connection
    try:
        cursor = driver.execute(_LOG)
        while rows := cursor.fetchmany(_ROWS):
            _follow(rows, reached, crooked, starts)
    except (DatabaseError, driver.DatabaseError):
        return {}
    return {author: end for author, end in reached.items() if author not in crooked}


def _follow(rows: list[Any], reached: dict[int, End], crooked: set[int], starts: Mapping[int, End]) -> None:
    digest, name = sha256, _NAME  # looked up a million times
    for author, number, stamp, prev, details, leaves, root in rows:
        last, before = reached.get(author) or starts.get(author) or (0, NO_ROOT)
        try:
            if leaves[:2] == _ONE_SHORT and leaves[2] == len(leaves) - 3 != _HASH:  # one leaf, as access events have
                top = digest(b"\x00" + leaves[3:]).digest()
                body = digest(b"\x02" + digest(details).digest() + top).digest()
            else:
                body = details if leaves == b"\x90" and len(details) == _HASH else _body(details, leaves)
            found = digest(b"\x03" + name(author, number, stamp) + prev + body).digest()
        except (struct.error, TypeError, msgspec.MsgspecError):
            crooked.add(author)
            continue
        if number != last + 1 or prev != before or found != root:
            crooked.add(author)
        reached[author] = (number, root)


def _body(details: bytes, leaves: bytes) -> bytes:
    """What `change_sets.body_hash` says, without unpacking where there is one longer leaf."""
    if leaves[:2] == _ONE_LONG and int.from_bytes(leaves[2:4], "big") == len(leaves) - 4:
        top = sha256(b"\x00" + leaves[4:]).digest()
    else:
        top = merkle_root([leaf_hash(leaf) for leaf in _leaves(leaves)])
    return sha256(b"\x02" + sha256(details).digest() + top).digest()

# SPDX-License-Identifier: Apache-2.0
"""The log read back as the entries that travel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, Gap, Leaf, decode_leaf

_TOUCHING = text(
    "SELECT c.* FROM own_log_touch t JOIN own_change_log c ON c.pos = t.pos WHERE t.record = :record ORDER BY c.stamp"
)


def entry_of(row: Any) -> ChangeSet | Gap:
    """A log row as the entry it was: a waiting gap is told by its 32 bytes where the details stand."""
    author, number, stamp = row.author, row.number, row.stamp
    prev, signature, details = bytes(row.prev), bytes(row.signature), bytes(row.details)
    leaves = _leaves(row)
    if not leaves and len(details) == 32:
        return Gap(author, number, stamp, prev, details, signature)
    return ChangeSet(author, number, stamp, prev, details, leaves, signature)


def leaves_of(connection: Connection, table: str, record: bytes) -> Iterator[tuple[int, Leaf]]:
    """What the log holds of a record that counts: (stamp, leaf) of every change set that is applied here."""
    for row in connection.execute(_TOUCHING, {"record": record}):
        if row.state != ledger.APPLIED:
            continue
        for data in _leaves(row):
            if len(data) != 32:
                leaf = decode_leaf(data)
                if leaf.table == table and leaf.record == record:
                    yield row.stamp, leaf


def _leaves(row: Any) -> list[bytes]:
    try:
        return msgspec.msgpack.decode(row.leaves, type=list[bytes])
    except (msgspec.MsgspecError, TypeError) as error:
        place = f"{author_code(row.author)} {row.number}"
        message = _("Change {place} is damaged in this computer's log. `hms verify` says what to do.")
        raise Damaged(message.format(place=place)) from error

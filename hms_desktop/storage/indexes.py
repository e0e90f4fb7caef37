# SPDX-License-Identifier: Apache-2.0
"""Search indexes that a replica keeps for itself: made beside the tables, refreshed in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.storage.database import ways


class LocalIndex(Protocol):
    """An index over some tables that is never synced; its entries are the records of `leading`."""

    tables: frozenset[str]
    leading: str

    def create(self, connection: Connection) -> None:
        """Make the index's own tables in a new file."""

    def refresh(self, connection: Connection, table: str, records: Iterable[UUID]) -> None:
        """Bring the index up to date for these records of one of its tables."""

    def clear(self, connection: Connection) -> None:
        """Forget every entry: the rows of the leading table are taken out, to come anew."""

    def complete(self, connection: Connection) -> None:
        """Add what the other tables say, after a fill in which the leading rows were refreshed as they came."""

    def rebuild(self, connection: Connection) -> None:
        """Make the index anew from the tables, after a fill of other tables than the leading one."""


LOCAL_INDEXES: list[LocalIndex] = []


def register_index(index: LocalIndex) -> None:
    """Keep this index in every replica from now on."""
    LOCAL_INDEXES.append(index)


def local_indexes(connection: Connection) -> Sequence[LocalIndex]:
    """The indexes that the store of this connection keeps: none where nobody searches as they type."""
    return LOCAL_INDEXES if ways(connection).local_indexes else ()


def refresh_indexes(connection: Connection, touched: Iterable[tuple[str, UUID]]) -> None:
    """Refresh every index over the records touched, table by table."""
    by_table: dict[str, list[UUID]] = {}
    for table, record in touched:
        by_table.setdefault(table, []).append(record)
    for index in local_indexes(connection):
        for table in sorted(index.tables & by_table.keys()):
            index.refresh(connection, table, by_table[table])

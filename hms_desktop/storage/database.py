# SPDX-License-Identifier: Apache-2.0
"""Where a store lies: what an encrypted file and a PostgreSQL database do each in its own way, and nothing else does.

`Database` opens a store and speaks for it; `Ways`, which each of our two SQLAlchemy dialects carries, is what a
transaction that is already open needs to know. Everything above is the same code for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from hms_desktop.core.errors import ClinicError, Unavailable

LOOK = "look"
"""The option of an engine of a writer whose transactions only look: they wait for no other where that is possible."""


class DiskFull(Unavailable):
    """There is no room on the disk for what should be written."""


class Ways(Protocol):
    """What differs inside a transaction."""

    local_indexes: bool
    """Whether word indexes for people's searches (`storage.indexes`) are kept: they are a replica's own."""

    def version(self, connection: Connection) -> int:
        """The revision of the schema that is there; 0 where there is none yet."""

    def note_version(self, connection: Connection, number: int) -> None:
        """Note the revision that the schema is now of."""

    def guards(self, tables: Iterable[str]) -> Iterable[str]:
        """The statements that guard these tables of records and the log, once they are made."""


class Database(Protocol):
    """One place that a store lies at."""

    def check(self) -> None:
        """Raise Damaged or Unavailable, saying what to do, where what lies there must not be used."""

    def writer(self, pool: int = 1) -> Engine:
        """An engine whose transactions write one after the other, whichever process they are of."""

    def readers(self) -> Engine:
        """An engine whose transactions see one moment each and can't write."""

    def beside(self, name: str, key: bytes) -> Database:
        """Where what belongs to the store, and is not the store, is kept under this name."""

    def size(self) -> int:
        """Bytes that it takes."""

    def forget_deleted(self, writer: Engine) -> bool:
        """Leave no trace of what was deleted; False while somebody is at it."""

    def plain(self, error: DatabaseError) -> ClinicError | None:
        """The error in words for a person, where it is none of the program's."""

    def hear(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call this after each commit of any process, where such are told of; returns how to stop."""


def ways(connection: Connection) -> Ways:
    """What the store of this connection does in its own way."""
    return cast(Ways, cast(Any, connection.dialect).ways)

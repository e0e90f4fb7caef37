# SPDX-License-Identifier: Apache-2.0
"""Reading the replica: the questions that queries may ask, and what the store knows of a record's past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import CompoundSelect, Connection, Row, Select, bindparam, select, text

from hms_desktop.core.clock import Clock, instant, milliseconds, stamp_author, stamp_ms
from hms_desktop.core.errors import NotAllowed, NotFound
from hms_desktop.core.text import _
from hms_desktop.storage import ledger, rows
from hms_desktop.storage.acting import ClinicInfo, Person, Station
from hms_desktop.storage.change_sets import decode_details, decode_leaf
from hms_desktop.storage.records import Record, Table

Question = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]
_AT_ONCE = 500
_WITH_HEADS = (
    select(ledger.standing_head.c.record)
    .where(ledger.standing_head.c.tbl == bindparam("tbl"))
    .where(ledger.standing_head.c.record.in_(bindparam("among", expanding=True)))
    .distinct()
)
_META = text("SELECT value FROM own_meta WHERE key = :key")


@dataclass(frozen=True)
class Head:
    """One of the values that stand against each other: who wrote it (author number), when, and the columns."""

    stamp: int
    author: int
    at: datetime
    values: dict[str, Any]


SET_BACK_MS = 6 * 60_000
"""A stamp further ahead of its writer's own clock than clocks are ever taken to differ (sync.apply.LEARN_AHEAD_MS)."""


@dataclass(frozen=True)
class Version:
    """One entry of a record's history, oldest first; `values` are the columns that this change wrote.

    `was` is what the record said before, at the first entry of one that came here without the log of its making.
    `behind` marks what was written while that computer's clock was set back: the order holds, its own time does not.
    """

    stamp: int
    author: int
    at: datetime
    person: UUID
    action: str
    values: dict[str, Any]
    was: dict[str, Any] = field(default_factory=dict)
    behind: bool = False


@dataclass(frozen=True)
class Setting:
    """Where a reader or unit stands: what does not change while the store is open.

    `passwords` checks those of colleagues as they are at this workstation (`security.second_person`), where it is one.
    """

    station: Station
    clinic: ClinicInfo
    clock: Clock
    passwords: Any = None


class Reader:
    """One connection and the person who asks; `now` is the moment at which it was made."""

    def __init__(self, connection: Connection, setting: Setting, person: Person) -> None:
        self._connection = connection
        self._setting = setting
        self.person = person
        self.station = setting.station
        self.clinic = setting.clinic
        self.passwords = setting.passwords
        self.now = instant(setting.clock.now_ms())
        self.depth = 0
        """How deep in actions and queries: what is done and asked inside one is part of it."""
        self._unacknowledged: frozenset[bytes] | None = None

    def check(self, permission: str) -> None:
        """Raise NotAllowed unless the person holds this permission."""
        if permission not in self.person.permissions:
            message = _("{name} may not do this ({permission}). Ask an administrator for the right.")
            raise NotAllowed(message.format(name=self.person.name, permission=permission), permission)

    @property
    def latest_ms(self) -> int:
        """The later of the wall clock now and all that this file has seen stamped: it never runs back (ms)."""
        own = text("SELECT max(stamp) FROM own_author_state WHERE author = :author")
        last = self._connection.execute(own, {"author": self.station.author}).scalar() or 0
        return max(milliseconds(self.now), stamp_ms(max(last, self.meta("clock", 0))))

    def rows(self, question: Question) -> list[AnyRow]:
        """Every row of a select."""
        return list(self._ask(question).all())

    def first(self, question: Question) -> AnyRow | None:
        """The first row, or None."""
        found: AnyRow | None = self._ask(question).first()
        return found

    def one(self, question: Question) -> AnyRow:
        """The only row; NotFound when there is none."""
        found = self.first(question)
        if found is None:
            raise NotFound(_("What was asked for is not on this device. Sync, or look under another record."))
        return found

    def scalar(self, question: Question) -> Any:
        """The first column of the first row, or None."""
        return self._ask(question).scalar()

    def get(self, record: type[Record], id: UUID) -> AnyRow:
        """The whole row; NotFound names the table and the id."""
        found = self.find(record, id)
        if found is None:
            message = _("The {table} record {id} is not on this device. Sync, or ask the server.")
            raise NotFound(message.format(table=record.spec.name.replace("_", " "), id=str(id)[-12:]))
        return found

    def find(self, record: type[Record], id: UUID) -> AnyRow | None:
        """The whole row, or None."""
        row: AnyRow | None = self._connection.execute(_row_sql(record), {"wanted": id}).first()
        return row

    def stored(self, table: str, id: bytes) -> dict[str, Any] | None:
        """The row of a table as it is stored, by name: for checks that know tables from a policy."""
        return rows.read_row(self._connection, table, id)

    def heads(self, record: type[Record], id: UUID) -> dict[str, list[Head]]:
        """Groups of this record in which two or more values stand; an empty dict means that none does."""
        sql = text("SELECT grp, stamp, vals FROM own_standing_head WHERE tbl = :tbl AND record = :id ORDER BY stamp")
        standing: dict[str, list[Head]] = {}
        for row in self._connection.execute(sql, {"tbl": record.spec.name, "id": id.bytes}):
            values = unpack_values(record.spec, msgspec.msgpack.decode(row.vals))
            head = Head(row.stamp, stamp_author(row.stamp), instant(stamp_ms(row.stamp)), values)
            standing.setdefault(row.grp, []).append(head)
        return {g: found for g, found in standing.items() if any(h.values != found[0].values for h in found)}

    def with_heads(self, record: type[Record], ids: Iterable[UUID]) -> set[UUID]:
        """Which of these records have a group in which two or more values stand."""
        wanted = sorted(id.bytes for id in ids)
        found: set[UUID] = set()
        for start in range(0, len(wanted), _AT_ONCE):
            asked = {"tbl": record.spec.name, "among": wanted[start : start + _AT_ONCE]}
            found.update(UUID(bytes=bytes(id)) for id in self._connection.execute(_WITH_HEADS, asked).scalars())
        return found

    def local_only(self, ids: Iterable[UUID]) -> set[UUID]:
        """Which of these records hold work of this device that the server has not acknowledged."""
        if self._unacknowledged is None:
            self._unacknowledged = self._read_unacknowledged()
        return {id for id in ids if id.bytes in self._unacknowledged}

    def _read_unacknowledged(self) -> frozenset[bytes]:
        """One reader sees one state of the log: a screen asks once however many lists it shows."""
        sql = text(
            "SELECT DISTINCT t.record FROM own_change_log c JOIN own_log_touch t ON t.pos = c.pos "
            "WHERE c.author = :author AND c.number > :acked"
        )
        acked = self.meta("acknowledged", 0)
        waiting = self._connection.execute(sql, {"author": self.station.author, "acked": acked})
        return frozenset(bytes(r.record) for r in waiting)

    def history(self, record: type[Record], id: UUID) -> list[Version]:
        """What the log on this device knows of a record, oldest first (replicas keep 90 days of log)."""
        sql = text(
            "SELECT c.stamp, c.author, c.details, c.leaves FROM own_log_touch t "
            "JOIN own_change_log c ON c.pos = t.pos WHERE t.record = :id AND c.state < 2 ORDER BY c.stamp"
        )
        versions: list[Version] = []
        for row in self._connection.execute(sql, {"id": id.bytes}).all():
            details = decode_details(row.details)
            leaf = _leaf_of(row.leaves, record.spec.name, id.bytes)
            values = unpack_values(record.spec, leaf.values) if leaf else {}
            at, person = instant(stamp_ms(row.stamp)), UUID(bytes=details.person)
            changed = not versions and leaf is not None and leaf.bases is not None
            was = rows.kept_before(self._connection, record.spec.name, id.bytes) if changed else {}
            before = unpack_values(record.spec, was)
            behind = stamp_ms(row.stamp) - details.wall_ms > SET_BACK_MS
            versions.append(Version(row.stamp, row.author, at, person, details.action, values, before, behind))
        return versions

    def meta(self, key: str, default: Any = None) -> Any:
        """A value of the store's own notes."""
        return meta_value(self._connection, key, default)

    def match(self, sql: str, **values: Any) -> list[AnyRow]:
        """Rows of a local search index (FTS5), which has no declared table; reads only."""
        return list(self._connection.execute(text(sql), values).all())

    def _ask(self, question: Question) -> Any:
        if not isinstance(question, Select | CompoundSelect):
            raise TypeError("only a select may be asked: rows are written through a Unit")
        return self._connection.execute(question)


def meta_value(connection: Connection, key: str, default: Any = None) -> Any:
    """A value of the store's own notes, or the default."""
    found = connection.execute(_META, {"key": key}).scalar()
    return default if found is None else msgspec.msgpack.decode(found)


@lru_cache(maxsize=1024)
def _row_sql(record: type[Record]) -> Select[*tuple[Any, ...]]:
    """The select of one whole row by the id `wanted`."""
    return select(record.__table__).where(record.__table__.c.id == bindparam("wanted"))


def unpack_values(spec: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Stored values as Python values; columns that this version does not know stay as they are."""
    return {
        name: value if value is None or name not in spec.kinds else spec.kinds[name].unpack(value)
        for name, value in values.items()
    }


def _leaf_of(leaves: bytes, table: str, record: bytes) -> Any:
    for data in msgspec.msgpack.decode(leaves):
        if len(data) != 32:
            leaf = decode_leaf(data)
            if leaf.table == table and leaf.record == record:
                return leaf
    return None

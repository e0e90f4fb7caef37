# SPDX-License-Identifier: Apache-2.0
"""Rows of synced tables by their stored values: the only statements that write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, TextClause, text

from hms_desktop.storage.many import execute_many
from hms_desktop.storage.records import Group, Table, table_of

Values = dict[str, Any]
_SIZES = (1, 8, 64, 512)
"""How many records one question may ask about."""
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Values).decode


class Gate:
    """Opened only by this file: while it is shut, a statement that writes a synced table is refused."""

    def __init__(self) -> None:
        self.open = 0


@contextmanager
def gate_open(connection: Connection) -> Iterator[None]:
    """Let rows of synced tables be written on this connection."""
    gate: Gate = connection.connection.dbapi_connection.gate  # type: ignore[union-attr]
    gate.open += 1
    try:
        yield
    finally:
        gate.open -= 1


@dataclass(frozen=True)
class StandingHead:
    """A change set whose value of a group stands, and that value."""

    stamp: int
    values: Values


Heads = list[StandingHead]


def quoted(names: Iterable[str]) -> str:
    """Column names for a statement: some of them are words of SQL."""
    return ", ".join(f'"{name}"' for name in names)


@lru_cache(maxsize=1024)
def insert_sql(table: str) -> TextClause:
    """The statement that makes a row from its id, stamp and every column."""
    names = ["id", "k", *table_of(table).kinds]
    return text(f'INSERT INTO "{table}" ({quoted(names)}) VALUES ({", ".join(":" + n for n in names)})')


@lru_cache(maxsize=4096)
def update_sql(table: str, group: str) -> TextClause:
    """The statement that writes one whole group and its stamp."""
    spec = table_of(table).groups[group]
    stamp = "k = :k" if spec.stamp_column == "k" else f"{spec.stamp_column} = nullif(:{spec.stamp_column}, k)"
    sets = ", ".join([*(f'"{name}" = :{name}' for name in spec.columns), stamp])
    return text(f'UPDATE "{table}" SET {sets} WHERE id = :id')


@lru_cache(maxsize=1024)
def _select_sql(table: str) -> TextClause:
    return text(f'SELECT {quoted(_stored(table))} FROM "{table}" WHERE id = :id')


@lru_cache(maxsize=1024)
def _select_many_sql(table: str, count: int) -> TextClause:
    return text(f'SELECT {quoted(_stored(table))} FROM "{table}" WHERE id IN ({_marks(count)})')


def _stored(table: str) -> list[str]:
    spec = table_of(table)
    stamps = {g.stamp_column for g in spec.groups.values()} - {"k"}
    return ["id", "k", *spec.kinds, *sorted(stamps)]


_HEADS = text("SELECT stamp, vals FROM own_standing_head WHERE tbl = :tbl AND record = :record AND grp = :grp")
_DROP_HEADS = text("DELETE FROM own_standing_head WHERE tbl = :tbl AND record = :record AND grp = :grp")
_ADD_HEAD = text(
    "INSERT INTO own_standing_head (tbl, record, grp, stamp, vals) VALUES (:tbl, :record, :grp, :stamp, :vals)"
)


def read_row(connection: Connection, table: str, record: bytes) -> dict[str, Any] | None:
    """The stored values, stamps included, or None."""
    found = connection.execute(_select_sql(table), {"id": record}).mappings().first()
    return None if found is None else dict(found)


def read_rows(connection: Connection, table: str, records: Iterable[bytes]) -> dict[bytes, dict[str, Any]]:
    """The same of many records at once, by id; those that are not there are left out."""
    found: dict[bytes, dict[str, Any]] = {}
    for count, part in _parts(records):
        for row in connection.execute(_select_many_sql(table, count), part).mappings():
            found[bytes(row["id"])] = dict(row)
    return found


def read_heads(connection: Connection, table: str, records: Iterable[bytes]) -> dict[tuple[bytes, str], Heads]:
    """The heads that stand beside these rows, by record and group, oldest stamp first; none where only one stands."""
    found: dict[tuple[bytes, str], Heads] = {}
    for count, part in _parts(records):
        for row in connection.execute(_heads_of_many_sql(count), {"tbl": table, **part}):
            found.setdefault((bytes(row.record), row.grp), []).append(StandingHead(row.stamp, _unpack(row.vals)))
    return found


def insert_row(connection: Connection, table: Table, record: bytes, stamp: int, values: Mapping[str, Any]) -> None:
    """Make a row; columns not given are empty."""
    row = {name: values.get(name) for name in table.kinds}
    with gate_open(connection):
        connection.execute(insert_sql(table.name), {"id": record, "k": stamp, **row})


def write_group(
    connection: Connection, table: Table, group: Group, record: bytes, stamp: int, values: Mapping[str, Any]
) -> None:
    """Write one group whole, with the head that it now shows."""
    row = {name: values.get(name) for name in group.columns}
    with gate_open(connection):
        connection.execute(update_sql(table.name, group.name), {"id": record, group.stamp_column: stamp, **row})


def write_groups(connection: Connection, table: Table, group: Group, many: Mapping[bytes, StandingHead]) -> None:
    """Write one group of many records whole, each with the head that it now shows."""
    written = [
        {"id": record, group.stamp_column: head.stamp, **{name: head.values.get(name) for name in group.columns}}
        for record, head in many.items()
    ]
    with gate_open(connection):
        execute_many(connection, update_sql(table.name, group.name), written)


@lru_cache(maxsize=1024)
def _maker_sql(table: str) -> TextClause:
    """The statement that lets another stamp be the one that made a row; its groups keep the heads they show."""
    stamps = sorted({g.stamp_column for g in table_of(table).groups.values()} - {"k"})
    kept = [f"{name} = nullif(coalesce({name}, k), :k)" for name in stamps]
    return text(f'UPDATE "{table}" SET {", ".join([*kept, "k = :k"])} WHERE id = :id AND (k > :k OR k = :refused)')


def made_by(connection: Connection, table: Table, record: bytes, stamp: int, refused: int | None = None) -> None:
    """A row that was made at two places counts as made by the earlier of them, whichever came here first.

    When the earlier one is `refused`, it counts as made by the one that is left.
    """
    if any(group.stamp_column != "k" for group in table.groups.values()):
        with gate_open(connection):
            connection.execute(_maker_sql(table.name), {"id": record, "k": stamp, "refused": refused})


def set_maker(connection: Connection, table: Table, record: bytes, stamp: int) -> None:
    """Say which stamp made a row that is mended; its groups are written after this."""
    with gate_open(connection):
        connection.execute(text(f'UPDATE "{table.name}" SET k = :k WHERE id = :id'), {"k": stamp, "id": record})


def delete_row(connection: Connection, table: Table, record: bytes) -> None:
    """Take out a row that a refused change set made."""
    with gate_open(connection):
        connection.execute(text(f'DELETE FROM "{table.name}" WHERE id = :id'), {"id": record})
    connection.execute(
        text("DELETE FROM own_standing_head WHERE tbl = :tbl AND record = :record"),
        {"tbl": table.name, "record": record},
    )


def group_heads(connection: Connection, table: Table, group: Group, row: Mapping[str, Any]) -> list[StandingHead]:
    """All standing heads of a group of a stored row, the shown one included, oldest stamp first."""
    found = connection.execute(_HEADS, {"tbl": table.name, "record": row["id"], "grp": group.name}).all()
    if found:
        return sorted((StandingHead(r.stamp, _unpack(r.vals)) for r in found), key=lambda head: head.stamp)
    return [shown_head(group, row)]


def shown_head(group: Group, row: Mapping[str, Any]) -> StandingHead:
    """The head that a stored row shows of a group."""
    stamp = row[group.stamp_column] if row[group.stamp_column] is not None else row["k"]
    return StandingHead(stamp, {name: row[name] for name in group.columns})


def store_heads(
    connection: Connection, table: Table, group: Group, record: bytes, heads: Sequence[StandingHead]
) -> None:
    """Remember the heads beside the row; a single head needs no remembering."""
    store_heads_of_many(connection, table, group, {record: heads})


def store_heads_of_many(
    connection: Connection, table: Table, group: Group, many: Mapping[bytes, Sequence[StandingHead]]
) -> None:
    """The same for many records."""
    keys = {record: {"tbl": table.name, "record": record, "grp": group.name} for record in many}
    execute_many(connection, _DROP_HEADS, list(keys.values()))
    added = [
        {**keys[record], "stamp": head.stamp, "vals": _pack(head.values)}
        for record, heads in many.items()
        for head in (heads if len(heads) > 1 else ())
    ]
    execute_many(connection, _ADD_HEAD, added)


_KEEP = text(
    "INSERT INTO own_value_before (tbl, record, grp, vals) SELECT :tbl, :record, :grp, :vals WHERE NOT EXISTS "
    "(SELECT 1 FROM own_log_touch t JOIN own_change_log c ON c.pos = t.pos WHERE t.record = :record "
    "AND c.stamp = :stamp) ON CONFLICT DO NOTHING"
)
_KEPT = text("SELECT grp, vals FROM own_value_before WHERE tbl = :tbl AND record = :record")


def keep_before(connection: Connection, table: Table, group: Group, row: Mapping[str, Any]) -> None:
    """Keep what a group says before it is written for the first time, unless the log holds how it came to say so."""
    keep_many_before(connection, table, group, {row["id"]: shown_head(group, row)})


def keep_many_before(connection: Connection, table: Table, group: Group, many: Mapping[bytes, StandingHead]) -> None:
    """The same for many records, by what each showed."""
    key = {"tbl": table.name, "grp": group.name}
    kept = [{**key, "record": record, "stamp": head.stamp, "vals": _pack(head.values)} for record, head in many.items()]
    execute_many(connection, _KEEP, kept)


def kept_before(connection: Connection, table: str, record: bytes) -> Values:
    """The values that a record had before the first change in this log, as far as it came without one."""
    found = connection.execute(_KEPT, {"tbl": table, "record": record}).all()
    return {name: value for row in found for name, value in _unpack(row.vals).items()}


def existing_ids(connection: Connection, table: str, records: Iterable[bytes]) -> set[bytes]:
    """Which of these ids have a row in the table."""
    found: set[bytes] = set()
    for count, part in _parts(records):
        found.update(bytes(id) for id in connection.execute(_among_sql(table, count), part).scalars())
    return found


@lru_cache(maxsize=1024)
def _among_sql(table: str, count: int) -> TextClause:
    return text(f'SELECT id FROM "{table}" WHERE id IN ({_marks(count)})')


@lru_cache(maxsize=8)
def _heads_of_many_sql(count: int) -> TextClause:
    return text(
        "SELECT record, grp, stamp, vals FROM own_standing_head "
        f"WHERE tbl = :tbl AND record IN ({_marks(count)}) ORDER BY stamp"
    )


def _marks(count: int) -> str:
    return ", ".join(f":r{number}" for number in range(count))


def _parts(records: Iterable[bytes]) -> Iterator[tuple[int, dict[str, bytes]]]:
    """Ids in parts of few sizes, filled up with one of their own, so that few statements are ever made of them."""
    wanted = list(records)
    for start in range(0, len(wanted), _SIZES[-1]):
        part = wanted[start : start + _SIZES[-1]]
        size = next(size for size in _SIZES if size >= len(part))
        yield size, {f"r{number}": part[min(number, len(part) - 1)] for number in range(size)}

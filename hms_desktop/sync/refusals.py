# SPDX-License-Identifier: Apache-2.0
"""Heeding what the centre states: a refused change set leaves the rows, and the values before it come back."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select, text

from hms_desktop.storage import ledger, rows
from hms_desktop.storage.change_sets import Leaf, decode_leaf, readable_leaves
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY, Group, Table
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import merge
from hms_desktop.sync.entries import leaves_of
from hms_desktop.sync.vectors import REFUSED, Vectors

Touched = set[tuple[str, UUID]]
POSTPONED = "rows to take out"
_STATE = text("UPDATE own_change_log SET state = :state WHERE pos = :pos")
_REFUSED = text(
    "INSERT INTO own_refusal (author, number, reason, because, at_ms) VALUES (:author, :number, :reason, NULL, :at) "
    "ON CONFLICT DO NOTHING"
)
_BOUND = text(
    "INSERT INTO own_time_bound (stamp, ms) VALUES (:stamp, :ms) "
    "ON CONFLICT (stamp) DO UPDATE SET ms = excluded.ms WHERE excluded.ms < own_time_bound.ms"
)


def heed(connection: Connection, vectors: Vectors, facts: Iterable[Leaf]) -> Touched:
    """Do what refusals and time bounds that were just applied ask for; returns the records that changed."""
    touched: Touched = set()
    for fact in facts:
        if fact.table == "refusal":
            touched |= take_out(connection, vectors, fact.values)
        elif fact.table == "time_bound":
            note_bound(connection, fact.values["stamp"], fact.values["ms"])
            touched |= _show_again(connection, fact.values["stamp"])
    return touched | _delete_postponed(connection, vectors) if touched else touched


def note_bound(connection: Connection, stamp: int, ms: int) -> None:
    """Keep the least time at which a change set with a clock far ahead counts as written."""
    connection.execute(_BOUND, {"stamp": stamp, "ms": ms})


def note_refusals(connection: Connection, vectors: Vectors, filled: Set[str]) -> None:
    """Know of every refusal that came by a snapshot, whose rows are without it: its author is told like anybody's.

    What it wrote here in other tables than those that the snapshot `filled` goes as well.
    """
    for fact in connection.execute(text("SELECT author, number, reason, with_it FROM refusal ORDER BY k")).all():
        for author, number in [[fact.author, fact.number], *msgspec.json.decode(fact.with_it)]:
            row = _logged(connection, author, number)
            known = {"author": author, "number": number, "reason": fact.reason, "at": row.stamp if row else 0}
            connection.execute(_REFUSED, known)
            if row is None or row.state in (ledger.REFUSED, ledger.GAP):
                continue
            connection.execute(_STATE, {"state": ledger.REFUSED, "pos": row.pos})
            for leaf in readable_leaves(msgspec.msgpack.decode(row.leaves, type=list[bytes])):
                if row.state == ledger.APPLIED and leaf.table in REGISTRY.keys() - filled:
                    _withdraw(connection, vectors, REGISTRY[leaf.table], leaf, row.stamp)
                    vectors.hold(row.stamp, {leaf.table}, REFUSED)


def take_out(connection: Connection, vectors: Vectors, refusal: dict[str, Any]) -> Touched:
    """Take a refused change set, and those that fall with it, out of the rows of this store."""
    named = [[refusal["author"], refusal["number"]], *msgspec.json.decode(refusal["with_it"])]
    touched: Touched = set()
    for author, number in reversed(named):
        row = _logged(connection, author, number)
        connection.execute(
            _REFUSED, {"author": author, "number": number, "reason": refusal["reason"], "at": row.stamp if row else 0}
        )
        if row is None or row.state in (ledger.REFUSED, ledger.GAP, ledger.HELD):
            continue
        leaves = [decode_leaf(d) for d in msgspec.msgpack.decode(row.leaves, type=list[bytes]) if len(d) != 32]
        connection.execute(_STATE, {"state": ledger.REFUSED, "pos": row.pos})
        known = [leaf for leaf in leaves if leaf.table in REGISTRY]
        for leaf in known:
            if not vectors.holds(leaf.table, row.stamp):  # else it waits, and was never merged
                _withdraw(connection, vectors, REGISTRY[leaf.table], leaf, row.stamp)
            touched.add((leaf.table, UUID(bytes=leaf.record)))
        vectors.refuse(row.stamp, {leaf.table for leaf in known})
    return touched


def _withdraw(connection: Connection, vectors: Vectors, table: Table, leaf: Leaf, stamp: int) -> None:
    row = rows.read_row(connection, table.name, leaf.record)
    if row is None:
        return
    others = list(leaves_of(connection, table.name, leaf.record))
    names = leaf.bases if leaf.bases is not None else {name: [] for name in table.groups}
    for name in (n for n in names if n in table.groups):
        group = table.groups[name]
        heads = [head for head in rows.group_heads(connection, table, group, row) if head.stamp != stamp]
        for base in names[name]:
            if not vectors.is_refused(base) and not _replaced(name, base, others):
                heads += _value_of(connection, table, group, base, others)
        if not heads:
            if leaf.bases is None or vectors.is_refused(row["k"]):  # whoever made the row was refused before
                _delete(connection, table, leaf.record)
                return
            _ask_again(connection, table.name)
            return
        _show(connection, table, group, leaf.record, heads)
    if row["k"] == stamp:
        _made_by_another(connection, table, leaf.record, stamp, others)


def _made_by_another(
    connection: Connection, table: Table, record: bytes, refused: int, others: list[tuple[int, Leaf]]
) -> None:
    """A row by rule that stays: who made it, and when, is read from the earliest change set that is left."""
    makers = [stamp for stamp, leaf in others if leaf.bases is None]
    if makers:
        rows.made_by(connection, table, record, min(makers), refused)
    else:
        _ask_again(connection, table.name)


def _delete(connection: Connection, table: Table, record: bytes) -> None:
    """Take a row out; one that work points at, which nobody has decided over yet, stays until that is gone as well."""
    if not _pointed_at(connection, table, record):
        rows.delete_row(connection, table, record)
        return
    later = {tuple(one) for one in meta_value(connection, POSTPONED, [])} | {(table.name, record)}
    set_meta(connection, POSTPONED, sorted(later))


def _pointed_at(connection: Connection, table: Table, record: bytes) -> bool:
    columns = [(other.name, name) for other in REGISTRY.values() for name, to in other.refs.items() if to == table.name]
    asked = {"record": record}
    return any(
        connection.execute(text(f'SELECT 1 FROM "{other}" WHERE "{column}" = :record LIMIT 1'), asked).first()
        for other, column in columns
    )


def _delete_postponed(connection: Connection, vectors: Vectors) -> Touched:
    """Take out what nothing points at by now; a row that was made anew meanwhile keeps what is not refused."""
    touched: Touched = set()
    later = meta_value(connection, POSTPONED, [])
    for name, record in later:
        table, row = REGISTRY[name], rows.read_row(connection, name, record)
        if row is None:
            continue
        touched.add((name, UUID(bytes=record)))
        for group in table.groups.values():
            heads = rows.group_heads(connection, table, group, row)
            standing = [head for head in heads if not vectors.is_refused(head.stamp)]
            if not standing:
                _delete(connection, table, record)
                break
            _show(connection, table, group, record, standing)
    left = [[name, record] for name, record in later if rows.existing_ids(connection, name, [record])]
    if later:
        set_meta(connection, POSTPONED, left)
    return touched


def _replaced(group: str, base: int, others: list[tuple[int, Leaf]]) -> bool:
    return any(base in (leaf.bases or {}).get(group, ()) for _stamp, leaf in others)


def _value_of(
    connection: Connection, table: Table, group: Group, base: int, others: list[tuple[int, Leaf]]
) -> list[rows.StandingHead]:
    for stamp, leaf in others:
        if stamp == base:
            return [rows.StandingHead(base, {name: leaf.values.get(name) for name in group.columns})]
    _ask_again(connection, table.name)
    return []


def _show(connection: Connection, table: Table, group: Group, record: bytes, heads: list[rows.StandingHead]) -> None:
    bounds = connection.execute(select(ledger.time_bound)).all()
    best = merge.shown(group.policy, heads, merge.order_by({b.stamp: b.ms for b in bounds}))
    rows.write_group(connection, table, group, record, best.stamp, best.values)
    rows.store_heads(connection, table, group, record, heads)


def _show_again(connection: Connection, stamp: int) -> Touched:
    sql = text("SELECT DISTINCT tbl, record, grp FROM own_standing_head WHERE stamp = :stamp")
    touched: Touched = set()
    for place in connection.execute(sql, {"stamp": stamp}).all():
        table = REGISTRY[place.tbl]
        group = table.groups[place.grp]
        row = rows.read_row(connection, table.name, bytes(place.record))
        if row is not None:
            _show(connection, table, group, bytes(place.record), rows.group_heads(connection, table, group, row))
            touched.add((table.name, UUID(bytes=bytes(place.record))))
    return touched


def ask_again(connection: Connection, tables: Iterable[str]) -> None:
    """These tables must come anew by snapshot: the log alone no longer says what is in their rows."""
    wanted = set(meta_value(connection, "refill", [])) | set(tables)
    set_meta(connection, "refill", sorted(wanted))


def _ask_again(connection: Connection, table: str) -> None:
    ask_again(connection, (table,))


def _logged(connection: Connection, author: int, number: int) -> Any:
    log = ledger.change_log
    return connection.execute(select(log).where(log.c.author == author, log.c.number == number)).first()

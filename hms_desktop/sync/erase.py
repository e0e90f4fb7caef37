# SPDX-License-Identifier: Apache-2.0
"""A grant taken away: once everything is sent, the rows of its tables leave this file, and so does every trace of them.

Rows, standing heads, earlier values, words in indexes, drafts and the leaves in the log go; of each leaf its hash
stays, so that every chain can still be checked. What the server holds back stays there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from hms_desktop.storage.change_sets import decode_leaf, leaf_hash
from hms_desktop.storage.indexes import local_indexes
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import snapshot

GRANTED, REFILL, ERASED, OWN_SITE = "granted", "refill", "erased", "own_site"
LEAF_HASH_BYTES = 32
FORMS: Mapping[str, str] = {
    "register": "patient",
    "booking": "appointment",
    "vitals": "observation",
    "note": "note",
    "sign": "note_signature",
    "dispense": "dispense",
    "lab-entry": "lab_result",
    "lab-call": "critical_call",
    "billing": "payment",
    "payment": "payment",
}
"""What the form of a draft writes, by the first word of its key; a draft of any other form goes with any grant."""
_LOG = text("SELECT pos, leaves FROM own_change_log ORDER BY pos")
_REWRITE = text("UPDATE own_change_log SET leaves = :leaves WHERE pos = :pos")
_UNTOUCH = text("DELETE FROM own_log_touch WHERE record = :record")


def lost(
    connection: Connection, read: Iterable[str], own_site: Iterable[str] = (), append: Iterable[str] = ()
) -> frozenset[str]:
    """The tables that this replica holds and, by the server's latest word, is granted no more, or other rows of.

    Rows of a fill that was cut, or of work done before the first one, are held too: nothing else names their tables.
    """
    here = frozenset(meta_value(connection, GRANTED, []))
    rows_differ = frozenset(meta_value(connection, OWN_SITE, [])) ^ frozenset(own_site)
    stray = snapshot.with_rows(connection, REGISTRY.keys() - here - frozenset(read) - frozenset(append))
    return ((here - frozenset(read)) | (here & rows_differ) | stray) & REGISTRY.keys()


def note_bounds(connection: Connection, own_site: Iterable[str]) -> None:
    """Remember of which tables only the own site's rows are held."""
    bounds = sorted(own_site)
    if meta_value(connection, OWN_SITE, []) != bounds:
        set_meta(connection, OWN_SITE, bounds)


def erase(connection: Connection, tables: frozenset[str], now_ms: int) -> dict[str, int]:
    """Take these tables out of the file, in the caller's transaction; returns how many rows each had."""
    connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    counted = {}
    for name in reversed(snapshot.in_order(sorted(tables))):
        counted[name] = int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())
        snapshot.empty(connection, name)
        connection.execute(text("DELETE FROM own_value_before WHERE tbl = :tbl"), {"tbl": name})
        connection.execute(text("DELETE FROM own_cursor WHERE tbl = :tbl"), {"tbl": name})
    _hash_leaves(connection, tables)
    for index in local_indexes(connection):
        if index.tables & tables:
            index.rebuild(connection)
    for person, key, _body in drafts_of(connection, tables):
        mine = {"person": person.bytes, "key": key}
        connection.execute(text("DELETE FROM own_draft WHERE person = :person AND key = :key"), mine)
    for note in (GRANTED, REFILL):
        set_meta(connection, note, sorted(set(meta_value(connection, note, [])) - tables))
    set_meta(connection, snapshot.PROGRESS, {})
    set_meta(connection, ERASED, {"at_ms": now_ms, "rows": {name: rows for name, rows in counted.items() if rows}})
    return counted


def _hash_leaves(connection: Connection, tables: frozenset[str]) -> None:
    """Leaves of these tables become their hashes; a record that only they held is no longer named beside the log."""
    gone: set[bytes] = set()
    kept: set[bytes] = set()
    for row in connection.execute(_LOG).all():
        leaves = msgspec.msgpack.decode(row.leaves, type=list[bytes])
        after = []
        for data in leaves:
            leaf = decode_leaf(data) if len(data) != LEAF_HASH_BYTES else None
            lost_one = leaf is not None and leaf.table in tables
            if leaf is not None:
                (gone if lost_one else kept).add(leaf.record)
            after.append(leaf_hash(data) if lost_one else data)
        if after != leaves:
            connection.execute(_REWRITE, {"leaves": msgspec.msgpack.encode(after), "pos": row.pos})
    for record in gone - kept:
        connection.execute(_UNTOUCH, {"record": record})


def drafts_of(connection: Connection, tables: frozenset[str]) -> list[tuple[UUID, str, bytes]]:
    """(person, key, content) of the drafts whose forms write one of these tables, or are of a form unknown here."""
    found = connection.execute(text("SELECT person, key, body FROM own_draft ORDER BY person, key")).all()
    return [(UUID(bytes=bytes(row.person)), row.key, bytes(row.body)) for row in found if _goes(row.key, tables)]


def _goes(key: str, tables: frozenset[str]) -> bool:
    form = FORMS.get(key.split(":")[0].split(" ")[0])
    return form in tables if form else any(REGISTRY[name].phi for name in tables)


def form_table(key: str) -> str:
    """The table that the form of this draft writes, or no words where the form is not known here."""
    return FORMS.get(key.split(":")[0].split(" ")[0], "")


def erased_last(connection: Connection) -> dict[str, Any]:
    """When tables were last erased here (ms since 1970) and how many rows of each: `at_ms`, `rows`; empty for never."""
    return dict(meta_value(connection, ERASED, {}))

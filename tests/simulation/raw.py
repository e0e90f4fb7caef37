# SPDX-License-Identifier: Apache-2.0
"""What lies in a store, asked past every layer of ours: thousands of questions in each history, so no time for more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hms_desktop.storage.store import Store

Rows = list[tuple[Any, ...]]
Held = dict[str, tuple[list[str], Rows]]
"""Of each table the names of its columns, and its rows in the order of their ids."""


def ask(store: Store, sql: str, *values: Any) -> Rows:
    """The rows that answer a question with `?` for each value."""
    with store.reading() as connection:
        found: Rows = connection.connection.dbapi_connection.execute(sql, values).fetchall()  # type: ignore[union-attr]
    return found


def held(store: Store, tables: Iterable[str]) -> Held:
    """Every row of these tables, without what is local, and their standing heads under `heads`."""
    found: Held = {}
    with store.reading() as connection:
        cursor = connection.connection.dbapi_connection.cursor()  # type: ignore[union-attr]
        for name in sorted(tables):
            rows = cursor.execute(f'SELECT * FROM "{name}"').fetchall()
            columns = [one[0] for one in cursor.description]
            local = columns.index("rid")
            kept = [*columns[:local], *columns[local + 1 :]]
            at = kept.index("id")
            found[name] = kept, sorted(((*r[:local], *r[local + 1 :]) for r in rows), key=lambda r: bytes(r[at]))
        heads = cursor.execute("SELECT tbl, record, grp, stamp, vals FROM own_standing_head").fetchall()
    found["heads"] = ["tbl", "record", "grp", "stamp", "vals"], sorted(row for row in heads if row[0] in found)
    return found

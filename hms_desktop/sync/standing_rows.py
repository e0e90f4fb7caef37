# SPDX-License-Identifier: Apache-2.0
"""The rows that the change sets of one run meet: read many at a time, merged in memory, written many at a time.

What is merged is written when the run has finished, or as soon as anybody asks the database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.core.errors import Damaged
from hms_desktop.storage import rows
from hms_desktop.storage.change_sets import Leaf
from hms_desktop.storage.records import REGISTRY, Group, Table
from hms_desktop.storage.rows import StandingHead
from hms_desktop.sync import merge
from hms_desktop.sync.batches import InsertBatch

Place = tuple[str, str]
"""A table and a group of it."""
_ID_BYTES = 16


class StandingRows:
    """Rows and their heads as they stand within one writing transaction; `order` says which of two heads is shown.

    `before_writing` is called before a row is written: the log then holds what was taken so far.
    """

    def __init__(
        self, connection: Connection, order: merge.Order, before_writing: Callable[[], object] = lambda: None
    ) -> None:
        self._connection = connection
        self._order = order
        self._before_writing = before_writing
        self._new = InsertBatch(connection, self._collide)
        self._rows: dict[str, dict[bytes, dict[str, Any] | None]] = {}
        self._beside: dict[tuple[str, bytes, str], list[StandingHead]] = {}
        self._changed: dict[Place, dict[bytes, StandingHead]] = {}
        self._said_before: dict[Place, dict[bytes, StandingHead]] = {}
        self._heads_changed: dict[Place, set[bytes]] = {}
        self._seen: set[tuple[str, bytes]] = set()
        self.conflicts: set[tuple[str, UUID, str]] = set()

    @property
    def written(self) -> Connection:
        """The connection, with every row written: for who asks the database itself."""
        self.write()
        return self._connection

    def look_ahead(self, leaves: Iterable[Leaf]) -> None:
        """Read at once the rows that these change, and see at once which of those are here that they point at."""
        changed: dict[str, set[bytes]] = {}
        pointed: dict[str, set[bytes]] = {}
        for leaf in leaves:
            spec = REGISTRY.get(leaf.table)
            if spec is None:
                continue
            if leaf.bases is not None:
                changed.setdefault(leaf.table, set()).add(leaf.record)
            for column, parent in spec.refs.items():
                target = leaf.values.get(column)
                if isinstance(target, bytes) and len(target) == _ID_BYTES:
                    pointed.setdefault(parent, set()).add(target)
        for table, records in changed.items():
            self._read(table, [one for one in records if not self._new.holds(table, one)])
        for table, records in pointed.items():
            unseen = [one for one in records if (table, one) not in self._seen]
            self._seen.update((table, one) for one in rows.existing_ids(self._connection, table, unseen))

    def row(self, table: str, record: bytes) -> dict[str, Any] | None:
        """The stored values, stamps included, or None; not to be changed."""
        known = self._rows.setdefault(table, {})
        if record not in known:
            if self._new.holds(table, record):
                self._new.flush(table)
            self._read(table, [record])
        return known[record]

    def heads(self, table: Table, group: Group, row: dict[str, Any]) -> list[StandingHead]:
        """All standing heads of a group of such a row, the shown one included, oldest stamp first."""
        return self._beside.get((table.name, bytes(row["id"]), group.name)) or [rows.shown_head(group, row)]

    def is_here(self, table: str, record: bytes) -> bool:
        """Whether there is such a row; one that is stays until this run has finished."""
        if (table, record) not in self._seen:
            if not self._new.holds(table, record) and not rows.existing_ids(self._connection, table, [record]):
                return False
            self._seen.add((table, record))
        return True

    def take(self, leaf: Leaf, stamp: int) -> None:
        """Make the row of this leaf, or merge its groups into the row that stands; Damaged where none does."""
        spec = REGISTRY[leaf.table]
        if leaf.bases is None:
            self._rows.get(leaf.table, {}).pop(leaf.record, None)
            self._new.add(spec, leaf.record, stamp, leaf.values)
            return
        row = self.row(leaf.table, leaf.record)
        if row is None:
            raise Damaged(f"A {spec.name} record is changed that was never made here.")
        for name, bases in leaf.bases.items():
            if name in spec.groups:
                self._merge(spec, spec.groups[name], row, StandingHead(stamp, leaf.values), bases)

    def write_of(self, *tables: str) -> None:
        """Write what is to be made and changed in these tables."""
        for table in tables:
            self._new.flush(table)
        if any(table in tables for table, _group in self._changed):
            self._write_changed()

    def write(self) -> None:
        """Write everything."""
        self._new.flush()
        self._write_changed()

    def forget(self) -> None:
        """Write everything, and read it anew when it is asked for: somebody else writes here now."""
        self.write()
        self._rows.clear()
        self._beside.clear()
        self._seen.clear()

    def _read(self, table: str, records: Iterable[bytes]) -> None:
        known = self._rows.setdefault(table, {})
        unknown = [record for record in records if record not in known]
        if not unknown:
            return
        known.update(dict.fromkeys(unknown))
        known.update(rows.read_rows(self._connection, table, unknown))
        for (record, group), heads in rows.read_heads(self._connection, table, unknown).items():
            self._beside[table, record, group] = heads

    def _merge(self, spec: Table, group: Group, row: dict[str, Any], change: StandingHead, bases: list[int]) -> None:
        record, place = bytes(row["id"]), (spec.name, group.name)
        own = StandingHead(change.stamp, {column: change.values.get(column) for column in group.columns})
        before = self.heads(spec, group, row)
        after = merge.combine(before, own, bases)
        if after == before:
            return
        show = merge.shown(group.policy, after, self._order)
        self._said_before.setdefault(place, {}).setdefault(record, rows.shown_head(group, row))
        self._changed.setdefault(place, {})[record] = show
        row.update({column: show.values.get(column) for column in group.columns}, **{group.stamp_column: show.stamp})
        if len(before) > 1 or len(after) > 1:
            self._heads_changed.setdefault(place, set()).add(record)
            self._beside[spec.name, record, group.name] = after if len(after) > 1 else []
        if merge.in_conflict(group.policy, after):
            self.conflicts.add((spec.name, UUID(bytes=record), group.name))

    def _collide(self, spec: Table, record: bytes, stamp: int, values: dict[str, Any]) -> None:
        """A row that is already here is made again, by rule at two places: its groups meet as heads."""
        self._write_changed()
        rows.made_by(self._connection, spec, record, stamp)
        self._rows.get(spec.name, {}).pop(record, None)
        self._read(spec.name, [record])
        row = self._rows[spec.name][record]
        assert row is not None
        for group in spec.groups.values():
            self._merge(spec, group, row, StandingHead(stamp, values), [])

    def _write_changed(self) -> None:
        if not self._changed:
            return
        self._before_writing()
        changed, self._changed = self._changed, {}
        said, self._said_before = self._said_before, {}
        heads, self._heads_changed = self._heads_changed, {}
        for place, shown in changed.items():
            table = REGISTRY[place[0]]
            group = table.groups[place[1]]
            rows.keep_many_before(self._connection, table, group, said[place])
            rows.write_groups(self._connection, table, group, shown)
            beside = {record: self._beside[(table.name, record, group.name)] for record in heads.get(place, ())}
            if beside:
                rows.store_heads_of_many(self._connection, table, group, beside)

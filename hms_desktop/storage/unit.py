# SPDX-License-Identifier: Apache-2.0
"""The unit of work: one action, one transaction, one change set. The only way in which a person's work is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import next_stamp
from hms_desktop.core.errors import ClinicError, NotAllowed, Refused
from hms_desktop.core.events import Event
from hms_desktop.core.ids import IdSource, human_number
from hms_desktop.core.text import _
from hms_desktop.storage import ledger, rows
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.chain import append
from hms_desktop.storage.change_sets import NO_ROOT, ChangeSet, Details, Leaf, encode_details, encode_leaf
from hms_desktop.storage.indexes import refresh_indexes
from hms_desktop.storage.leases import Lease, LeaseCall, LeaseSpend, runs
from hms_desktop.storage.reader import Reader, Setting
from hms_desktop.storage.records import ONCE, Record

Random = Callable[[int], bytes]
MustReach = Callable[[str, Mapping[str, Any], Mapping[str, Any] | None], None]
"""Raises NotAllowed for a row (table, stored values, how it was before a change) that a right does not reach."""
_LAST = select(ledger.author_state).where(ledger.author_state.c.author == bindparam("own"))
_NOTE = text(
    "INSERT INTO own_meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


@dataclass
class _Written:
    """What this unit wrote of one record: `bases` None when it made the row."""

    values: dict[str, Any]
    bases: dict[str, list[int]] | None


class Unit(Reader):
    """A reader that may also write. Everything it writes becomes one signed change set, or nothing does."""

    def __init__(
        self, connection: Connection, setting: Setting, acting: Acting, ids: IdSource, random: Random = os.urandom
    ) -> None:
        super().__init__(connection, setting, acting.person)
        self._acting = acting
        self._ids = ids
        self._random = random
        self._written: dict[tuple[str, bytes], _Written] = {}
        self.events: list[Event] = []
        self.action = ""
        self.may_write: frozenset[str] | None = None
        self.own: Mapping[str, str] = {}
        self.must_reach: MustReach | None = None
        self.shown: Any = None
        state = connection.execute(_LAST, {"own": self.station.author}).first()
        self._number = state.number + 1 if state else 1
        self._prev = bytes(state.root) if state else NO_ROOT
        last = max(state.stamp if state else 0, self.meta("clock", 0))
        self.stamp = next_stamp(last, self.station.author, setting.clock.now_ms())

    def new_id(self) -> UUID:
        """An id for a row that is about to be made."""
        return self._ids.new()

    def add(self, record: type[Record], *, id: UUID | None = None, **values: Any) -> UUID:
        """Make a row. With an id by rule, the row made before stays with all that became of it; another is refused."""
        spec = record.spec
        key = id or self._ids.new()
        missing = sorted(spec.required - {n for n, v in values.items() if v is not None})
        if missing:
            raise TypeError(f"{spec.name} needs {', '.join(missing)}")
        packed = spec.pack(values)
        if id is not None and (found := rows.read_row(self._connection, spec.name, key.bytes)) is not None:
            as_made = [g for g in spec.groups.values() if found[g.stamp_column] in (None, found["k"])]
            if all(found[name] == packed.get(name) for group in as_made for name in group.columns):
                return key
            raise Refused(_("This {table} is already recorded, and differently.").format(table=spec.name))
        if self.must_reach is not None:
            self.must_reach(spec.name, packed, None)
        rows.insert_row(self._connection, spec, key.bytes, self.stamp, packed)
        self._written[spec.name, key.bytes] = _Written({n: v for n, v in packed.items() if v is not None}, None)
        return key

    def change(self, record: type[Record], id: UUID, **values: Any) -> None:
        """Write columns of a row; each group touched is written whole and replaces every value that stands in it."""
        spec = record.spec
        row = rows.read_row(self._connection, spec.name, id.bytes)
        if row is None:
            self.get(record, id)
            return
        packed = spec.pack(values)
        if self.must_reach is not None:
            self.must_reach(spec.name, packed, row)
        for group in {g.name: g for g in map(spec.group_of, packed)}.values():
            if group.policy is ONCE:
                raise TypeError(f"{spec.name} is written once: add a fact that corrects it")
            whole = {name: packed.get(name, row[name]) for name in group.columns}
            heads = rows.group_heads(self._connection, spec, group, row)
            if len(heads) == 1 and all(whole[n] == row[n] for n in group.columns):
                continue
            rows.keep_before(self._connection, spec, group, row)
            rows.write_group(self._connection, spec, group, id.bytes, self.stamp, whole)
            rows.store_heads(self._connection, spec, group, id.bytes, [])
            self._note(spec.name, id.bytes, group.name, whole, [h.stamp for h in heads if h.stamp != self.stamp])

    def _note(self, table: str, record: bytes, group: str, values: dict[str, Any], bases: list[int]) -> None:
        known = self._written.setdefault((table, record), _Written({}, {}))
        known.values.update(values)
        if known.bases is not None:
            known.bases.setdefault(group, bases)

    def announce(self, event: Event) -> None:
        """Tell that something happened; reactions run before the commit, in this transaction."""
        self.events.append(event)

    def number(self, series: str) -> str:
        """The next human number of a series: unique without asking, without gaps per station."""
        sql = text(
            "INSERT INTO own_counter (series, value) VALUES (:series, 1) "
            "ON CONFLICT (series) DO UPDATE SET value = own_counter.value + 1 RETURNING value"
        )
        counter = self._connection.execute(sql, {"series": f"{series}:{self.station.author}"}).scalar_one()
        return human_number(series, self.station.author, counter)

    def lease_left(self, kind: str, subject: UUID) -> Decimal | None:
        """What this station may still give away of a lent thing; None when it holds no lease on it now."""
        held = self._leases(kind, subject)
        return sum((left for _lease, left in held), Decimal(0)) if held else None

    def spend(self, kind: str, subject: UUID, amount: Decimal, source: UUID) -> bool:
        """Take `amount` from this station's leases for `source`; False (and nothing taken) when they don't cover it."""
        held = self._leases(kind, subject)
        if sum((left for _lease, left in held), Decimal(0)) < amount:
            return False
        for lease, left in held:
            part = min(left, amount)
            if part > 0:
                self.add(LeaseSpend, lease=lease, amount=part, source=source)
                amount -= part
        return True

    def call_for(self, kind: str, subject: UUID) -> None:
        """Ask the other stations to give back what they have not used of a lent thing; it comes as a lease."""
        self.add(LeaseCall, kind=kind, subject=subject)

    def _leases(self, kind: str, subject: UUID) -> list[tuple[UUID, Decimal]]:
        question = select(Lease.id, Lease.amount).where(
            Lease.kind == kind,
            Lease.subject == subject,
            Lease.device == self.station.device,
            runs(self.now),
        )
        found = []
        for lease in self.rows(question):
            spent = sum(
                (r.amount for r in self.rows(select(LeaseSpend.amount).where(LeaseSpend.lease == lease.id))), Decimal(0)
            )
            found.append((lease.id, lease.amount - spent))
        return found

    def note_meta(self, key: str, value: Any) -> None:
        """Keep a value in the store's own notes, in this transaction."""
        set_meta(self._connection, key, value)

    def _must_be_its_own(self) -> None:
        """What an action writes, with what follows from it, is what the policy says that it writes."""
        beyond = {table for table, _record in self._written} - (self.may_write or set())
        if self.may_write is not None and beyond:
            message = _("“{action}” may not write {table}. Nothing was saved; tell support.")
            raise NotAllowed(message.format(action=self.action, table=min(beyond)), self.action)
        for (table, _record), written in self._written.items():
            column = self.own.get(table)
            if column is not None and written.values.get(column) not in (None, self.person.id.bytes):
                message = _("“{action}” is done in one's own name only. Nothing was saved.")
                raise NotAllowed(message.format(action=self.action), self.action)

    def finish(self) -> Changes:
        """Seal what was written as a signed change set in the log; an action that wrote nothing leaves none."""
        if not self._written:
            return Changes()
        if not self.action:
            raise ClinicError("work was written outside an action")
        self._must_be_its_own()
        leaves = [
            encode_leaf(Leaf(self._random(16), table, record, written.values, written.bases))
            for (table, record), written in self._written.items()
        ]
        details = encode_details(Details(self.person.id.bytes, self.action, self._setting.clock.now_ms()))
        unsigned = ChangeSet(self.station.author, self._number, self.stamp, self._prev, details, leaves, b"")
        append(self._connection, unsigned, self._acting.sign, self._setting.clock.now_ms())
        refresh_indexes(self._connection, [(table, UUID(bytes=record)) for table, record in self._written])
        return Changes(
            frozenset(table for table, _record in self._written),
            frozenset(UUID(bytes=record) for _table, record in self._written),
        )


def set_meta(connection: Connection, key: str, value: Any) -> None:
    """Keep a value in the store's own notes."""
    connection.execute(_NOTE, {"key": key, "value": msgspec.msgpack.encode(value)})

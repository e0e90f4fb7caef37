# SPDX-License-Identifier: Apache-2.0
"""What must be true, worked out from the change sets alone: no row, head or cursor of the engine is asked for it.

The oracle keeps every change set that was ever committed, as it was committed. What stands in a group of a record are
the change sets that wrote it and that no other one replaced; a store that shows anything else has lost, torn or
swallowed something.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from hms_desktop.core.clock import stamp_author, stamp_ms
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, Leaf, decode_leaf
from hms_desktop.storage.records import REGISTRY, Group, Policy
from hms_desktop.storage.store import Store
from hms_desktop.sync.entries import entry_of
from tests.simulation.mortal import MortalStore
from tests.simulation.raw import Held, ask

Values = dict[str, Any]
LEAF_HASH_BYTES = 32
_HOLDS = "SELECT 1 FROM own_change_log WHERE author = ? AND number = ? AND state <> ?"
_SINCE = text("SELECT * FROM own_change_log WHERE author = :author AND number > :known ORDER BY number")


@dataclass
class Standing:
    """What should stand in a store: per record and group the heads with their values, oldest stamp first."""

    tables: dict[str, dict[bytes, dict[str, dict[int, Values]]]] = field(default_factory=dict)


@dataclass
class Oracle:
    """Every change set by author and number, and the roots under which they were promised."""

    sets: dict[tuple[int, int], ChangeSet] = field(default_factory=dict)
    roots: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _leaves: dict[tuple[int, int], list[Leaf]] = field(default_factory=dict)
    _heard: dict[Path, int] = field(default_factory=dict)

    def hear(self, store: MortalStore) -> int:
        """Learn what a store's own author committed since the last time; returns how many change sets that were."""
        if self._heard.get(store.path) == store.writes:
            return 0
        self._heard[store.path] = store.writes
        author = store.station.author
        known = max((number for of, number in self.sets if of == author), default=0)
        with store.reading() as connection:
            found = connection.execute(_SINCE, {"author": author, "known": known}).all()
        for row in found:
            entry = entry_of(row)
            assert isinstance(entry, ChangeSet)
            self.sets[author, row.number] = entry
            self.roots[author, row.number] = bytes(row.root)
            self._leaves[author, row.number] = _of(entry)
        return len(found)

    def forget(self, author: int, after: int) -> list[int]:
        """What this author did after a number is gone with its disk: nobody else had it. Returns the numbers."""
        gone = sorted(number for of, number in self.sets if of == author and number > after)
        for number in gone:
            del self.sets[author, number], self.roots[author, number], self._leaves[author, number]
        return gone

    def learn_back(self, author: int, server: MortalStore, others: Sequence[Store]) -> None:
        """A server was put back: of its earlier author's work counts what came back, which is all that anybody holds.

        What nobody holds any more is gone with the machine; what is held in parts came back in these parts.
        """
        with server.reading() as connection:
            rows = {row.number: row for row in connection.execute(_SINCE, {"author": author, "known": 0})}
        for name in [name for name in self.sets if name[0] == author]:
            if name[1] in rows:
                entry = entry_of(rows[name[1]])
                self._leaves[name] = _of(entry) if isinstance(entry, ChangeSet) else []
                continue
            holds = [store.station.name for store in others if ask(store, _HOLDS, *name, ledger.GAP)]
            assert not holds, f"the server did not get back {name}, which {holds} still have"
            del self.sets[name], self.roots[name], self._leaves[name]

    def standing(self, refused: Collection[tuple[int, int]]) -> Standing:
        """What should stand where everything is held, but for what was refused."""
        taken = [name for name in self.sets if name not in refused]
        counted = [(self.sets[name].stamp, leaf) for name in taken for leaf in self._leaves[name]]
        replaced = {
            (leaf.table, leaf.record, group, base)
            for _stamp, leaf in counted
            for group, bases in (leaf.bases or {}).items()
            for base in bases
        }
        found = Standing()
        for stamp, leaf in sorted(counted, key=lambda one: one[0]):
            for name in REGISTRY[leaf.table].groups if leaf.bases is None else leaf.bases:
                if (leaf.table, leaf.record, name, stamp) in replaced:
                    continue
                columns = REGISTRY[leaf.table].groups[name].columns
                heads = found.tables.setdefault(leaf.table, {}).setdefault(leaf.record, {}).setdefault(name, {})
                heads[stamp] = {column: leaf.values.get(column) for column in columns}
        return found


def _of(entry: ChangeSet) -> list[Leaf]:
    known = [decode_leaf(data) for data in entry.leaves if len(data) != LEAF_HASH_BYTES]
    return [leaf for leaf in known if leaf.table in REGISTRY]


def refused_at(store: Store) -> set[tuple[int, int]]:
    """What a server does not take, by author and number."""
    return set(ask(store, "SELECT author, number FROM own_change_log WHERE state = ?", ledger.REFUSED))


def differences(store: Store, here: Held, standing: Standing) -> list[str]:
    """Where the rows that a store holds are not what should stand in these tables, in words; empty for nowhere."""
    kept = _kept_heads(here)
    bounds = dict(ask(store, "SELECT stamp, ms FROM own_time_bound"))
    wrong = []
    for table in here.keys() - {"heads"}:
        wanted, columns = standing.tables.get(table, {}), here[table][0]
        rows = {row[columns.index("id")]: dict(zip(columns, row, strict=True)) for row in here[table][1]}
        wrong += [f"{table} {id.hex()[-6:]} is missing" for id in sorted(wanted.keys() - rows.keys())]
        wrong += [f"{table} {id.hex()[-6:]} should not be here" for id in sorted(rows.keys() - wanted.keys())]
        for id in sorted(rows.keys() & wanted.keys()):
            for name, group in REGISTRY[table].groups.items():
                heads = kept.get((table, id, name)) or _shown_head(rows[id], group)
                wrong += [
                    f"{table} {id.hex()[-6:]} {name}: {why}"
                    for why in _differ(rows[id], group, heads, wanted[id].get(name, {}), bounds)
                ]
    return sorted(wrong)


def _kept_heads(here: Held) -> dict[tuple[str, bytes, str], dict[int, Values]]:
    found: dict[tuple[str, bytes, str], dict[int, Values]] = {}
    for table, record, group, stamp, values in here["heads"][1]:
        found.setdefault((table, record, group), {})[stamp] = msgspec.msgpack.decode(values)
    return found


def _shown_head(row: Any, group: Group) -> dict[int, Values]:
    stamp = row[group.stamp_column]
    return {row["k"] if stamp is None else stamp: {name: row[name] for name in group.columns}}


def _differ(
    row: Any, group: Group, heads: dict[int, Values], wanted: dict[int, Values], bounds: dict[int, int]
) -> list[str]:
    if heads != wanted:
        return [f"stands by {_names(heads)}, should by {_names(wanted)}"]
    best = _best(group.policy, wanted, bounds)
    shown = row[group.stamp_column]
    if (row["k"] if shown is None else shown) != best or any(row[n] != wanted[best][n] for n in group.columns):
        return [f"does not show the head {best} of {_names(wanted)}"]
    return []


def _names(heads: dict[int, Values]) -> str:
    return ", ".join(f"{stamp_author(stamp)}@{stamp}" for stamp in heads) or "nothing"


def _best(policy: Policy, heads: dict[int, Values], bounds: dict[int, int]) -> int:
    """The head that is shown: a state that wins over every other, else the latest by bounded time, author and stamp."""

    def order(stamp: int) -> tuple[int, int, int]:
        return min(stamp_ms(stamp), bounds.get(stamp, stamp_ms(stamp))), stamp_author(stamp), stamp

    if policy.state is None:
        return max(heads, key=order)
    states = {stamp: str(values[policy.state]) for stamp, values in heads.items()}
    winning = {
        one
        for one in states.values()
        if all(policy.wins.get(frozenset((one, other))) == one for other in states.values() if other != one)
    }
    return max((stamp for stamp in heads if states[stamp] in winning), key=order, default=max(heads, key=order))

# SPDX-License-Identifier: Apache-2.0
"""A workstation whose change sets are made by hand, to be wrong in just one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import select

from hms_desktop.core.clock import next_stamp
from hms_desktop.security.signing import sign_root
from hms_desktop.security.writes import writes
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.change_sets import ChangeSet, Details, Leaf, change_set_root, encode_details, encode_leaf
from hms_desktop.sync.facts import Refusal
from hms_desktop.sync.protocol import Push, Pushed
from hms_desktop.sync.vectors import ChainEnd, chain_end
from sync_server.actions import known_actions
from tests.sync.world import World, WorldDesk, dump

SALT = b"s" * 16
TABLES = frozenset(
    {"patient", "task", "payment", "account", "interaction", "lab_result", "cash_close", "register_entry"}
)
TASK = {"kind": "call", "title": "Call back", "role": "receptionist", "status": "requested"}


def a_patient(**values: Any) -> dict[str, Any]:
    """A patient as stored on the wire."""
    flags = {"born_estimated": 0, "active": 1, "temporary": 0, "name_known": 1}
    return {"mrn": "MRN-1", "family": "Forged", "family_key": "forged", "sex": "unknown", **flags, **values}


@dataclass
class Forger:
    """Pushes change sets made by hand; each continues its chain at the centre unless told not to."""

    desk: WorldDesk

    @property
    def world(self) -> World:
        return self.desk.world

    @property
    def author(self) -> int:
        return self.desk.store.station.author

    def chain(self) -> ChainEnd:
        with self.world.centre.store.reading() as connection:
            return chain_end(connection, self.author)

    def made(self, *leaves: Leaf, action: str = "", by: Acting | None = None, **wrong: Any) -> ChangeSet:
        """A change set that is right but for what is `wrong`: author, number, stamp, prev, person, wall_ms or key."""
        end, acting = self.chain(), by or self.desk.acting
        action = action or fitting(acting, leaves)
        stamp = next_stamp(end.stamp, self.author, self.world.clock.ms)
        details = encode_details(
            Details(wrong.get("person", acting.person.id.bytes), action, wrong.get("wall_ms", self.world.clock.ms))
        )
        unsigned = ChangeSet(
            wrong.get("author", self.author),
            wrong.get("number", end.number + 1),
            wrong.get("stamp", stamp),
            wrong.get("prev", end.root),
            details,
            [encode_leaf(leaf) for leaf in leaves],
            b"",
        )
        root = change_set_root(unsigned)
        signature = sign_root(wrong["key"], root) if "key" in wrong else acting.sign(root)
        return msgspec.structs.replace(unsigned, signature=signature)

    def after(self, earlier: ChangeSet, *leaves: Leaf) -> ChangeSet:
        """One that continues another which may still be under way."""
        stamp = next_stamp(earlier.stamp, self.author, self.world.clock.ms)
        return self.made(*leaves, number=earlier.number + 1, prev=change_set_root(earlier), stamp=stamp)

    def push(self, *sets: ChangeSet) -> Pushed:
        return self.desk.line.send("/v1/push", Push(list(sets)), Pushed)

    def named(self) -> set[str]:
        """By which checks the centre holds back what came from here, as its quarantine says."""
        asked = select(Refusal.check).where(Refusal.author == self.author)
        centre = self.world.centre
        return {row.check for row in centre.store.read(lambda reader: reader.rows(asked), centre.worker)}

    def refused(self, *leaves: Leaf, **how: Any) -> str:
        """Why the centre refuses this; fails the test unless it does, and unless its rows stay as they were."""
        before = dump(self.world.centre.store, TABLES)
        answer = self.push(self.made(*leaves, **how))
        assert [verdict.state for verdict in answer.verdicts] == ["refused"]
        assert dump(self.world.centre.store, TABLES) == before
        return answer.verdicts[0].reason


def fitting(acting: Acting, leaves: Sequence[Leaf]) -> str:
    """An action of this person that writes these tables; registering a patient where it does, or where none does."""
    tables, actions = {leaf.table for leaf in leaves}, known_actions()
    names = ["patients.register", *sorted(writes())]
    return next(
        (n for n in names if n in actions and tables <= writes()[n] and actions[n].needs in acting.person.permissions),
        names[0],
    )


def leaf(table: str, values: dict[str, Any], bases: dict[str, list[int]] | None = None, id: UUID | None = None) -> Leaf:
    """One record's part of a change set."""
    return Leaf(SALT, table, (id or uuid4()).bytes, values, bases)

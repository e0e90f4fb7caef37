# SPDX-License-Identifier: Apache-2.0
"""What a window may tell of a replica's own change sets: how many wait in each module, what was held back and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from hms_desktop.core.clock import stamp_ms
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import Leaf, decode_details, decode_leaf
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.facts import RefusalQuestion
from hms_desktop.sync.outbox import ACKNOWLEDGED
from hms_desktop.sync.quarantine import held_elsewhere, unsettled

LEAF_HASH_BYTES = 32
NOBODYS_WORK = frozenset({"access_event", "refusal_settled"})
"""What an action wrote beside a person's work: there is nothing to do again."""


@dataclass(frozen=True)
class WaitingPart:
    """Change sets of a module that the server has not acknowledged, and when the oldest was written (ms)."""

    module: str
    count: int
    oldest_ms: int


@dataclass(frozen=True)
class HeldSet:
    """A change set that the server refused: its action, why, when it was written (ms), the (table, record) it wrote.

    `made` are the records that it alone made, which are gone from the rows now; `patient` is whom it says it is about.
    With a `station` it was written there, by the person who asks, and only its name is here; `gone` says that this
    workstation is out of use. `questions` are what administrators ask about it.
    """

    number: int
    action: str
    module: str
    reason: str
    written_ms: int
    records: tuple[tuple[str, UUID], ...]
    made: frozenset[UUID] = frozenset()
    patient: UUID | None = None
    author: int = 0
    station: str = ""
    gone: bool = False
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """One record as a refused change set wrote it: columns in Python values; `new` when it made the record."""

    table: str
    record: UUID
    new: bool
    values: Mapping[str, Any]


def waiting_by_module(connection: Connection, author: int) -> list[WaitingPart]:
    """What this author's device still has to send, by the module that each action belongs to, oldest first."""
    log = ledger.change_log
    acked = meta_value(connection, ACKNOWLEDGED, 0)
    question = select(log.c.stamp, log.c.details).where(log.c.author == author, log.c.number > acked)
    parts: dict[str, WaitingPart] = {}
    for row in connection.execute(question.order_by(log.c.number)):
        module = module_of(decode_details(row.details).action)
        before = parts.get(module, WaitingPart(module, 0, stamp_ms(row.stamp)))
        parts[module] = WaitingPart(module, before.count + 1, before.oldest_ms)
    return list(parts.values())


def held_sets(connection: Connection, author: int, person: UUID | None = None) -> list[HeldSet]:
    """Refused change sets that nobody has decided over, oldest first: this author's, then the person's on others."""
    log, refused = ledger.change_log, ledger.refusal
    question = (
        select(log.c.author, log.c.number, log.c.stamp, log.c.details, log.c.leaves, refused.c.reason)
        .join(refused, (refused.c.author == log.c.author) & (refused.c.number == log.c.number))
        .where(log.c.author == author, unsettled(log.c.author, log.c.number))
        .order_by(log.c.number)
    )
    here = [_held(row) for row in connection.execute(question)]
    others = held_elsewhere(connection, author, person) if person is not None else ()
    asked = questions(connection)
    found = here + [
        HeldSet(one.number, "", "", one.reason, stamp_ms(one.refused), (), author=one.author, station=one.station,
                gone=one.gone)
        for one in others
    ]  # fmt: skip
    return [replace(one, questions=asked.get((one.author or author, one.number), ())) for one in found]


def questions(connection: Connection) -> Mapping[tuple[int, int], tuple[str, ...]]:
    """What administrators ask about refused change sets, by author and number, oldest first."""
    asked: dict[tuple[int, int], tuple[str, ...]] = {}
    for row in connection.execute(select(RefusalQuestion.__table__).order_by(RefusalQuestion.k)):
        asked[row.author, row.number] = (*asked.get((row.author, row.number), ()), row.words)
    return asked


def written_by(connection: Connection, author: int, number: int) -> tuple[Written, ...]:
    """Everything that one of this author's change sets wrote, as the log keeps it; access events are left out."""
    log = ledger.change_log
    question = select(log.c.leaves).where(log.c.author == author, log.c.number == number)
    row = connection.execute(question).first()
    return tuple(_written(leaf) for leaf in _leaves_of(row)) if row else ()


def module_of(action: str) -> str:
    """The module of an action's name: `lab.receive_specimen` belongs to `lab`."""
    return action.partition(".")[0]


def _held(row: Any) -> HeldSet:
    action, leaves = decode_details(row.details).action, list(_leaves_of(row))
    return HeldSet(
        number=row.number,
        action=action,
        module=module_of(action),
        reason=row.reason,
        written_ms=stamp_ms(row.stamp),
        records=tuple((leaf.table, UUID(bytes=leaf.record)) for leaf in leaves),
        made=frozenset(UUID(bytes=leaf.record) for leaf in leaves if leaf.bases is None),
        patient=next((UUID(bytes=found) for leaf in leaves if (found := leaf.values.get("patient"))), None),
        author=row.author,
    )


def _written(leaf: Leaf) -> Written:
    kinds = REGISTRY[leaf.table].kinds
    values = {
        name: None if value is None else kinds[name].unpack(value)
        for name, value in leaf.values.items()
        if name in kinds
    }
    return Written(leaf.table, UUID(bytes=leaf.record), leaf.bases is None, values)


def _leaves_of(row: Any) -> Iterable[Leaf]:
    for data in msgspec.msgpack.decode(row.leaves, type=list[bytes]):
        if len(data) != LEAF_HASH_BYTES:
            leaf = decode_leaf(data)
            if leaf.table in REGISTRY and leaf.table not in NOBODYS_WORK:
                yield leaf

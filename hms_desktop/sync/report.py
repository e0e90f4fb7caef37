# SPDX-License-Identifier: Apache-2.0
"""What a window may tell of a replica's own change sets: how many wait in each module, what was held back and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from hms_desktop.core.clock import stamp_ms
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import decode_details, decode_leaf
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.outbox import ACKNOWLEDGED

LEAF_HASH_BYTES = 32


@dataclass(frozen=True)
class WaitingPart:
    """Change sets of a module that the server has not acknowledged, and when the oldest was written (ms)."""

    module: str
    count: int
    oldest_ms: int


@dataclass(frozen=True)
class HeldSet:
    """A change set that the server refused: its action, why, when it was written (ms), the (table, record) it wrote."""

    number: int
    action: str
    module: str
    reason: str
    written_ms: int
    records: tuple[tuple[str, UUID], ...]


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


def held_sets(connection: Connection, author: int) -> list[HeldSet]:
    """This author's change sets that stand in quarantine, oldest first."""
    log, refused = ledger.change_log, ledger.refusal
    question = (
        select(log.c.number, log.c.stamp, log.c.details, log.c.leaves, refused.c.reason)
        .join(refused, (refused.c.author == log.c.author) & (refused.c.number == log.c.number))
        .where(log.c.author == author, refused.c.ended.is_(None))
        .order_by(log.c.number)
    )
    return [_held(row) for row in connection.execute(question)]


def module_of(action: str) -> str:
    """The module of an action's name: `lab.receive_specimen` belongs to `lab`."""
    return action.partition(".")[0]


def _held(row: Any) -> HeldSet:
    action = decode_details(row.details).action
    records = tuple(_records(msgspec.msgpack.decode(row.leaves, type=list[bytes])))
    return HeldSet(row.number, action, module_of(action), row.reason, stamp_ms(row.stamp), records)


def _records(leaves: Iterable[bytes]) -> Iterable[tuple[str, UUID]]:
    for data in leaves:
        if len(data) != LEAF_HASH_BYTES:
            leaf = decode_leaf(data)
            if leaf.table in REGISTRY and not leaf.table.endswith("access_event"):
                yield leaf.table, UUID(bytes=leaf.record)

# SPDX-License-Identifier: Apache-2.0
"""What this device wrote and the server has not acknowledged: packed for pushing, counted for the status bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, decode_leaf
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import quarantine
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.protocol import Pushed

BATCH_BYTES = 4 * 1024 * 1024
ACKNOWLEDGED = "acknowledged"
_own = (ledger.change_log.c.author == bindparam("own"), ledger.change_log.c.number > bindparam("sent"))
_WAITING = select(func.count()).where(*_own)
_WAITING_SINCE = select(func.count(), func.min(ledger.change_log.c.received_ms)).where(*_own)
_UNSENT = select(ledger.change_log).where(*_own).order_by(ledger.change_log.c.number).limit(bindparam("most"))


@dataclass(frozen=True)
class Refused:
    """One of this device's change sets that the server does not take."""

    number: int
    reason: str


def sent(connection: Connection) -> int:
    """The number of the last of this device's change sets that the server has acknowledged; 0 when none."""
    return int(meta_value(connection, ACKNOWLEDGED, 0))


def waiting(connection: Connection, author: int) -> int:
    """How many change sets of this author the server has not acknowledged."""
    return int(connection.execute(_WAITING, {"own": author, "sent": sent(connection)}).scalar_one())


def waiting_since(connection: Connection, author: int) -> tuple[int, int]:
    """The same count, and when the oldest of them was written (ms since 1970; 0 when none waits)."""
    count, oldest = connection.execute(_WAITING_SINCE, {"own": author, "sent": sent(connection)}).one()
    return int(count), int(oldest or 0)


def unsent(connection: Connection, author: int, after: int, most: int, part: float = 1.0) -> list[ChangeSet]:
    """The change sets of this author that follow the number `after`, at most `most` of them and about 4 MB.

    With a `part` so much of both, and one change set at least.
    """
    batch: list[ChangeSet] = []
    size = 0
    for row in connection.execute(_UNSENT, {"own": author, "sent": after, "most": max(1, int(most * part))}):
        entry = entry_of(row)
        size += len(row.leaves)
        if not isinstance(entry, ChangeSet) or (batch and size > BATCH_BYTES * part):
            break
        batch.append(entry)
    return batch


def note_answer(connection: Connection, answer: Pushed) -> None:
    """Remember what the server now holds of this device; an acknowledgement never goes back by itself."""
    note_sent(connection, answer.acknowledged)


def note_sent(connection: Connection, number: int) -> None:
    """The server holds everything of this device up to this number."""
    if number > meta_value(connection, ACKNOWLEDGED, 0):
        set_meta(connection, ACKNOWLEDGED, number)


def held_back(connection: Connection, author: int, person: UUID | None = None) -> list[Refused]:
    """Change sets in quarantine that nobody has decided over: this device's, then this person's on others."""
    found = [Refused(number, reason) for number, reason in quarantine.held_here(connection, author)]
    if person is not None:
        found += [Refused(one.number, one.reason) for one in quarantine.held_elsewhere(connection, author, person)]
    return found


def by_module(connection: Connection, author: int) -> dict[str, int]:
    """How many unacknowledged change sets touch each module."""
    counted: dict[str, int] = {}
    for row in connection.execute(_UNSENT, {"own": author, "sent": sent(connection), "most": -1}):
        for module in {REGISTRY[name].module for name in tables_of(row) if name in REGISTRY}:
            counted[module] = counted.get(module, 0) + 1
    return counted


def tables_of(row: Any) -> set[str]:
    """The tables that a logged change set writes, as far as they are known here."""
    entry = entry_of(row)
    leaves = entry.leaves if isinstance(entry, ChangeSet) else []
    return {decode_leaf(leaf).table for leaf in leaves if len(leaf) != 32}

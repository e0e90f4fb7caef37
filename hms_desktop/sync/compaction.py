# SPDX-License-Identifier: Apache-2.0
"""Letting go of the old part of a replica's log, which the server keeps for ever; the rows stay as they are.

One sentence stays true: for every cursor, the state at it plus the rest of the log is the same before and after. So an
author's chain is cut at its beginning alone, and never past what waits, what the server has not acknowledged and what
that changed (it may be refused, and the older value comes back from the log), or a refusal that its person has not
settled. What is left is like a replica that was filled where it was cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from hms_desktop.security.standing import LONGEST_PERMIT
from hms_desktop.storage import chain, ledger
from hms_desktop.storage.acting import Station
from hms_desktop.storage.change_sets import Leaf, readable_leaves
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.erase import GRANTED, REFILL

LOG_DAYS, DEFAULT_LOG_DAYS = "log_days", 90
"""The setting: how many days of log a workstation keeps at least."""
LEAST_LOG_DAYS = LONGEST_PERMIT + 1
"""Longer than any workstation works alone, so that none comes back to a log without what it missed."""
DAY_MS = 86_400_000
LET_GO = "log let go"
LAST_PULL = "last_pull_ms"
"""The note of when the server was last heard by a pull."""
_SETTING = text("SELECT site, value FROM site_setting WHERE key = :key AND site IN ('', :site)")
_ENDS = text("SELECT author, number, root FROM own_author_state")
_FIRST_KEPT = text(
    "SELECT min(c.number) FROM own_change_log c WHERE c.author = :author AND (c.state = :waiting "
    "OR (c.number > :start AND c.received_ms >= :before) "
    "OR (c.author = :own AND (c.number > :sent OR (c.state = :refused "
    "AND NOT EXISTS (SELECT 1 FROM refusal_settled s WHERE s.author = c.author AND s.number = c.number)))))"
).bindparams(waiting=ledger.WAITING, refused=ledger.REFUSED)
_STILL_NEEDED = text(
    "SELECT c.author, min(c.number) AS number FROM own_change_log p JOIN own_log_touch o ON o.pos = p.pos "
    "JOIN own_log_touch t ON t.record = o.record JOIN own_change_log c ON c.pos = t.pos "
    "WHERE p.author = :own AND p.number > :sent GROUP BY c.author"
)
_ROOT = text("SELECT root FROM own_change_log WHERE author = :author AND number = :number")
_OLD_LEAVES = text(
    "SELECT c.stamp, c.leaves FROM own_change_log c WHERE c.author = :author AND c.number <= :number "
    "AND c.state = :applied AND EXISTS (SELECT 1 FROM own_log_touch t JOIN own_log_touch o "
    "ON o.record = t.record AND o.pos != t.pos WHERE t.pos = c.pos)"
).bindparams(applied=ledger.APPLIED)
_STILL_LOGGED = text(
    "SELECT min(c.stamp) FROM own_log_touch t JOIN own_change_log c ON c.pos = t.pos WHERE t.record = :record"
)
_UNTOUCH = text(
    "DELETE FROM own_log_touch WHERE pos IN "
    "(SELECT pos FROM own_change_log WHERE author = :author AND number <= :number)"
)
_DROP = text("DELETE FROM own_change_log WHERE author = :author AND number <= :number")
_KEEP = text(
    "INSERT INTO own_value_before (tbl, record, grp, vals) VALUES (:tbl, :record, :grp, :vals) "
    "ON CONFLICT (tbl, record, grp) DO UPDATE SET vals = excluded.vals"
)
Cut = tuple[int, int, bytes]
"""An author, the last number to let go of, and its root."""


@dataclass(frozen=True)
class LetGo:
    """What was let go of in all: how many change sets, and up to when they had come (ms since 1970; 0: never)."""

    sets: int = 0
    before_ms: int = 0


def log_days(connection: Connection, station: Station) -> int:
    """How many days of log this workstation keeps: as the site or the clinic chose, else 90."""
    asked = {"key": LOG_DAYS, "site": station.site}
    found = {row.site: msgspec.json.decode(row.value) for row in connection.execute(_SETTING, asked)}
    return int(found.get(station.site, found.get("", DEFAULT_LOG_DAYS)))


def compact(connection: Connection, station: Station, before_ms: int, sent: int) -> LetGo:
    """Let go of what came before a moment, in the caller's transaction; returns what was let go of in all by now.

    `sent` is the last own number that the server had before this replica followed it to its end: what it may have
    refused of that is known here. A server keeps its whole log.
    """
    if station.kind == "server":
        raise ValueError("a server never lets go of its log")
    cuts = list(_cuts(connection, {"own": station.author, "before": before_ms, "sent": sent}))
    old = {}
    for author, number, _root in cuts:
        old[author] = connection.execute(_OLD_LEAVES, {"author": author, "number": number}).all()
    dropped = 0
    for author, number, _root in cuts:
        connection.execute(_UNTOUCH, {"author": author, "number": number})
        dropped += connection.execute(_DROP, {"author": author, "number": number}).rowcount
    _keep_values(connection, sorted((row.stamp, row.leaves) for rows in old.values() for row in rows))
    if dropped:
        starts = {str(author): [number, root] for author, number, root in cuts}
        set_meta(connection, chain.FILLED, meta_value(connection, chain.FILLED, {}) | starts)
        before = let_go_of(connection)
        set_meta(connection, LET_GO, [before.sets + dropped, max(before.before_ms, before_ms)])
    return let_go_of(connection)


def let_go_of(connection: Connection) -> LetGo:
    """What this replica let go of so far."""
    return LetGo(*meta_value(connection, LET_GO, []))


def _cuts(connection: Connection, asked: dict[str, int]) -> Iterator[Cut]:
    """Where each author's chain may be cut, of those that have something to let go of."""
    starts = meta_value(connection, chain.FILLED, {})
    own = {"own": asked["own"], "sent": asked["sent"]}
    needed = {row.author: row.number for row in connection.execute(_STILL_NEEDED, own)}
    for end in connection.execute(_ENDS).all():
        start = starts.get(str(end.author), (0, b""))[0]  # what was fetched from before it is no reason to keep more
        first = connection.execute(_FIRST_KEPT, {**asked, "author": end.author, "start": start}).scalar()
        number = min([end.number, *(n - 1 for n in (first, needed.get(end.author)) if n is not None)])
        if number <= start:
            continue
        row = connection.execute(_ROOT, {"author": end.author, "number": number}).first()
        if row is not None:
            yield end.author, number, bytes(row.root)


def _keep_values(connection: Connection, old: list[tuple[int, bytes]]) -> None:
    """Of a record whose later changes stay in the log, keep what it said before the first of them."""
    for stamp, packed in old:
        for leaf in readable_leaves(msgspec.msgpack.decode(packed, type=list[bytes])):
            first = connection.execute(_STILL_LOGGED, {"record": leaf.record}).scalar()
            if first is not None and stamp < first:
                for row in _groups(leaf):
                    connection.execute(_KEEP, row)


def _groups(leaf: Leaf) -> Iterator[dict[str, Any]]:
    """What a leaf wrote of each group."""
    if leaf.table in REGISTRY:
        for group in REGISTRY[leaf.table].groups.values():
            if leaf.bases is None or group.name in leaf.bases:
                values = msgspec.msgpack.encode({name: leaf.values.get(name) for name in group.columns})
                yield {"tbl": leaf.table, "record": leaf.record, "grp": group.name, "vals": values}


def refill_after_long(connection: Connection, station: Station, now_ms: int) -> bool:
    """After a silence longer than the log reaches every table comes anew; what was done here and not sent stays."""
    heard = meta_value(connection, LAST_PULL)
    if heard is None or now_ms - heard <= log_days(connection, station) * DAY_MS:
        return False
    held = set(meta_value(connection, GRANTED, []))
    set_meta(connection, REFILL, sorted(held | set(meta_value(connection, REFILL, []))))
    return True

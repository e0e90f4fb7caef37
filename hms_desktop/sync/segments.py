# SPDX-License-Identifier: Apache-2.0
"""The old part of the trail, put away: signed access events older than two years lie in sealed files, chained one to
the next, whose hashes stand in the chain itself. Nothing here, or anywhere in the program, deletes such a file.

What the log keeps of such a change set is what everybody gets who may not see it: its place in the chain and the hash
of what it held. The rows that reports are made from stay in their table.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Connection, select, text

from hms_desktop.core.clock import EPOCH_MS, instant, stamp, stamp_author, stamp_ms
from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _
from hms_desktop.security import sealing
from hms_desktop.security.audit import AccessEvent, AuditSegment
from hms_desktop.storage import ledger
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.chain import BrokenLink
from hms_desktop.storage.change_sets import ChangeSet, body_hash, change_set_root, decode_leaf
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.receipts import root_at

FOLDER = "trail"
SEALED_AFTER = timedelta(days=731)
RETENTION_YEARS = 6
"""The least that the trail is kept (45 CFR 164.316(b)(2)(i)); the program keeps it for ever."""
MOST = 50_000
FORMER_AUTHORS = "former authors"
"""The note of the authors that this store's worker had before it was put back from a backup."""
_KEYS, _PURPOSE = "trail keys", "audit segment"
_EVENTS = AccessEvent.__tablename__
_PUT_AWAY = text(
    "UPDATE own_change_log SET details = :body, leaves = :none WHERE author = :author AND number = :number"
)
_log = ledger.change_log


@dataclass(frozen=True)
class Sealed:
    """One segment that was made: its number, its file, and how many change sets it holds."""

    number: int
    file: Path
    sets: int


def seal_old(store: Store, acting: Acting, folder: Path) -> Sealed | None:
    """Put the oldest access events away that are older than two years, at most 50,000; None when there are none.

    The file is on the disk before the log lets go of anything; the fact that names it and what the log lets go of are
    one transaction.
    """
    before = stamp(max(store.clock.now_ms() - int(SEALED_AFTER.total_seconds() * 1000), EPOCH_MS), 0, 0)
    with store.reading() as connection:
        old = list(_old(connection, before))
        last = _last(connection, store.station.author)
    if not old:
        return None
    number, previous = (last.number + 1, last.hash) if last is not None else (1, "")
    key = secrets.token_bytes(sealing.KEY_BYTES)
    box = _box(old, key, number)
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    file = file_of(folder, number)
    replace_file(file, box)

    def state(unit: Unit) -> None:
        unit.action = "server.seal_trail"
        unit.add(
            AuditSegment, number=number, hash=sha256(box).hexdigest(), previous=previous, sets=len(old),
            first=instant(stamp_ms(old[0].stamp)), last=instant(stamp_ms(old[-1].stamp)),
        )  # fmt: skip
        unit.note_meta(_KEYS, {**unit.meta(_KEYS, {}), str(number): key})

    with store.writing() as connection:
        _none, changes = store.act_on(connection, state, acting)
        connection.execute(_PUT_AWAY, [_gapped(one) for one in old])
    store.tell(changes)
    return Sealed(number, file, len(old))


def file_of(folder: Path, number: int) -> Path:
    """Where a segment lies."""
    return folder / FOLDER / f"{number:06}.sealed"


def _old(connection: Connection, before: int) -> Iterator[ChangeSet]:
    """Whole change sets of access events alone, oldest first."""
    question = select(_log).where(_log.c.stamp < before, _log.c.state == ledger.APPLIED).order_by(_log.c.stamp)
    found = 0
    for row in connection.execute(question):
        entry = entry_of(row)
        if isinstance(entry, ChangeSet) and entry.leaves and all(map(_is_event, entry.leaves)):
            yield entry
            found += 1
            if found == MOST:
                return


def _is_event(leaf: bytes) -> bool:
    return len(leaf) != 32 and decode_leaf(leaf).table == _EVENTS


def _gapped(one: ChangeSet) -> dict[str, Any]:
    body = body_hash(one.details, one.leaves)
    return {"body": body, "none": msgspec.msgpack.encode([]), "author": one.author, "number": one.number}


def _box(sets: list[ChangeSet], key: bytes, number: int) -> bytes:
    packed = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(sets))
    return sealing.lock(key, packed, purpose=_PURPOSE, context=number.to_bytes(8, "big"))


def _last(connection: Connection, author: int) -> Any:
    mine = _own(connection, author)
    own = [row for row in connection.execute(_SEGMENTS) if stamp_author(row.k) in mine]
    return own[-1] if own else None


def _own(connection: Connection, author: int) -> set[int]:
    """Whose segments lie in this store's folder: its author's, and those of what it wrote as before a restore."""
    return {author, *meta_value(connection, FORMER_AUTHORS, [])}


_SEGMENTS = select(AuditSegment.__table__).order_by(AuditSegment.number)


def read_segment(connection: Connection, folder: Path, number: int) -> list[ChangeSet]:
    """The change sets of a segment; Damaged when its file or its key is gone, or was changed."""
    key = meta_value(connection, _KEYS, {}).get(str(number))
    try:
        plain = sealing.unlock(
            key or b"", file_of(folder, number).read_bytes(), purpose=_PURPOSE, context=number.to_bytes(8, "big")
        )
        return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(plain), type=list[ChangeSet])
    except (OSError, ValueError, sealing.WontOpen, msgspec.MsgspecError, zstandard.ZstdError) as odd:
        message = _("Segment {number} of the trail can't be read. Put its file back from a copy.")
        raise Damaged(message.format(number=number)) from odd


def seal_everything_old(store: Store, acting: Acting, folder: Path) -> int:
    """Put everything away that is old enough; returns how many segments were made."""
    made = 0
    while seal_old(store, acting, folder) is not None:
        made += 1
    return made


def check_segments(connection: Connection, folder: Path, author: int) -> Iterator[BrokenLink | int]:
    """Every segment of this store: what does not hold as a broken link, else how many change sets it holds."""
    before, mine = "", _own(connection, author)
    for row in connection.execute(_SEGMENTS).all():
        if stamp_author(row.k) not in mine:
            continue
        yield _check(connection, folder, row, before)
        before = row.hash


def _check(connection: Connection, folder: Path, row: Any, before: str) -> BrokenLink | int:
    at = stamp_author(row.k)
    file = file_of(folder, row.number)
    if not file.is_file():
        return BrokenLink(at, row.number, f"segment {row.number} of the trail is missing")
    if sha256(file.read_bytes()).hexdigest() != row.hash or row.previous != before:
        return BrokenLink(at, row.number, f"segment {row.number} of the trail was changed after it was sealed")
    try:
        sets = read_segment(connection, folder, row.number)
    except Damaged:
        return BrokenLink(at, row.number, f"segment {row.number} of the trail can't be opened")
    for one in sets:
        if root_at(connection, one.author, one.number) != change_set_root(one):
            return BrokenLink(one.author, one.number, f"segment {row.number} of the trail holds another change")
    return len(sets)

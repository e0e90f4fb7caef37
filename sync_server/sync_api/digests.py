# SPDX-License-Identifier: Apache-2.0
"""A server's side of comparing: digests of what a workstation may hold, and all that was ever written of a record.

Each answer is from one transaction. Few are computed at a time, so that a morning of looks leaves the server to others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, text

from hms_desktop.core.clock import stamp_author
from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, only_tables, readable_leaves
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store
from hms_desktop.sync import digest, pull
from hms_desktop.sync.digest import Holding
from hms_desktop.sync.digest_wire import (
    MOST_LEFT_OUT,
    MOST_RECORDS,
    MOST_SPANS,
    Compared,
    Difference,
    DigestsTold,
    DigestsWanted,
    RecordsTold,
    RecordsWanted,
)
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.protocol import Entry, Noted
from hms_desktop.sync.vectors import Vectors
from sync_server.administration import By, note_act
from sync_server.defects import Defects
from sync_server.home import Home
from sync_server.sync_api.centre import DeviceFacts
from sync_server.sync_api.site_rows import HeldRows, SiteRows

_log = ledger.change_log
_SINCE = select(_log).where(_log.c.pos > bindparam("place")).order_by(_log.c.pos)
_OF_RECORD = text(
    "SELECT c.* FROM own_log_touch t JOIN own_change_log c ON c.pos = t.pos WHERE t.record = :record "
    "AND c.state = :applied ORDER BY c.pos"
).bindparams(applied=ledger.APPLIED)
MOST_NAMED, ID_BYTES = 10, 16
AT_ONCE, WAIT_SECONDS = 2, 2.0
_at_once = threading.BoundedSemaphore(AT_ONCE)


class Comparing:
    """What a workstation may ask to compare itself with this server, and its word about what it found."""

    def __init__(self, home: Home, defects: Defects, settled: Callable[[UUID, bytes], object]) -> None:
        self._home, self._defects, self._settled = home, defects, settled

    def digests(self, device: DeviceFacts, wanted: DigestsWanted) -> DigestsTold:
        """Digests of what this workstation may hold; Unavailable while others compare."""
        if not _at_once.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("Other workstations are being compared. Try again in a minute.")
        try:
            read = device.grants.read
            return tell_digests(self._home.store, read, device.part(read), wanted)
        finally:
            _at_once.release()

    def records(self, device: DeviceFacts, wanted: RecordsWanted) -> RecordsTold:
        """All that was ever written of some records that it may hold."""
        read = device.grants.read
        return tell_records(self._home.store, read, device.part(read), wanted)

    def compared(self, device: DeviceFacts, found: Compared) -> Noted:
        """Count what it found in the books, and in the administrators' log where anything differed."""
        if len(found.differences) > MOST_RECORDS + len(REGISTRY):
            raise BadInput(f"At most {MOST_RECORDS} differences are told at once.")
        self._defects.note(device.id, found)
        if found.differences:
            by = By(self._home.facts.id, "Sync server", "server")
            note_act(self._home, by, "device.differed", device.id, _detail(found.differences))
        if found.token:
            self._settled(device.id, found.token)
        return Noted(self._home.store.clock.now_ms())


def _detail(differences: Sequence[Difference]) -> str:
    """Tables and records, never a value."""
    named = [f"{one.table} {_number(one.record)} {one.kind}: {one.then}" for one in differences[:MOST_NAMED]]
    more = len(differences) - MOST_NAMED
    return "; ".join(named) + (f"; {more} more" if more > 0 else "")


def _number(record: bytes) -> str:
    return str(UUID(bytes=record)) if len(record) == ID_BYTES else "*"


def tell_digests(store: Store, read: frozenset[str], part: SiteRows | None, wanted: DigestsWanted) -> DigestsTold:
    """Digests of spans of the tables `read`, or of a site's part of them; BadInput for too much at once."""
    if len(wanted.spans) > MOST_SPANS or len(wanted.left_out) > MOST_LEFT_OUT:
        raise BadInput(f"At most {MOST_SPANS} spans are compared at once, without at most {MOST_LEFT_OUT} records.")
    with store.reading() as connection:
        position, held = pull.position(connection), part.on(connection) if part else None
        if wanted.position > position or position - wanted.position > MOST_LEFT_OUT:
            return DigestsTold(position, [], [])
        aside = digest.waiting_records(connection) | _touched_since(connection, wanted.position, read, held)
        holding = Holding(connection, aside | set(wanted.left_out), held)
        look = digest.whole if wanted.whole else digest.cut
        spans = [look(holding, span) for span in wanted.spans if span.table in read]
        return DigestsTold(position, sorted(aside), spans)


def _touched_since(connection: Connection, place: int, read: frozenset[str], held: HeldRows | None) -> set[bytes]:
    """The records that were written after a place, as far as the workstation may see who they are."""
    shows = held.shows if held else None
    seen = (only_tables(one, read, shows) for one in map(entry_of, connection.execute(_SINCE, {"place": place}))
            if isinstance(one, ChangeSet))  # fmt: skip
    return {leaf.record for one in seen if isinstance(one, ChangeSet) for leaf in readable_leaves(one.leaves)}


def tell_records(store: Store, read: frozenset[str], part: SiteRows | None, wanted: RecordsWanted) -> RecordsTold:
    """Every change set that counts of some records; BadInput for too many, or for a table that is not granted."""
    if len(wanted.records) > MOST_RECORDS or not {table for table, _id, _stamps in wanted.records} <= read:
        raise BadInput(f"At most {MOST_RECORDS} records are told at once, of tables that the workstation holds.")
    with store.reading() as connection:
        held = part.on(connection) if part else None
        told = [list(_entries(connection, table, id, read, held)) for table, id, _stamps in wanted.records]
        vectors = Vectors(connection)
        lost = [any(_is_lost(vectors, stamp) for stamp in stamps) for _table, _id, stamps in wanted.records]
        return RecordsTold(told, lost)


def _is_lost(vectors: Vectors, stamp: int) -> bool:
    """Whether a change set that a workstation has followed is not here, or not all of it: this server was put back."""
    return stamp > vectors.chain(stamp_author(stamp)).stamp or vectors.lacks(stamp)


def _entries(
    connection: Connection, table: str, record: bytes, read: frozenset[str], held: HeldRows | None
) -> Iterable[Entry]:
    """The change sets that wrote this record of this table; of one that is put away, its gap."""
    shows = held.shows if held else None
    for row in connection.execute(_OF_RECORD, {"record": record}).all():
        entry = entry_of(row)
        shown = only_tables(entry, read, shows) if isinstance(entry, ChangeSet) else entry
        if not isinstance(shown, ChangeSet):
            yield Entry(row.pos, None, shown)
        elif any((leaf.table, leaf.record) == (table, record) for leaf in readable_leaves(shown.leaves)):
            yield Entry(row.pos, shown, None)

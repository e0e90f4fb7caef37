# SPDX-License-Identifier: Apache-2.0
"""Comparing a replica with the server: digests by table at one place of its order, narrowed down to the record.

The replica looks from one transaction, so that its rows, its place and what it has not sent belong together. A record
that was touched at the server since that place, that this workstation wrote and has not sent, or that a change set
writes which waits for another, is left out at both sides: of it nothing can be said yet, and the next look finds it.
What differs counts only when it still does once everything has come that the server had when the difference was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import digest, outbox
from hms_desktop.sync.client import Transport
from hms_desktop.sync.digest import Breathe, Holding
from hms_desktop.sync.digest_mend import Place, Replica, mend
from hms_desktop.sync.digest_wire import (
    COMPARED,
    DIFFERS,
    DIGESTS,
    FETCHED,
    LACKING,
    LEFT,
    MENDED,
    MOST_LEFT_OUT,
    MOST_RECORDS,
    MOST_SPANS,
    SURPLUS,
    Compared,
    Difference,
    DigestsTold,
    DigestsWanted,
    Span,
    SpanTold,
)
from hms_desktop.sync.giving_back import PENDING
from hms_desktop.sync.protocol import Noted
from hms_desktop.sync.pull import cursors
from hms_desktop.sync.snapshot import require_declared
from hms_desktop.sync.verify import Trust

TRIES = 3
MOST_ROUNDS = 8
"""More than enough to find one record of many thousand millions."""
COMPARED_AT, COMPARED_FOR = "compared", "compared for"
Follow = Callable[[int], object]
"""Takes what the server has, up to a position at least; Unavailable when that does not come in time."""
_UNSENT = text(
    "SELECT t.record FROM own_change_log c JOIN own_log_touch t ON t.pos = c.pos "
    "WHERE c.author = :author AND c.number > :sent"
)


@dataclass(frozen=True)
class Comparison:
    """What was found: as of which position, over how many tables and records, and what became of each difference.

    `sent` is the number of the last own change set that the server had when it was asked.
    """

    position: int
    tables: int
    rows: int
    differences: tuple[Difference, ...]
    sent: int

    @property
    def equal(self) -> bool:
        """Whether the replica now holds what the server holds."""
        return all(one.then == MENDED for one in self.differences)


@dataclass
class _Seen:
    """One look: where it stood, what it counted and which records differed, by how they did.

    `apart` says that the two sides are too far from each other to be compared.
    """

    position: int = 0
    apart: bool = False
    tables: int = 0
    rows: int = 0
    sent: int = 0
    found: dict[Place, str] = field(default_factory=dict)
    flooded: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Asker:
    """A workstation that compares: its store, its line, which server it follows and which tables it holds of it."""

    store: Store
    line: Transport
    server: UUID
    granted: frozenset[str]
    trust: Trust | None = None
    breathe: Breathe = digest.nothing

    def compare(self, follow: Follow, token: bytes = b"") -> Comparison:
        """Look, mend, tell the server and remember that it was done; Unavailable when the line or the time is short."""
        seen = self._in_step(follow)
        differences: list[Difference] = []
        if seen.found or seen.flooded:
            follow(seen.position)
            differences = self._settle(self._still(seen.found), seen)
        told = Compared(seen.position, seen.tables, seen.rows, differences, token)
        self.line.send(COMPARED, told, Noted)
        with self.store.writing() as connection:
            set_meta(connection, COMPARED_AT, self.store.clock.now_ms())
            if token:
                set_meta(connection, COMPARED_FOR, token)
        return Comparison(seen.position, seen.tables, seen.rows, tuple(differences), seen.sent)

    def _in_step(self, follow: Follow) -> _Seen:
        """One look at every table, once this workstation has followed far enough for one."""
        for _try in range(TRIES):
            with self.store.reading() as connection:
                tables = self._tables(connection)
                seen = self._look(connection, [digest.span_of(name) for name in tables])
            if not seen.apart:
                return seen
            follow(seen.position)
        raise Unavailable(_too_far())

    def _tables(self, connection: Connection) -> list[str]:
        if meta_value(connection, PENDING, False):
            raise Unavailable(_("The server was put back from a backup, and has not heard all of it from here yet."))
        again = meta_value(connection, "refill", [])
        return sorted((self.granted & cursors(connection, self.server).keys()) - set(again))

    def _look(self, connection: Connection, spans: list[Span]) -> _Seen:
        """Narrow the spans down to the records that differ."""
        own = self.store.station.author
        seen = _Seen(tables=len(spans), sent=outbox.sent(connection))
        place = min((cursors(connection, self.server).get(span.table, 0) for span in spans), default=0)
        aside = digest.waiting_records(connection) | _unsent(connection, own, seen.sent)
        whole = True
        for _round in range(MOST_ROUNDS):
            if not spans:
                return seen
            if len(aside) > MOST_LEFT_OUT:
                raise Unavailable(_too_far())
            asked = spans[:MOST_SPANS]
            seen.flooded |= {span.table for span in spans[MOST_SPANS:]}
            told = self.line.send(DIGESTS, DigestsWanted(place, sorted(aside), asked, whole), DigestsTold)
            seen.position = max(seen.position, told.position)
            if not told.spans:
                seen.apart = True
                return seen
            holding = Holding(connection, aside | set(told.left_out), breathe=self.breathe)
            spans, whole = list(_narrowed(holding, told.spans, seen, whole)), False
        seen.flooded |= {span.table for span in spans}
        return seen

    def _still(self, found: Iterable[Place]) -> dict[Place, str]:
        """Which of these records differ when they are looked at again, each by itself."""
        places = sorted(found)[:MOST_RECORDS]
        if not places:
            return {}
        with self.store.reading() as connection:
            seen = self._look(connection, [digest.span_of_record(*place) for place in places])
        if seen.apart:
            raise Unavailable(_too_far())
        return seen.found

    def _settle(self, found: dict[Place, str], seen: _Seen) -> list[Difference]:
        """Mend what differs, look again, and let a table come anew of which the log can't mend a record."""
        flooded = seen.flooded | {table for table, _record in sorted(seen.found)[MOST_RECORDS:]}
        replica = Replica(self.store, self.trust)
        kept = mend(replica, self.line, [place for place in sorted(found) if place[0] not in flooded])
        left = self._still(place for place in found if place[0] not in flooded and place not in kept)
        anew = flooded | {table for table, _record in left}
        if anew:
            with self.store.writing() as connection:
                set_meta(connection, "refill", sorted(set(meta_value(connection, "refill", [])) | anew))
        whole = [Difference(table, b"", DIFFERS, FETCHED) for table in sorted(flooded)]
        return whole + [
            Difference(*place, kind, LEFT if place in kept else FETCHED if place[0] in anew else MENDED)
            for place, kind in sorted(found.items())
            if place[0] not in flooded
        ]


def _too_far() -> str:
    return _("There is too much on its way to compare with the server now. It is tried again later.")


def _unsent(connection: Connection, author: int, sent: int) -> set[bytes]:
    """The records of work that the server has not acknowledged."""
    return {bytes(record) for record in connection.execute(_UNSENT, {"author": author, "sent": sent}).scalars()}


def _narrowed(holding: Holding, told: Iterable[SpanTold], seen: _Seen, whole: bool) -> Iterator[Span]:
    """The spans to look at next; the records that differ are noted where they are told one by one."""
    for one in told:
        require_declared(one.table)
        if one.records is not None:
            _note(holding, one, one.records, seen)
            continue
        for theirs, here in digest.along(holding, one):
            seen.rows += here.rows if whole else 0
            if (theirs.rows, theirs.digest) != (here.rows, here.digest):
                yield Span(one.table, one.columns, theirs.low, theirs.high)


def _note(holding: Holding, told: SpanTold, records: list[tuple[bytes, bytes]], seen: _Seen) -> None:
    theirs: dict[bytes, Any] = dict(records)
    here = digest.each_of(holding, Span(told.table, told.columns, told.low, told.high))
    for record in theirs.keys() | here.keys():
        if record not in here:
            seen.found[told.table, record] = LACKING
        elif record not in theirs:
            seen.found[told.table, record] = SURPLUS
        elif theirs[record] != here[record]:
            seen.found[told.table, record] = DIFFERS

# SPDX-License-Identifier: Apache-2.0
"""One fill of a replica: a snapshot of some tables fetched page by page, written as it comes, and closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import msgspec

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import compaction, pull, snapshot
from hms_desktop.sync.beside import WORTH_A_PROCESS, Beside, Piece, write_page
from hms_desktop.sync.client import Transport
from hms_desktop.sync.digest_compare import COMPARED_AT
from hms_desktop.sync.protocol import Manifest, Page, PageWanted, SnapshotWanted, page_of
from hms_desktop.sync.verify import Believer, Trust

Progress = Callable[[str, int, int], None]
Stop = Callable[[], bool]


class Cancelled(Unavailable):
    """A person stopped a fill; what has arrived stays and the next fill goes on from there."""


class Fill:
    """Fills a store from a server; `beside` starts a process that writes the pages where they are many."""

    def __init__(
        self, store: Store, transport: Transport, server: UUID, trust: Trust | None, beside: Beside | None
    ) -> None:
        self._store, self._transport, self._server, self._trust = store, transport, server, trust
        self._beside = beside

    def run(
        self, tables: list[str], before: Collection[str], progress: Progress | None = None, stop: Stop | None = None
    ) -> None:
        """Fetch these tables, from where an earlier fill was cut; rows of those filled `before` come anew at the end.

        Others point at such rows, so that the new ones must come in one transaction, with the new rows that point at
        them. Progress: (table, rows, of).
        """
        manifest = self._transport.send("/v1/snapshot", SnapshotWanted(tables, self._followed_to()), Manifest)
        with self._store.reading() as connection:
            here = snapshot.pages_here(connection, manifest.id)
            anew = frozenset(before) | snapshot.pointed_at(connection, tables)
            anew |= snapshot.pointing_at(anew, [part.table for part in manifest.parts])
        total, done = sum(part.rows for part in manifest.parts), 0
        kept: list[tuple[int, Page]] = []
        if not here:
            with self._store.writing() as connection:
                snapshot.begin(connection, manifest, anew)
        with self._writer_of(manifest, anew) as write:
            for part in manifest.parts:
                for number in range(part.pages):
                    if number >= here.get(part.table, 0):
                        page = self._page(manifest, part.table, number, stop)
                        if part.table in anew:
                            kept.append((number, page_of(page)))
                        else:
                            write(Piece(part.table, number, page))
                    done = min(total, done + snapshot.ROWS_PER_PAGE)
                    if progress:
                        progress(part.table, min(done, total), total)
        self._finish(manifest, kept)

    def _followed_to(self) -> int:
        """The last place of the server's order that any table has followed: older rows would lose what came since."""
        with self._store.reading() as connection:
            return max(pull.cursors(connection, self._server).values(), default=0)

    @contextmanager
    def _writer_of(self, manifest: Manifest, anew: Collection[str]) -> Iterator[Callable[[Piece], object]]:
        """What writes the pages of a snapshot: a process beside this one where there is one for that and it is much."""
        much = sum(part.rows for part in manifest.parts if part.table not in anew) > WORTH_A_PROCESS
        if self._beside is None or not much:
            yield partial(write_page, self._store, manifest.id)
            return
        pages = self._beside(manifest.id)
        try:
            yield pages.put
            pages.settle()
        finally:
            pages.end()

    def _page(self, manifest: Manifest, table: str, number: int, stop: Stop | None) -> msgspec.Raw:
        if stop and stop():
            raise Cancelled(_("Filling was stopped. What has arrived stays; it goes on from there next time."))
        return self._transport.send("/v1/page", PageWanted(manifest.id, table, number), msgspec.Raw)

    def _finish(self, manifest: Manifest, kept: list[tuple[int, Page]]) -> None:
        filled, now_ms = frozenset(part.table for part in manifest.parts), self._store.clock.now_ms()
        with self._store.writing() as connection:
            snapshot.empty(connection, *(page.table for number, page in kept if number == 0))
            for number, page in kept:
                snapshot.take_page(connection, manifest.id, page, number)
            snapshot.empty(connection, *(filled - set(snapshot.pages_here(connection, manifest.id))))
            granted = frozenset(meta_value(connection, "granted", [])) | filled
            set_meta(connection, "granted", sorted(granted))
            set_meta(connection, "refill", sorted(set(meta_value(connection, "refill", [])) - filled))
            believe = Believer(connection, self._trust) if self._trust else None
            own = self._store.station.author
            snapshot.finish(connection, manifest, self._server, own, granted, now_ms, believe)
            set_meta(connection, compaction.LAST_PULL, now_ms)
            if meta_value(connection, COMPARED_AT) is None:  # a first fill is what the server has
                set_meta(connection, COMPARED_AT, now_ms)

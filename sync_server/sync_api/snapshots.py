# SPDX-License-Identifier: Apache-2.0
"""Snapshots kept for first fills: made once for a set of tables, sealed on disk, served page by page to many.

A server that was cut off in the middle serves the same snapshot when it is back, so that a fill goes on from there.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import BadInput
from hms_desktop.security import sealing
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import snapshot
from hms_desktop.sync.protocol import Manifest, pack
from hms_desktop.sync.pull import position
from sync_server.sync_api.making import Making
from sync_server.sync_api.site_rows import SiteRows

PartOf = Callable[[frozenset[str]], SiteRows | None]
KEEP_MS = 60 * 60 * 1000
FRESH_CHANGES = 20_000
WORTH_OFFERING_EARLY = 4 * snapshot.ROWS_PER_PAGE
"""Rows from which on a fill goes on while its later pages are made."""
KEPT_FILE = "manifest"
SECRET = "snapshot_key"
GONE = "This snapshot is not kept any more. Ask for a new one; what has arrived stays until it is here."
_PURPOSE = "snapshot page"


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    manifest: Manifest
    tables: frozenset[str]
    made_ms: int
    part: SiteRows | None = None


class Snapshots:
    """The snapshots of one server, which runs `alone` in one process or in several over the same folder.

    Their key lies in its store, which alone says of which epoch and schema they are.
    """

    def __init__(self, store: Store, folder: Path, clock: Clock, alone: bool = True) -> None:
        self._store = store
        self._alone = alone
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._coming: dict[bytes, Making] = {}
        self._locks: dict[tuple[frozenset[str], SiteRows | None], threading.Lock] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key, self._of = self._secret()
        self._kept = {kept.manifest.id: kept for kept in self._found()}

    def _secret(self) -> tuple[bytes, bytes]:
        """The key, and what manifests are bound to: epoch and schema, which a restore or an update changes."""
        with self._store.writing() as connection:
            key = meta_value(connection, SECRET)
            if key is None:
                key = os.urandom(sealing.KEY_BYTES)
                set_meta(connection, SECRET, key)
            return bytes(key), bytes(meta_value(connection, "epoch", b"")) + SCHEMA.to_bytes(4, "big")

    def _found(self) -> Iterator[_Kept]:
        """What the server before this one kept and had finished; everything else is cleared away."""
        with self._store.reading() as connection:
            now = position(connection)
        for folder in list(self._folder.iterdir()):
            kept = self._read(folder)
            if kept is None and not self._alone:
                continue  # another process may be making it
            if kept is None or kept.manifest.position > now:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                yield kept

    def _read(self, folder: Path) -> _Kept | None:
        try:
            box = (folder / KEPT_FILE).read_bytes()
            plain = sealing.unlock(self._key, box, purpose=_PURPOSE, context=self._of + folder.name.encode())
            return msgspec.msgpack.decode(plain, type=_Kept)
        except (OSError, sealing.WontOpen, msgspec.MsgspecError):
            return None

    def offer(self, tables: frozenset[str], not_before: int = 0, part: SiteRows | None = None) -> Manifest:
        """A snapshot of these tables, or of a site's part of them, not from before a place.

        It is the latest of those that are kept and fresh enough, else a new one.
        """
        self._forget_old()
        self._meet_others()
        fresh = self._fresh(tables, not_before, part)
        if fresh is not None:
            return fresh
        with self._making(tables, part):  # whoever waited here for the same finds it made
            return self._fresh(tables, not_before, part) or self._make(tables, part)

    def _fresh(self, tables: frozenset[str], not_before: int, part: SiteRows | None) -> Manifest | None:
        with self._store.reading() as connection:
            now = position(connection)
        enough = max(not_before, now - FRESH_CHANGES)
        fitting = [
            kept.manifest
            for kept in list(self._kept.values())
            if kept.tables == tables and kept.part == part and kept.manifest.position >= enough
        ]
        return max(fitting, key=lambda manifest: manifest.position, default=None)

    def _meet_others(self) -> None:
        """Know of what the other processes of this server have made and put away."""
        if self._alone:
            return
        for folder in list(self._folder.iterdir()):
            if bytes.fromhex(folder.name) not in self._kept and (kept := self._read(folder)) is not None:
                self._kept[kept.manifest.id] = kept

    def _making(self, tables: frozenset[str], part: SiteRows | None) -> threading.Lock:
        """Who makes a snapshot keeps those waiting who want the same, and nobody else."""
        with self._lock:
            return self._locks.setdefault((tables, part), threading.Lock())

    def page(
        self, id: bytes, table: str, number: int, tables: frozenset[str], part_of: PartOf = lambda _tables: None
    ) -> bytes:
        """One page as it goes on the wire; BadInput when the snapshot is no longer kept, or is for others."""
        if id not in self._kept:
            self._meet_others()
        kept = self._kept.get(id)
        known = {part.table: part.pages for part in kept.manifest.parts} if kept else {}
        theirs = kept is not None and kept.tables <= tables and kept.part == part_of(kept.tables)
        if not theirs or not 0 <= number < known.get(table, 0):
            raise BadInput(GONE)
        if (making := self._coming.get(id)) is not None and not making.holds(table, number):
            raise BadInput(GONE)
        try:
            box = self._path(id, table, number).read_bytes()
            return sealing.unlock(self._key, box, purpose=_PURPOSE, context=_context(id, table, number))
        except (OSError, sealing.WontOpen) as damaged:  # a power cut may take pages that a manifest names
            self._forget(id)
            raise BadInput(GONE) from damaged

    def _make(self, tables: frozenset[str], part: SiteRows | None) -> Manifest:
        """A large one is offered once it is described: who fetches its first pages does not wait for its last.

        Only where this process alone serves: another one would not know of a page that is still to come.
        """
        id = os.urandom(16)
        self._path(id).mkdir(mode=0o700)
        making = Making()
        maker = threading.Thread(
            target=making.run, args=(partial(self._write_or_forget, id, tables, part, making),), daemon=True
        )
        maker.start()
        manifest = making.described()
        if not self._alone or sum(one.rows for one in manifest.parts) <= WORTH_OFFERING_EARLY:
            making.finished()
        return manifest

    def _write_or_forget(self, id: bytes, tables: frozenset[str], part: SiteRows | None, making: Making) -> None:
        try:
            self._write(id, tables, part, making)
        except BaseException:
            self._forget(id)
            raise

    def _write(self, id: bytes, tables: frozenset[str], part: SiteRows | None, making: Making) -> None:
        """Every page, of one moment, each on the disk before the next is read; then what the whole is."""
        with self._store.reading() as connection:
            rows_of = part.on(connection) if part else None
            manifest = snapshot.describe(connection, id, sorted(tables), rows_of)
            kept = _Kept(manifest, tables, self._clock.now_ms(), part)
            self._kept[id], self._coming[id] = kept, making
            making.describe(manifest)
            for one in manifest.parts:
                for number, page in enumerate(snapshot.pages(connection, one.table, rows_of)):
                    box = sealing.lock(self._key, pack(page), purpose=_PURPOSE, context=_context(id, one.table, number))
                    self._path(id, one.table, number).write_bytes(box)
                    making.made(one.table, number)
        box = sealing.lock(
            self._key, msgspec.msgpack.encode(kept), purpose=_PURPOSE, context=self._of + id.hex().encode()
        )
        replace_file(self._path(id) / KEPT_FILE, box)
        self._coming.pop(id, None)

    def _forget_old(self) -> None:
        limit = self._clock.now_ms() - KEEP_MS
        for id in [id for id, kept in list(self._kept.items()) if kept.made_ms < limit]:
            self._forget(id)

    def _forget(self, id: bytes) -> None:
        self._kept.pop(id, None)
        self._coming.pop(id, None)
        shutil.rmtree(self._folder / id.hex(), ignore_errors=True)

    def _path(self, id: bytes, table: str = "", number: int = 0) -> Path:
        folder = self._folder / id.hex()
        return folder / f"{table}-{number}" if table else folder


def _context(id: bytes, table: str, number: int) -> bytes:
    return id + table.encode() + number.to_bytes(4, "big")

# SPDX-License-Identifier: Apache-2.0
"""Snapshots kept for first fills: made once for a set of tables, sealed on disk, served page by page to many."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import BadInput
from hms_desktop.security import sealing
from hms_desktop.storage.store import Store
from hms_desktop.sync import snapshot
from hms_desktop.sync.protocol import Manifest, pack
from hms_desktop.sync.pull import position

KEEP_MS = 60 * 60 * 1000
FRESH_CHANGES = 20_000
_PURPOSE = "snapshot page"


@dataclass(frozen=True)
class _Kept:
    manifest: Manifest
    tables: frozenset[str]
    made_ms: int


class Snapshots:
    """The snapshots of one server process. Their key lives in memory only, so a restart starts anew."""

    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._key = os.urandom(32)
        self._kept: dict[bytes, _Kept] = {}
        self._lock = threading.Lock()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)

    def offer(self, tables: frozenset[str]) -> Manifest:
        """A snapshot of these tables: one that is kept and fresh enough, else a new one."""
        with self._lock:
            self._forget_old()
            with self._store.reading() as connection:
                now = position(connection)
            for kept in self._kept.values():
                if kept.tables == tables and now - kept.manifest.position <= FRESH_CHANGES:
                    return kept.manifest
            return self._make(tables)

    def page(self, id: bytes, table: str, number: int, tables: frozenset[str]) -> bytes:
        """One page as it goes on the wire; BadInput when the snapshot is no longer kept."""
        kept = self._kept.get(id)
        known = {part.table: part.pages for part in kept.manifest.parts} if kept else {}
        if kept is None or not kept.tables <= tables or not 0 <= number < known.get(table, 0):
            raise BadInput("This snapshot is not kept any more. Ask for a new one; what has arrived is used again.")
        box = self._path(id, table, number).read_bytes()
        return sealing.unlock(self._key, box, purpose=_PURPOSE, context=_context(id, table, number))

    def _make(self, tables: frozenset[str]) -> Manifest:
        id = os.urandom(16)
        folder = self._folder / id.hex()
        folder.mkdir(mode=0o700)
        with self._store.reading() as connection:
            manifest = snapshot.describe(connection, id, sorted(tables))
            for part in manifest.parts:
                for number, page in enumerate(snapshot.pages(connection, part.table)):
                    box = sealing.lock(
                        self._key, pack(page), purpose=_PURPOSE, context=_context(id, part.table, number)
                    )
                    self._path(id, part.table, number).write_bytes(box)
        self._kept[id] = _Kept(manifest, tables, self._clock.now_ms())
        return manifest

    def _forget_old(self) -> None:
        limit = self._clock.now_ms() - KEEP_MS
        for id in [id for id, kept in self._kept.items() if kept.made_ms < limit]:
            del self._kept[id]
            shutil.rmtree(self._folder / id.hex(), ignore_errors=True)

    def _path(self, id: bytes, table: str, number: int) -> Path:
        return self._folder / id.hex() / f"{table}-{number}"


def _context(id: bytes, table: str, number: int) -> bytes:
    return id + table.encode() + number.to_bytes(4, "big")

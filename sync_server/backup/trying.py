# SPDX-License-Identifier: Apache-2.0
"""Trying an unpacked backup: it opens with the clinic's keys, every page and chain holds, every count is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, FromClause, func, select

from hms_desktop.core.errors import Damaged
from hms_desktop.security.sealing import derive
from hms_desktop.storage import ledger
from hms_desktop.storage.engine import connect, open_engine
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.pull import position
from hms_desktop.sync.verify import verify
from sync_server.backup.parcel import Manifest
from sync_server.home import STORE_FILE, ServiceKeys
from sync_server.notebook import NOTEBOOK_FILE


def try_unpacked(folder: Path, manifest: Manifest, keys: ServiceKeys) -> int:
    """Open what was unpacked and compare it with its manifest; returns how many change sets are in whole chains.

    Damaged names what does not hold.
    """
    _every_page(folder / STORE_FILE, keys.store)
    if (folder / NOTEBOOK_FILE).exists():
        _every_page(folder / NOTEBOOK_FILE, notebook_key(keys, manifest.server.bytes))
    with opened(folder / STORE_FILE, keys.store) as connection:
        if (found := rows_of(connection)) != manifest.rows or position(connection) != manifest.position:
            table = min((t for t in found | manifest.rows if found.get(t) != manifest.rows.get(t)), default="log")
            raise Damaged(f"The backup does not hold what its manifest says ({table}). Use another one.")
        checked = verify(connection, manifest.public, manifest.clinic, quick=True, trail=(folder, manifest.author))
    if fresh := sorted({str(link) for link in checked.broken} - set(manifest.broken)):
        raise Damaged(f"A chain in the backup is broken: {fresh[0]}. Use another one.")
    return checked.whole


@contextmanager
def opened(path: Path, key: bytes) -> Iterator[Connection]:
    """A look into a store's file that writes nothing; Damaged for another key (32 bytes)."""
    engine = open_engine(path, key, readonly=True, pool=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def rows_of(connection: Connection) -> dict[str, int]:
    """How many rows each table of records has, and the log."""
    found = {name: _count(connection, REGISTRY[name].record.__table__) for name in sorted(REGISTRY)}
    logged = _count(connection, ledger.change_log)
    return {name: count for name, count in found.items() if count} | {ledger.change_log.name: logged}


def _count(connection: Connection, table: FromClause) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def epoch_of(connection: Connection) -> bytes:
    """The epoch of a server's store."""
    return bytes(meta_value(connection, "epoch", b""))


def notebook_key(keys: ServiceKeys, server: bytes) -> bytes:
    """The key of a server's notebook."""
    return derive(keys.store, "notebook", server)


def _every_page(path: Path, key: bytes) -> None:
    with closing(connect(path, key, readonly=True)) as connection:
        if found := connection.execute("PRAGMA cipher_integrity_check").fetchall():
            raise Damaged(f"{path.name} in the backup is damaged ({len(found)} pages). Use another backup.")

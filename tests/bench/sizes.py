# SPDX-License-Identifier: Apache-2.0
"""How large an encrypted file is: its rows with their indexes beside the same rows plain, then log and word index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hms_desktop.storage.engine import connect
from hms_desktop.storage.store import Store
from tests.bench import floor
from tests.bench.figures import Figure

_LOG = ("own_log_touch", "own_change_log")
_WORDS = ("own_patient_search", "own_patient_word")


def measure(store: Store, folder: Path, tables: Sequence[str], whose: str) -> Iterator[Figure]:
    """Figures in MB of a store whose rows are nearly all in these tables."""
    folder.mkdir()
    with store.reading() as connection:
        raw = {table: floor.raw(connection, table) for table in tables}
        driver: Any = connection.connection.driver_connection
        _path, key = driver.opened
    copy = folder / "copy.db"
    source = connect(_path, key)
    source.execute("VACUUM INTO ?", (str(copy),))
    source.close()
    whole = _size(copy)
    words, log = _without(copy, key, _WORDS), _without(copy, key, _LOG)
    rest = _size(copy) - _without(copy, key, tables, last=True)
    plain = _plain(folder / "plain.db", raw)
    yield Figure(f"{whose}: rows and indexes in SQLCipher", rest, plain, "the rows plain", unit="MB", most_times=1.5)
    yield Figure("  its log", log, plain, "the rows plain", unit="MB")
    yield Figure("  its word index", words, plain, "the rows plain", f"(whole file {whole:.1f} MB)", unit="MB")


def _without(copy: Path, key: bytes, tables: Sequence[str], *, last: bool = False) -> float:
    """Take tables out of the copy; returns how many MB that took away, or with `last` how many are left."""
    before = _size(copy)
    connection = connect(copy, key)
    connection.execute("PRAGMA foreign_keys=OFF")
    for table in tables:
        connection.execute(f'DELETE FROM "{table}"' if table in _LOG or last else f'DROP TABLE IF EXISTS "{table}"')
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return _size(copy) if last else before - _size(copy)


def _plain(file: Path, raw: floor.Tables) -> float:
    """The same rows without stamps in plain SQLite, with the index of their ids."""
    connection = sqlite3.connect(file)
    for table, (columns, rows) in raw.items():
        kept = [place for place, name in enumerate(columns) if name != '"k"']
        names = ", ".join(columns[place] for place in kept)
        connection.execute(f"CREATE TABLE {table} (rid INTEGER PRIMARY KEY, {names})")
        marks = ", ".join("?" for _ in kept)
        picked = ([row[place] for place in kept] for row in rows)
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", picked)
        connection.execute(f"CREATE UNIQUE INDEX {table}_id ON {table} (id)")
    connection.commit()
    connection.close()
    return _size(file)


def _size(file: Path) -> float:
    return file.stat().st_size / 1e6

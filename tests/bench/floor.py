# SPDX-License-Identifier: Apache-2.0
"""Floors: the least that the same work can cost here, in plain SQLCipher and sockets without any of our promises."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Connection

from hms_desktop.storage.engine import connect
from hms_desktop.storage.records import REGISTRY
from tests.bench.figures import Stopwatch

PAGE = 5000


Tables = Mapping[str, tuple[list[str], Sequence[tuple[Any, ...]]]]


def fill(folder: Path, tables: Tables) -> tuple[float, float]:
    """Seconds by the wall and of work to carry these rows over loopback (msgpack, zstd) and write them, indexes last.

    Into an encrypted file, by keys that ascend with time, with a cache of 64 MB.
    """
    folder.mkdir(exist_ok=True)
    here, there = socket.socketpair()
    sender = threading.Thread(target=_send, args=(there, tables))
    connection = connect(folder / "floor.db", os.urandom(32))
    for table, (columns, _rows) in tables.items():
        connection.execute(f"CREATE TABLE {table} (rid INTEGER PRIMARY KEY, {', '.join(columns)})")
    watch = Stopwatch()
    sender.start()
    unpack = zstandard.ZstdDecompressor()
    while (size := struct.unpack(">I", _exactly(here, 4))[0]) > 0:
        table, rows = msgspec.msgpack.decode(unpack.decompress(_exactly(here, size)))
        columns = tables[table][0]
        marks = ", ".join("?" for _ in columns)
        connection.execute("BEGIN")
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        connection.execute("COMMIT")
    for table in tables:
        connection.execute(f"CREATE UNIQUE INDEX {table}_id ON {table} (id)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sender.join()
    taken = watch.read()
    connection.close()
    here.close()
    (folder / "floor.db").unlink()
    return taken


def raw(connection: Connection, table: str, where: str = "1") -> tuple[list[str], list[tuple[Any, ...]]]:
    """The rows of a table as they are stored, for a floor: (column names, rows)."""
    columns = [f'"{name}"' for name in ("id", "k", *REGISTRY[table].kinds)]
    found = connection.exec_driver_sql(f'SELECT {", ".join(columns)} FROM "{table}" WHERE {where} ORDER BY rid').all()
    return columns, [tuple(row) for row in found]


def one_commit(folder: Path, times: int = 200) -> float:
    """Median seconds of one durable one-row commit in an encrypted file."""
    folder.mkdir()
    connection = connect(folder / "commit.db", os.urandom(32))
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t (v) VALUES (?)", (number,))
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - begun)
    connection.close()
    return sorted(taken)[times // 2]


def _send(line: socket.socket, tables: Tables) -> None:
    pack = zstandard.ZstdCompressor(level=3)
    for table, (_columns, rows) in tables.items():
        for start in range(0, len(rows), PAGE):
            body = pack.compress(msgspec.msgpack.encode([table, rows[start : start + PAGE]]))
            line.sendall(struct.pack(">I", len(body)) + body)
    line.sendall(struct.pack(">I", 0))
    line.close()


def _exactly(line: socket.socket, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        read += line.recv(size - len(read))
    return bytes(read)

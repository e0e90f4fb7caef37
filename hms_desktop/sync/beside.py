# SPDX-License-Identifier: Apache-2.0
"""Pages of a first fill are written by a process beside the session, whose window waits for none of them.

Such a process is told the file, its key and the snapshot on stdin, then one page after the other; it says of each that
it is written, and ends when nothing more comes, also when whoever asked is gone. What it does not write is written
here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from hms_desktop.storage.engine import open_engine
from hms_desktop.storage.store import Store
from hms_desktop.sync import snapshot
from hms_desktop.sync.protocol import page_of

ROOT = Path(__file__).resolve().parents[2]
WORTH_A_PROCESS = snapshot.ROWS_PER_PAGE
"""Rows from which on the window would be seen to wait; starting the process takes about as long as writing them."""
AHEAD = 2
_WRITTEN = b"\x01"
_LENGTH = 4


class Job(msgspec.Struct, array_like=True, frozen=True):
    """What the process is to write to: the file, its key, and of which snapshot the pages are."""

    file: str
    key: bytes
    snapshot: bytes


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """One page by its number in its table, as it came."""

    table: str
    number: int
    page: msgspec.Raw


class PagesBeside:
    """The pages of one snapshot on their way into a store by a process of their own, started by `command`."""

    def __init__(self, command: Sequence[str], store: Store, snapshot_id: bytes) -> None:
        self._store, self._snapshot = store, snapshot_id
        self._under_way: list[Piece] = []
        with store.reading() as connection:
            driver: Any = connection.connection.driver_connection
            file, key = driver.opened
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._says, self._hears = self._process.stdin, self._process.stdout
        self._gone = not self._told(Job(os.fspath(file), key, snapshot_id))

    def put(self, piece: Piece) -> None:
        """Have a page written, while the next ones are fetched; at most two are on their way."""
        self._under_way.append(piece)
        self._gone = self._gone or not self._told(piece)
        self._wait(AHEAD)

    def settle(self) -> None:
        """Wait until every page is written."""
        self._wait(0)

    def end(self) -> None:
        """It is needed no more; what it was writing just then is not written."""
        self._process.kill()
        self._process.wait()
        for stream in (self._says, self._hears):
            with suppress(OSError):
                stream.close()

    def _told(self, what: Job | Piece) -> bool:
        try:
            self._says.write(framed(what))
            self._says.flush()
        except OSError:
            return False
        return True

    def _wait(self, most: int) -> None:
        while len(self._under_way) > most:
            if self._gone or self._hears.read(1) != _WRITTEN:
                self._gone = True
                write_page(self._store, self._snapshot, self._under_way[0])
            self._under_way.pop(0)


Beside = Callable[[bytes], PagesBeside]
"""Starts a process for the pages of a snapshot, by its id."""


def write_page(store: Store, snapshot_id: bytes, piece: Piece) -> None:
    """Write a page here, unless it is."""
    with store.writing() as connection:
        if piece.number >= snapshot.pages_here(connection, snapshot_id).get(piece.table, 0):
            snapshot.take_page(connection, snapshot_id, page_of(piece.page), piece.number)


def framed(what: Job | Piece) -> bytes:
    """With its length before it: stdin stays open for as long as somebody waits."""
    content = msgspec.msgpack.encode(what)
    return len(content).to_bytes(_LENGTH, "big") + content


def write_pages(says: IO[bytes], hears: IO[bytes]) -> None:
    """The whole work of the process: every page that is said is written, until nothing more comes."""
    job = msgspec.msgpack.decode(_heard(says), type=Job)
    engine = open_engine(Path(job.file), job.key, pool=1)
    try:
        while frame := _heard(says):
            piece = msgspec.msgpack.decode(frame, type=Piece)
            with engine.begin() as connection:
                snapshot.take_page(connection, job.snapshot, page_of(piece.page), piece.number)
            hears.write(_WRITTEN)
            hears.flush()
    finally:
        engine.dispose()


def _heard(says: IO[bytes]) -> bytes:
    """The next frame; empty when nothing more comes, or the rest of it does not."""
    size = int.from_bytes(says.read(_LENGTH), "big")
    content = says.read(size)
    return content if len(content) == size else b""

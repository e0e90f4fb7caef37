# SPDX-License-Identifier: Apache-2.0
"""The generation of an encrypted file: it grows with each opening and closing, so that an old copy tells itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from hms_desktop.storage.engine import connect
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta

_GENERATION = "file generation"


@dataclass(frozen=True, slots=True)
class FileMarks:
    """How often the file was opened and closed, and the number of its own author's last change set; 0 in a new one."""

    generation: int = 0
    number: int = 0


def file_marks(path: Path, key: bytes, author: int) -> FileMarks:
    """What a file says of itself, read without writing; Damaged when it doesn't open with this key (32 bytes)."""
    connection = connect(path, key, readonly=True)
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"own_meta", "own_author_state"} <= tables:
            return FileMarks()
        noted = connection.execute("SELECT value FROM own_meta WHERE key = ?", (_GENERATION,)).fetchone()
        last = connection.execute("SELECT number FROM own_author_state WHERE author = ?", (author,)).fetchone()
    finally:
        connection.close()
    return FileMarks(msgspec.msgpack.decode(noted[0], type=int) if noted else 0, last[0] if last else 0)


def next_generation(store: Store) -> int:
    """Count one opening or closing, durably in the file; returns the generation that it now is."""
    with store.writing() as connection:
        generation = _generation(connection) + 1
        set_meta(connection, _GENERATION, generation)
    return generation


def _generation(connection: Connection) -> int:
    return int(meta_value(connection, _GENERATION, 0))

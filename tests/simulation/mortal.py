# SPDX-License-Identifier: Apache-2.0
"""A store that can die in any of its transactions, and comes back from what lay on the disk; its disk may be full.

A transaction holds wholly or not at all, so that there are two moments to die in each: just before its commit and just
after it. Whatever lies between two transactions is one of these. The file and its journal are copied at that moment,
as a dead process leaves them; nothing of the old store is used again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hms_desktop.storage.store import Store

PARTS = ("", "-wal")
ENDLESS = 2**32 - 2


class Died(BaseException):
    """The process of a store is gone. No `except Exception` on the way may live on after it."""

    def __init__(self, store: MortalStore, when: str) -> None:
        super().__init__(when)
        self.store = store


@dataclass
class Fate:
    """When a store dies: in the transaction that is so many away from now (1 is the next), before or after it holds."""

    left: int
    before_commit: bool


class MortalStore(Store):
    """A store with a fate, or none. `remains` is where the copy of its files lies after its death.

    `room` is how many pages (4 KiB) the file may still grow, None for a disk that is never full; `writes` counts the
    transactions that held.
    """

    def __init__(self, path: Path, *args: Any, **words: Any) -> None:
        self.fate: Fate | None = None
        self.remains: Path | None = None
        self.room: int | None = None
        self.writes = 0
        self._bounded = False
        super().__init__(path, *args, **words)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writing transaction, which may be the last, and for which there may be no room."""
        fate = self.fate
        if fate is not None:
            fate.left -= 1
        last = fate is not None and fate.left == 0
        with super().writing() as connection:
            if self.room is not None or self._bounded:
                self._bound(connection)
            yield connection
            if last and fate is not None and fate.before_commit:
                self.die("before its commit")
        self.writes += 1
        if last:
            self.die("after its commit")

    def _bound(self, connection: Connection) -> None:
        """SQLite itself says that the disk is full, wherever in a transaction it needs a page more."""
        used = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
        most = ENDLESS if self.room is None else used + self.room
        connection.exec_driver_sql(f"PRAGMA max_page_count={most}")
        self._bounded = self.room is not None

    def die(self, when: str) -> None:
        """Leave the files as they are now, and everything else to nobody."""
        self.fate = None
        self.remains = copy_of(self.path, self.path.with_suffix(".dead"))
        raise Died(self, when)


def copy_of(file: Path, to: Path) -> Path:
    """The file and its journal as they lie on the disk now, whoever has them open."""
    for part in PARTS:
        source = file.with_name(file.name + part)
        target = to.with_name(to.name + part)
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
    return to


def left_behind(gone: MortalStore, to: Path) -> None:
    """What a process left on the disk when it ended, in a file of another name; nothing else is left of it."""
    remains = gone.remains or copy_of(gone.path, gone.path.with_suffix(".dead"))
    gone.close()
    remove(gone.path)
    copy_of(remains, to)
    remove(remains)


def remove(file: Path) -> None:
    """The file with all that lies beside it."""
    for part in (*PARTS, "-shm"):
        file.with_name(file.name + part).unlink(missing_ok=True)

# SPDX-License-Identifier: Apache-2.0
"""Room kept back on the disk: when the disk is full it is let go of, so that reading and writing it down go on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RESERVE_FILE = "reserve.room"
RESERVE_BYTES = 64 * 1024 * 1024
EASY_BYTES = 256 * 1024 * 1024
"""So much must be free before the room is kept back again: it is no use to take the last of a disk."""
NEEDED_BYTES = 8 * 1024 * 1024
"""What signing in, and the trail of it, may take on the disk."""
_TABLE = "own_reserve"
RESERVE = frozenset({_TABLE})
"""What listeners of a store are told has changed when the room was let go of."""


def room_to_come_in(folder: Path) -> None:
    """On a full disk let go of the room kept back in a folder: whoever comes can be counted, noted and let in."""
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        Reserve(folder).let_go()


class Reserve:
    """The room of one folder. `size` is in bytes."""

    def __init__(self, folder: Path, size: int = RESERVE_BYTES, easy: int = EASY_BYTES) -> None:
        self._file = folder / RESERVE_FILE
        self._size, self._easy = size, easy

    @property
    def held(self) -> bool:
        """Whether the room is kept back now."""
        return self._file.exists() and self._file.stat().st_size >= self._size

    def keep(self) -> bool:
        """Keep the room back unless the disk has little left beside it; returns whether it is kept now."""
        if self.held:
            return True
        if shutil.disk_usage(self._file.parent).free < self._size + self._easy:
            return False
        try:
            self._take()
        except OSError:
            self.let_go()
            return False
        return True

    def let_go(self) -> bool:
        """Give the room to whoever must write now; returns whether there was any."""
        held = self._file.exists()
        self._file.unlink(missing_ok=True)
        return held

    def _take(self) -> None:
        """Really take the room: a file with holes in it would keep nothing."""
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, self._size)
            else:
                block = bytes(1024 * 1024)
                for _each in range(0, self._size, len(block)):
                    os.write(descriptor, block[: self._size])
        finally:
            os.close(descriptor)

# SPDX-License-Identifier: Apache-2.0
"""The spool: this workstation's unsent work, sealed to the centre, in files that the always-there process may send."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from hms_desktop.storage.durable import replace_file
from hms_desktop.sync.sealed import Box

FOLDER = "outbox"
_END = ".sealed"


class Spool:
    """One box to a file, named by its number. Whoever reads it may meet a file that is gone by then."""

    def __init__(self, profile: Path) -> None:
        self._folder = profile / FOLDER

    def put(self, box: Box) -> None:
        """Keep a box; it is on the disk when this returns."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(self._folder / f"{box.number:016d}{_END}", msgspec.msgpack.encode(box))

    def numbers(self) -> list[int]:
        """The numbers that lie here, ascending."""
        if not self._folder.is_dir():
            return []
        names = (file.name.removesuffix(_END) for file in self._folder.iterdir() if file.name.endswith(_END))
        return sorted(int(name) for name in names if name.isdecimal())

    def oldest_ms(self) -> int:
        """When the oldest box was put here (ms since 1970), 0 when there is none."""
        for number in self.numbers():
            with suppress(FileNotFoundError):
                return int(self._file(number).stat().st_mtime * 1000)
        return 0

    def batch(self, most: int, most_bytes: int) -> list[Box]:
        """The oldest boxes as far as their numbers follow each other, at most so many and about so many bytes."""
        found: list[Box] = []
        size = 0
        for number in self.numbers()[:most]:
            box = self._read(number)
            if box is None or (found and (size > most_bytes or number != found[-1].number + 1)):
                break
            found.append(box)
            size += len(box.sealed)
        return found

    def drop_through(self, number: int) -> int:
        """The server has everything up to this number; returns how many boxes that takes away."""
        return self._drop(held for held in self.numbers() if held <= number)

    def drop_from(self, number: int) -> int:
        """This box and those after it are of no use; an open session seals them anew."""
        return self._drop(held for held in self.numbers() if held >= number)

    def _drop(self, numbers: Iterable[int]) -> int:
        dropped = 0
        for number in numbers:
            self._file(number).unlink(missing_ok=True)
            dropped += 1
        return dropped

    def _read(self, number: int) -> Box | None:
        """The box; one that the disk has spoilt is taken away, so that a session seals it anew."""
        try:
            box = msgspec.msgpack.decode(self._file(number).read_bytes(), type=Box)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError:
            box = None
        if box is None or box.number != number:
            self.drop_from(number)
            return None
        return box

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:016d}{_END}"

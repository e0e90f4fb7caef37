# SPDX-License-Identifier: Apache-2.0
"""A long log is walked by several processes at once, each a part of it: `python -m hms_desktop.sync.together` is one.

Such a process is told the file, its key and its part on stdin, keeps what it holds from leaving it, changes nothing,
says what it found and ends; it ends as well when whoever asked is gone. What it does not answer is walked here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import msgspec

from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.storage.engine import connect
from hms_desktop.storage.straight import Found, Part, stretches

COMMAND = (sys.executable, "-m", "hms_desktop.sync.together")
ROOT = Path(__file__).resolve().parents[2]
WORTH_A_PROCESS = 100_000
"""Change sets in a part for which starting a process takes less time than it saves."""
MOST_PROCESSES = 4


class Job(msgspec.Struct, array_like=True, frozen=True):
    """What one process walks: the file, its key, and positions of the log."""

    file: str
    key: bytes
    part: Part


_found = msgspec.msgpack.Decoder(Found)


def walk_together(driver: Any, whole: Part) -> Iterator[Found]:
    """Stretches of every part in order: the first is walked here, the others by processes of their own meanwhile."""
    if not hasattr(driver, "opened"):  # only an encrypted file is opened once more by its key
        yield stretches(driver, whole)
        return
    first, *others = parts_of(whole, os.cpu_count() or 1)
    file, key = driver.opened
    beside = [_Beside(Job(os.fspath(file), key, part)) for part in others]
    try:
        yield stretches(driver, first)
        for one in beside:
            found = one.answer()
            yield stretches(driver, one.job.part) if found is None else found
    finally:
        for one in beside:
            one.end()


def parts_of(whole: Part, processors: int) -> list[Part]:
    """A log cut into as many equal parts as are worth a process of their own; at least one."""
    after, last = whole
    count = max(1, min((last - after) // WORTH_A_PROCESS, processors, MOST_PROCESSES))
    cuts = [after + (last - after) * n // count for n in range(count + 1)]
    return list(pairwise(cuts))


class _Beside:
    """One process while it walks."""

    def __init__(self, job: Job) -> None:
        self.job = job
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._says, self._hears = self._process.stdin, self._process.stdout
        with suppress(OSError):  # one that is gone already gives no answer
            self._says.write(framed(msgspec.msgpack.encode(job)))
            self._says.flush()

    def answer(self) -> Found | None:
        """What it found; None when it is gone or says what is no answer."""
        try:
            return _found.decode(self._hears.read())
        except (OSError, msgspec.MsgspecError):
            return None

    def end(self) -> None:
        """It is needed no more."""
        self._process.kill()
        self._process.wait()
        for stream in (self._says, self._hears):
            with suppress(OSError):
                stream.close()


def framed(content: bytes) -> bytes:
    """With its length before it, as stdin stays open for as long as somebody waits."""
    return len(content).to_bytes(4, "big") + content


def read_job(says: IO[bytes]) -> Job:
    """The job, as its process hears it."""
    return msgspec.msgpack.decode(says.read(int.from_bytes(says.read(4), "big")), type=Job)


def walk_part(job: Job, hears: IO[bytes]) -> None:
    """The whole work of one process: what is found in its part goes out."""
    connection = connect(Path(job.file), job.key, readonly=True)
    try:
        hears.write(msgspec.msgpack.encode(stretches(connection, job.part)))
        hears.flush()
    finally:
        connection.close()


def end_with(asked: IO[bytes], end: Callable[[int], object] = os._exit) -> None:
    """Nothing more comes on stdin: when it ends, whoever asked is gone."""
    asked.read(1)
    end(1)


if __name__ == "__main__":
    guard_this_process()
    wanted = read_job(sys.stdin.buffer)
    threading.Thread(target=end_with, args=(sys.stdin.buffer,), daemon=True).start()
    walk_part(wanted, sys.stdout.buffer)
    os._exit(0)

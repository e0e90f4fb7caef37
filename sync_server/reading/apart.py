# SPDX-License-Identifier: Apache-2.0
"""Reading FHIR files in a process apart: what breaks, hangs or swells there costs that one file and nothing else."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import msgspec

from hms_desktop.core.errors import Unavailable
from hms_desktop.interop.fhir.identities import Memory
from hms_desktop.interop.fhir.results import Fault, FileResult, Limits, Progress
from sync_server.reading import wire
from sync_server.reading.wire import Asked, Began, Ended, Job, Message, Read, Went, arrived

COMMAND = (sys.executable, "-m", "sync_server.reading.child")
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
SECONDS_PER_FILE = 120.0
BETWEEN = "\0"
"""Stands for a name where the reader ended after one file and before the next: nothing was lost."""
BROKE = "Reading it took more memory or time than a file may, or broke the reader."


def read_apart(
    paths: Iterable[Path],
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    zone: ZoneInfo,
    region: str = "",
    before: Memory,
    seconds: float = SECONDS_PER_FILE,
    command: tuple[str, ...] = COMMAND,
) -> Iterator[FileResult]:
    """What `interop.fhir.reader.read_files` gives, read by a process without key, network and right to write.

    A file over which that process ends, or says nothing for so many `seconds`, is refused by name; a new process goes
    on with the next. Unavailable when such a process can't be started at all.
    """
    job = Job([str(path) for path in paths], zone.key, region, asdict(limits or Limits()), 0)
    while True:
        with Reader(command) as reader:
            done, lost = yield from _results(reader, job, progress, before, seconds)
        if lost is None:
            return
        if lost == BETWEEN:
            job = msgspec.structs.replace(job, skip=done)
            continue
        if not lost and len(job.paths) > 1:  # one of them can't even be looked into: each for itself
            for path in job.paths:
                yield from read_apart(
                    [Path(path)],
                    limits,
                    progress,
                    zone=zone,
                    region=region,
                    before=before,
                    seconds=seconds,
                    command=command,
                )
            return
        name = lost or job.paths[0]
        yield FileResult(name, fault=Fault(name, "", BROKE))
        if not lost:
            return
        job = msgspec.structs.replace(job, skip=done + 1)


def _results(
    reader: Reader, job: Job, progress: Callable[[Progress], None] | None, before: Memory, seconds: float
) -> Generator[FileResult, None, tuple[int, str | None]]:
    """Each result until the end; returns how many files were read and the name of the one that was lost.

    None when none was; empty when the reader ended before it came to the first file; BETWEEN between two.
    """
    reader.say(job)
    done, name = job.skip, None
    while True:
        message = reader.hear()
        match message:
            case Ended():
                return done, None
            case Began():
                name = message.name
                reader.give(seconds)
            case Asked():
                reader.say(wire.answered(_answer(before, message)))
            case Went():
                if progress is not None:
                    progress(Progress(message.files, message.of_files, message.bytes, message.of_bytes, message.name))
            case Read():
                done, name = done + 1, BETWEEN
                yield arrived(message)
            case _ if name is None:
                raise not_started()
            case _:
                return done, name


def not_started() -> Unavailable:
    """Nobody reads here: what is raised then."""
    return Unavailable("The process that reads files can't be started. Nothing of what is left was imported.")


def _answer(before: Memory, asked: Asked) -> Any:
    match asked.what, asked.words:
        case "key", [kind, system, value]:
            return before.key(kind, system, value)
        case "stands_as", [key]:
            return before.stands_as(key)
        case "fact", [kind, key]:
            return before.fact(kind, key)
    return None


class Reader:
    """The process while it runs; leaving the `with` ends it."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_without_secrets(),
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._says, self._hears = self._process.stdin, self._process.stdout
        self._bounded = _Bounded(self._hears, START_SECONDS)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        self._says.close()
        self._hears.close()

    @property
    def process_id(self) -> int:
        """The number under which the system knows it."""
        return self._process.pid

    def give(self, seconds: float) -> None:
        """So long may it say nothing from now on."""
        self._bounded.seconds = seconds

    def say(self, message: Message) -> None:
        """Tell it something; one that is gone is noticed when it is heard."""
        try:
            wire.send(self._says, message)
        except OSError:
            return

    def hear(self) -> Message | None:
        """The next thing that it says; None when it is gone, hangs, or says what is no message."""
        try:
            return wire.receive(self._bounded)
        except (ValueError, TypeError, msgspec.MsgspecError, TimeoutError):
            return None


class _Bounded:
    """A pipe whose reads give up after some seconds of silence."""

    def __init__(self, stream: IO[bytes], seconds: float) -> None:
        self._stream, self.seconds = stream, seconds
        self._selector = selectors.DefaultSelector()
        self._selector.register(stream, selectors.EVENT_READ)

    def read(self, length: int) -> bytes:
        """So many bytes, fewer at the end; TimeoutError when nothing comes."""
        found = bytearray()
        while len(found) < length:
            if not self._selector.select(self.seconds):
                raise TimeoutError
            part = os.read(self._stream.fileno(), min(length - len(found), 1 << 20))
            if not part:
                break
            found += part
        return bytes(found)


def _without_secrets() -> dict[str, str]:
    """The environment that a Python needs, and nothing that says where a server's folder is."""
    wanted = ("PATH", "LANG", "LC_ALL", "PYTHONHASHSEED", "PYTHONPYCACHEPREFIX", "SYSTEMROOT", "TMPDIR")
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}

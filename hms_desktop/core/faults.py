# SPDX-License-Identifier: Apache-2.0
"""What is written down when the program breaks: which process, the kind of error and the places in the code.

Never a value: the words of an error, the lines of a library's log and what a place was working on may hold a name. Each
fault is one line of JSON on standard error, and in a file of the process's folder that support may be given.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

FILE, OLDER = "faults.jsonl", "faults.older.jsonl"
MOST_BYTES = 64 * 1024
_PLACES = 8


@dataclass(frozen=True)
class Fault:
    """The kind of an error, of what caused it, and the last places in the code, innermost last.

    `own_place` is the innermost one that is no library's.
    """

    kind: str
    causes: tuple[str, ...]
    places: tuple[str, ...]
    own_place: str = ""

    @property
    def code(self) -> str:
        """Six characters that stand for this kind of error at this place."""
        at = self.places[-1] if self.places else "?"
        return hashlib.sha256(f"{self.kind} {at}".encode()).hexdigest()[:6].upper()


def fault_of(error: BaseException) -> Fault:
    """What may be said of an error."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{_short(frame.filename)}:{frame.lineno}" for frame in frames]
    own = [place for place, frame in zip(places, frames, strict=True) if "site-packages" not in frame.filename]
    causes = tuple(type(cause).__name__ for cause in _causes(error))
    return Fault(type(error).__name__, causes, tuple(places[-_PLACES:]), (own or places or [""])[-1])


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _short(path: str) -> str:
    """The last three parts of a path: enough to find the file, without whose computer it lies on."""
    return "/".join(path.split(os.sep)[-3:])


class FaultWatch:
    """Hears whatever nobody caught in this process; `name` is what the process is called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder: Path | None = None

    def install(self) -> None:
        """Take the place of every way in which Python would print an error with its words."""
        sys.excepthook = self._uncaught
        threading.excepthook = lambda broke: self._uncaught(broke.exc_type, broke.exc_value, broke.exc_traceback)
        sys.unraisablehook = lambda broke: self._uncaught(broke.exc_type, broke.exc_value, broke.exc_traceback)
        logging.getLogger().handlers[:] = [_LibraryLines(self)]
        with suppress(ValueError, OSError):  # without a standard error of its own there is nowhere to write to
            faulthandler.enable()  # the end of the process itself: places only

    def line(self, fault: Fault, **more: Any) -> str:
        """A fault as it is written down."""
        facts = {"at": int(time.time() * 1000), "event": "fault", "process": self.name, "code": fault.code}
        return json.dumps({**facts, **asdict(fault), **more}, sort_keys=True) + "\n"

    def note(self, fault: Fault, **more: Any) -> None:
        """Write it down; a fault while doing so is not one more."""
        line = self.line(fault, **more)
        with suppress(OSError, ValueError):
            sys.stderr.write(line)
            sys.stderr.flush()
        self.keep(line)

    def keep(self, line: str) -> None:
        """Put a line into the file; the oldest go when it grows too long."""
        if self.folder is None:
            return
        file = self.folder / FILE
        with suppress(OSError):
            if file.exists() and file.stat().st_size > MOST_BYTES:
                os.replace(file, self.folder / OLDER)
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as out:
                out.write(line)

    def _uncaught(
        self, kind: type[BaseException], error: BaseException | None, _where: TracebackType | None = None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self.note(fault_of(error) if error is not None else Fault(kind.__name__, (), ()))


class _LibraryLines(logging.Handler):
    """Warnings of libraries: which library, where, and the kind of error; their words stay out."""

    def __init__(self, watch: FaultWatch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        """Write one down."""
        error = record.exc_info[1] if record.exc_info else None
        at = f"{_short(record.pathname)}:{record.lineno}"
        fault = fault_of(error) if error is not None else Fault(record.levelname, (), (at,))
        self._watch.note(fault, event="library", library=record.name)


_watch: FaultWatch | None = None


def watch_faults(name: str) -> FaultWatch:
    """Begin to hear the faults of this process, which is called so."""
    global _watch
    _watch = FaultWatch(name)
    _watch.install()
    return _watch


def hear_again() -> None:
    """Take the place once more that a command line's own library took."""
    if _watch is not None:
        _watch.install()


def keep_faults(folder: Path) -> None:
    """Keep the faults of this process in this folder too, if they are heard."""
    if _watch is not None:
        _watch.folder = folder


def note_caught(fault: Fault) -> None:
    """Keep a fault that was caught and told to a person, if faults are heard here."""
    if _watch is not None:
        _watch.keep(_watch.line(fault, event="caught"))


def kept_faults(folder: Path, most: int = 50) -> list[dict[str, Any]]:
    """The latest faults of a folder, oldest first; a line that can't be read is left out."""
    lines: list[str] = []
    for name in (OLDER, FILE):
        with suppress(OSError):
            lines += (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
    found = []
    for line in lines[-most:]:
        with suppress(ValueError):
            found.append(json.loads(line))
    return found

# SPDX-License-Identifier: Apache-2.0
"""Reading reference data in a process apart: a file that breaks or hangs it is refused by name, as FHIR files are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sync_server.catalogue_files import KINDS, Entry, in_order
from sync_server.reading.apart import COMMAND, SECONDS_PER_FILE, Reader, not_started
from sync_server.reading.wire import Began, CatalogueJob, Ended, Listed

BROKE = "reading it took more memory or time than a file may, or broke the reader. Cut it into several files."


def read_catalogue_apart(
    paths: Sequence[Path],
    since: date | None,
    *,
    seconds: float = SECONDS_PER_FILE,
    command: tuple[str, ...] = COMMAND,
) -> tuple[list[Entry], list[str]]:
    """What `catalogue_files.read_files` gives, read by a process without key, network and right to write.

    A file over which that process ends, or says nothing for so many `seconds`, is a fault; a new process goes on with
    the next. Unavailable when such a process can't be started at all.
    """
    entries: list[Entry] = []
    faults: list[str] = []
    left = list(paths)
    while left:
        with Reader(command) as reader:
            read = _read(reader, CatalogueJob([str(path) for path in left], since), seconds, entries, faults)
        left = left[read:]
        if left:
            faults.append(f"{left.pop(0).name}: {BROKE}")
    return in_order(entries), faults


def _read(reader: Reader, job: CatalogueJob, seconds: float, entries: list[Entry], faults: list[str]) -> int:
    """Take in one file after the other; returns how many of them were read until the process ended."""
    reader.say(job)
    read, caged = 0, False
    while True:
        message = reader.hear()
        match message:
            case Ended():
                return read
            case Began():
                caged = True
                reader.give(seconds)
            case Listed() if (listed := _listed(message)) is not None:
                read += 1
                entries += listed
                faults += message.faults
            case _ if not caged:
                raise not_started()
            case _:
                return read


def _listed(message: Listed) -> list[Entry] | None:
    """The entries of a file; None when something among them is none: a reader that says so is not believed."""
    found = [Entry(place, kind, values) for place, kind, values in message.entries]
    whole = all(one.kind in KINDS and isinstance(one.values.get("valid_from"), date) for one in found)
    return found if whole else None

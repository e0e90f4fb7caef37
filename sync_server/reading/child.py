# SPDX-License-Identifier: Apache-2.0
"""The process that reads: hears one job on stdin, cages itself, and says on stdout what each file holds.

Run as `python -m sync_server.reading.child`. It opens no store and knows no key; it asks its parent what was met.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import Progress
from sync_server.reading.cage import cage_this_process
from sync_server.reading.wire import (
    Asked,
    Began,
    CatalogueJob,
    Ended,
    Job,
    Listed,
    Told,
    Went,
    as_limits,
    enclosed,
    receive,
    send,
    travelling,
)


@dataclass
class Parent:
    """What earlier imports met, asked of the process that has the store (`interop.fhir.identities.Memory`)."""

    hears: IO[bytes]
    says: IO[bytes]

    def key(self, kind: str, system: str, value: str) -> str | None:
        """The key of the resource that has this identifier."""
        return _text(self._ask("key", kind, system, value))

    def stands_as(self, key: str) -> str | None:
        """The key under which the record of another key stands."""
        return _text(self._ask("stands_as", key))

    def fact(self, kind: str, key: str) -> Any:
        """What is known of a shared resource."""
        return self._ask("fact", kind, key)

    def _ask(self, what: str, *words: str) -> Any:
        send(self.hears, Asked(what, list(words)))
        answer = receive(self.says)
        if not isinstance(answer, Told):
            raise SystemExit(1)  # whoever asked for this is gone
        return answer.answer


def _text(answer: Any) -> str | None:
    return answer if isinstance(answer, str) else None


def read(job: Job, parent: Parent) -> None:
    """Read every file of the job and tell each result."""

    def began(name: str) -> None:
        send(parent.hears, Began(name))

    def went(at: Progress) -> None:
        send(parent.hears, Went(at.files, at.of_files, at.bytes, at.of_bytes, at.name))

    for result in read_files(
        [Path(path) for path in job.paths],
        as_limits(job.limits),
        went,
        zone=ZoneInfo(job.zone),
        region=job.region,
        before=parent,
        began=began,
        skip=job.skip,
    ):
        send(parent.hears, travelling(result))
    send(parent.hears, Ended())


def list_entries(job: CatalogueJob, parent: Parent) -> None:
    """Read every file of reference data and tell what each holds."""
    from sync_server.catalogue_files import read_files as read_catalogue  # a reader of FHIR needs none of it

    cage_this_process()
    send(parent.hears, Began(""))
    for path in job.paths:
        entries, faults = read_catalogue([Path(path)], job.since)
        send(parent.hears, Listed([(one.place, one.kind, enclosed(one.values)) for one in entries], faults))
    send(parent.hears, Ended())


def main() -> None:
    """One job, then the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a stop from the keyboard is the import's to take
    parent = Parent(sys.stdout.buffer, sys.stdin.buffer)
    job = receive(parent.says)
    if isinstance(job, Job):
        ZoneInfo(job.zone)
        cage_this_process()
        send(parent.hears, Began(""))
        read(job, parent)
    elif isinstance(job, CatalogueJob):
        list_entries(job, parent)


if __name__ == "__main__":
    main()

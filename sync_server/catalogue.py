# SPDX-License-Identifier: Apache-2.0
"""Bringing reference data into the server's store: all files as one change set, or none of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from hms_desktop.clinic.billing.service import publish_prices
from hms_desktop.clinic.ehr.service_procedures import publish_procedures
from hms_desktop.clinic.ehr.service_templates import publish_forms, publish_phrases, publish_templates
from hms_desktop.clinic.inventory.service import publish_items
from hms_desktop.clinic.lab.service import publish_catalogue
from hms_desktop.core.errors import BadInput, ClinicError, Refused
from hms_desktop.storage.unit import Unit
from sync_server.catalogue_files import Entry, require_there
from sync_server.home import Home
from sync_server.reading.reference import read_catalogue_apart

Publish = Callable[[Unit, Sequence[Mapping[str, Any]]], int]
Progress = Callable[[int, int, str], None]
ReadFiles = Callable[[Sequence[Path], date | None], tuple[list[Entry], list[str]]]
_PUBLISH: Mapping[str, Publish] = {
    "test": publish_catalogue,
    "panel": publish_catalogue,
    "item": publish_items,
    "procedure": publish_procedures,
    "price": publish_prices,
    "template": publish_templates,
    "phrase": publish_phrases,
    "form": publish_forms,
}
MOST_FAULTS_SHOWN = 50


@dataclass
class Brought:
    """What an import did, by kind; `starts` counts the new versions by the day from which they hold."""

    files: int
    entries: int
    new: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    starts: Counter[date] = field(default_factory=Counter)


class _OnlyLooking(Exception):
    """Everything would go in: take it back."""


def bring_in(
    home: Home,
    paths: Sequence[Path],
    since: date | None = None,
    *,
    keep: bool = True,
    progress: Progress | None = None,
    read: ReadFiles = read_catalogue_apart,
) -> Brought:
    """Publish every entry of these files; without `keep` it only says what that would do.

    `since` is the day from which entries hold that name none. NotFound names a file that is not there, BadInput or
    Refused every fault with file, line and remedy; then nothing at all was written. Files are read in a caged process;
    what ships with the program may be read here (`read`).
    """
    require_there(list(paths))
    entries, faults = read(paths, since)
    if faults:
        raise BadInput(_sentence(faults))
    brought = Brought(len(paths), len(entries))

    def write(unit: Unit) -> None:
        unit.check("data.import")
        unit.action = "server.import"
        unit.depth += 1  # what is published belongs to this one act
        _publish(unit, entries, brought, progress or (lambda done, of, place: None))
        if not keep:
            raise _OnlyLooking

    with suppress(_OnlyLooking):
        home.store.act(write, home.worker)
    return brought


def _publish(unit: Unit, entries: Sequence[Entry], brought: Brought, progress: Progress) -> None:
    faults: list[str] = []
    for done, entry in enumerate(entries, 1):
        progress(done, len(entries), entry.place)
        try:
            new = _PUBLISH[entry.kind](unit, [entry.values])
        except ClinicError as error:
            faults.append(f"{entry.place}: {error}")
            continue
        (brought.new if new else brought.unchanged)[entry.kind] += 1
        if new:
            brought.starts[entry.values["valid_from"]] += 1
    if faults:
        raise Refused(_sentence(faults))


def _sentence(faults: Sequence[str]) -> str:
    lines = list(faults[:MOST_FAULTS_SHOWN])
    more = len(faults) - len(lines)
    return "\n".join([*lines, *([f"And {more} more."] if more else []), "Nothing was imported."])

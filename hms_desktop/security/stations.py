# SPDX-License-Identifier: Apache-2.0
"""Stations: which tables each kind of workstation may hold, of which only its site's rows, where it only appends."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.storage.records import REGISTRY, Fact, Table

STATIONS_FILE = Path(__file__).resolve().parents[2] / "resources" / "stations.toml"
OWN_EVENTS = "access_event"
PLACE = "place"


@dataclass(frozen=True, slots=True)
class StationKind:
    """One kind of workstation as the file has it: title for people, and patterns of tables."""

    name: str
    title: str
    read: tuple[str, ...]
    append: tuple[str, ...]
    own_site: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grants:
    """Names of the tables that a device replicates, and of those that it may only append facts to.

    Of the tables in `own_site` it holds the rows of places of its own site, and of places without one.
    """

    read: frozenset[str]
    append: frozenset[str]
    own_site: frozenset[str] = frozenset()

    def may_write(self, table: str) -> bool:
        """Whether a change set of this device may hold rows of the table."""
        return table in self.read or table in self.append


@cache
def station_kinds(path: Path = STATIONS_FILE) -> Mapping[str, StationKind]:
    """Every kind of workstation by name."""
    with path.open("rb") as file:
        raw = tomllib.load(file)
    return {
        name: StationKind(
            name, entry["title"], tuple(entry["read"]), tuple(entry.get("append", ())), tuple(entry.get("own_site", ()))
        )
        for name, entry in raw.items()
    }


def grants(kind: str) -> Grants:
    """The explicit tables of a kind of workstation, out of those that this version declares.

    Access events are appended by every workstation and held only where the kind names their table. BadInput for a
    kind that does not exist.
    """
    return _grants(kind, len(REGISTRY))


@cache
def _grants(kind: str, _declared: int) -> Grants:
    """Asked with every request; what is declared only grows, while the program starts."""
    found = station_kinds().get(kind)
    if found is None:
        known = ", ".join(sorted(station_kinds()))
        raise BadInput(_("There is no kind of workstation “{kind}”: one of {known}.").format(kind=kind, known=known))
    read = _tables(found.read)
    append = (_tables(found.append) | _tables([f"*.{OWN_EVENTS}"])) - read
    return Grants(read, append, _tables(found.own_site) & read)


def unknown_patterns(kind: StationKind) -> list[str]:
    """Patterns that fit no declared table: a misspelling, or a table that is gone."""
    return [pattern for pattern in (*kind.read, *kind.append, *kind.own_site) if not _tables([pattern])]


def broken_grants(kind: str) -> list[str]:
    """What is wrong with a kind: a table held without the one that it points at, or appended to and not a fact.

    A table of which only a site's rows are held is of facts, tells the place, and no table held whole points at it.
    """
    given = grants(kind)
    orphans = [
        f"{kind}: {name} without {parent}"
        for name in sorted(given.read | given.append)
        for parent in REGISTRY[name].refs.values()
        if parent not in given.read
    ]
    changed = [
        f"{kind}: {name} is no fact" for name in sorted(given.append) if not issubclass(REGISTRY[name].record, Fact)
    ]
    return orphans + changed + _broken_bounds(kind, given)


def place_path(table: str, bounded: Collection[str]) -> tuple[str, str]:
    """The column by which a row tells its place, and the bounded table that it leads to; no table for the place itself.

    ValueError when nothing tells it.
    """
    spec = REGISTRY[table]
    if PLACE in spec.kinds:
        return PLACE, ""
    for column, parent in spec.refs.items():
        if parent in bounded and parent != table:
            return column, parent
    raise ValueError(f"{table} does not tell its place")


def _broken_bounds(kind: str, given: Grants) -> list[str]:
    found = [f"{kind}: {n} is no fact" for n in sorted(given.own_site) if not issubclass(REGISTRY[n].record, Fact)]
    for name in sorted(given.own_site):
        try:
            place_path(name, given.own_site)
        except ValueError as error:
            found.append(f"{kind}: {error}")
    whole = sorted(given.read - given.own_site)
    return found + [f"{kind}: {n} points at a part" for n in whole if set(REGISTRY[n].refs.values()) & given.own_site]


def _tables(patterns: Iterable[str]) -> frozenset[str]:
    return frozenset(t.name for t in REGISTRY.values() if any(_fits(t, pattern) for pattern in patterns))


def _fits(table: Table, pattern: str) -> bool:
    module, _dot, name = pattern.partition(".")
    if name == "*":
        return table.module == module and table.name != OWN_EVENTS
    return module in ("*", table.module) and table.name == name

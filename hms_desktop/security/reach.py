# SPDX-License-Identifier: Apache-2.0
"""How far a right reaches: one's own, one's team's, or one's site's rows; asked of each row that an action writes.

The policy says which tables tell it by which column (`[reach]` of resources/roles.toml). Who works with whom, and where
a place stands, is said by the module that knows: it registers here. The same is asked at the workstation and at the
server, of the row as it was before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from hms_desktop.core.errors import NotAllowed
from hms_desktop.core.text import _
from hms_desktop.security.roles import policy
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import MustReach, Unit

Row = Mapping[str, Any]


class Surroundings(Protocol):
    """What a module tells of people and places."""

    def works_as(self, reader: Reader) -> tuple[frozenset[UUID], frozenset[str]]:
        """By which ids the person at work is known besides their account, and the services that they work for."""

    def services_of(self, reader: Reader, people: Collection[UUID]) -> frozenset[str]:
        """The services that one of these people works for."""

    def site_of(self, reader: Reader, place: UUID) -> str | None:
        """The site of a place; None when it has none."""


_KNOWN: list[Surroundings] = []


def register_surroundings(told: Surroundings) -> None:
    """Let a module say who works with whom, and where places are."""
    _KNOWN.append(told)


def bounds_of(unit: Unit, right: str) -> MustReach | None:
    """What to ask of each row that this action writes; None for who has no right that reaches less than everything."""
    return partial(_within_bounds, unit, right) if unit.person.within else None


def _within_bounds(unit: Unit, right: str, table: str, values: Row, before: Row | None) -> None:
    for asked in {right, *rights_of(table, values, before)}:
        if scope := unit.person.within.get(asked):
            require_reach(unit, asked, scope, unit.station.site, table, values, before)


def rights_of(table: str, values: Row, before: Row | None) -> Iterator[str]:
    """The rights that writing these values takes, whatever the action: `[writing]` of resources/roles.toml."""
    for right, tables in policy().writing.items():
        for column, wanted in tables.get(table, {}).items():
            after = values.get(column)
            if after is not None and wanted in ("*", after) and (before is None or before.get(column) != after):
                yield right


def require_reach(
    reader: Reader, right: str, scope: str, site: str, table: str, values: Row, before: Row | None
) -> None:
    """Raise NotAllowed unless the right, held within `scope`, reaches what this row touches.

    A row that is changed is asked as it was `before`; a new one for itself, and for the rows that it points at.
    """
    columns = policy().reach[right]
    touched = [(table, values if before is None else before)]
    if before is None:
        parents = ((parent, values.get(column)) for column, parent in REGISTRY[table].refs.items() if parent in columns)
        touched += [(parent, reader.stored(parent, record) or {}) for parent, record in parents if record is not None]
    for name, row in touched:
        if name in columns and not _reaches(reader, scope, site, row.get(columns[name])):
            raise NotAllowed(_words(scope).format(name=reader.person.name), right)


def _reaches(reader: Reader, scope: str, site: str, told: bytes | None) -> bool:
    if scope == "site":
        places = [] if told is None else [known.site_of(reader, UUID(bytes=told)) for known in _KNOWN]
        return all(where in (None, site) for where in places)
    if told is None:
        return False
    whose, known = UUID(bytes=told), [one.works_as(reader) for one in _KNOWN]
    if whose == reader.person.id or any(whose in ids for ids, _services in known):
        return True
    services = frozenset[str]().union(*(services for _ids, services in known))
    return scope == "team" and any(services & one.services_of(reader, [whose]) for one in _KNOWN)


def _words(scope: str) -> str:
    if scope == "own":
        return _("{name} may do this only with what is their own. Ask whose it is, or a colleague who may.")
    if scope == "team":
        return _("{name} may do this only for their own team. Ask whose it is, or a colleague who may.")
    return _("{name} may do this only at places of this workstation's site. Do it there, or ask who may.")

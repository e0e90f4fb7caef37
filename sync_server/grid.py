# SPDX-License-Identifier: Apache-2.0
"""Who may do what, as one grid: role x table x action x channel, worked out from the policy files alone.

Channels: `window` (the action at a workstation), `push` (its change set at the server, from a kind of workstation at
which the role may sign in), `pull` (what those workstations are sent of a table). A cell that is not allowed by what
the files say is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hms_desktop.security.permissions import Action
from hms_desktop.security.roles import policy
from hms_desktop.security.stations import grants, station_kinds
from hms_desktop.security.writes import writes
from hms_desktop.storage.records import REGISTRY
from sync_server.actions import known_actions
from sync_server.sync_api.checks import settling

NOTHING = frozenset[str]()
CHANNELS = ("window", "push", "pull")


@dataclass(frozen=True, slots=True)
class Cell:
    """One question of the grid and its answer; `action` is empty where nothing is done but sent."""

    role: str
    table: str
    action: str
    channel: str
    allowed: bool


def grid() -> Iterator[Cell]:
    """Every cell, by role, table and action."""
    tables = [table for table in REGISTRY.values() if table.record.__module__.startswith("hms_desktop.")]
    actions = [declared for declared in known_actions().values() if declared.ours]
    for role in policy().roles:
        held, written = _at_stations(role)
        rights = policy().granted([role])
        may_do = {one.name for one in actions if one.needs in rights}
        does = [(name, writes().get(name, NOTHING) if name in may_do else NOTHING) for name in map(_name, actions)]
        for table in tables:
            yield Cell(role, table.name, "", "pull", table.name in held)
            reaches = table.name in written and not table.server_owned
            for name, tables_of in does:
                may = table.name in tables_of and (not (more := settling(name, table)) or more in rights)
                yield Cell(role, table.name, name, "window", may)
                yield Cell(role, table.name, name, "push", may and reaches)


def _name(declared: Action) -> str:
    return declared.name


def _at_stations(role: str) -> tuple[frozenset[str], frozenset[str]]:
    """What is held, and what may be written, where this role may sign in."""
    kinds = [grants(kind) for kind in station_kinds() if kind in policy().roles[role].stations]
    read = frozenset[str]().union(*(given.read for given in kinds))
    return read, read.union(*(given.append for given in kinds))

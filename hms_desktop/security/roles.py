# SPDX-License-Identifier: Apache-2.0
"""Roles: what each may do, whether it needs a code, how soon it locks; read from `resources/roles.toml`.

Nothing is allowed that is not written there; a role or right that the file does not know allows nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROLES_FILE = Path(__file__).resolve().parents[2] / "resources" / "roles.toml"
LONGEST_IDLE = 15
OWN_EVENTS = "audit.note"
"""The right to write one's own access events: everybody's, whatever the file says, so that nobody can switch it off."""
STATION_EVENTS = "station.note"
"""The right to write what a workstation saw while nobody was signed in: no person's, each workstation's own."""


SCOPES = ("own", "team", "site", "all")
"""How far a right reaches, the narrowest first: to one's own, one's team's, the workstation's site's, everything."""


@dataclass(frozen=True, slots=True)
class Role:
    """One role: its title for people, what it may do, where it may sign in, and how it is guarded.

    `within` has the rights that reach less than the whole clinic.
    """

    name: str
    title: str
    permissions: frozenset[str]
    stations: frozenset[str]
    two_factor: bool
    idle_minutes: int
    key_locks: bool
    within: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """All rights with what each lets a person do, and all roles."""

    permissions: Mapping[str, str]
    roles: Mapping[str, Role]
    own: Mapping[str, str]
    """Tables that a person writes only as themselves, each with its column that names who did it."""
    commands: Mapping[str, str]
    """What each command at a workstation needs of whoever is signed in."""
    reach: Mapping[str, Mapping[str, str]]
    """Rights that a role may hold within bounds, each with the tables whose rows tell whose or where they are."""
    writing: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Rights that writing a value takes, whatever the action: by table and column the value, `*` for any."""

    def granted(self, roles: Iterable[str]) -> frozenset[str]:
        """What these roles may do together."""
        known = [self.roles[name].permissions for name in roles if name in self.roles]
        return frozenset({OWN_EVENTS}).union(*known) - {STATION_EVENTS}

    def within(self, roles: Iterable[str]) -> dict[str, str]:
        """The rights that reach less than the whole clinic for who has these roles; the widest of them counts."""
        known = [self.roles[name] for name in roles if name in self.roles]
        reaches: dict[str, str] = {}
        for right in frozenset[str]().union(*(role.within for role in known)):
            held = [role.within.get(right, SCOPES[-1]) for role in known if right in role.permissions]
            reaches[right] = max(held, key=SCOPES.index)
        return {right: scope for right, scope in reaches.items() if scope != SCOPES[-1]}


@cache
def policy(path: Path = ROLES_FILE) -> Policy:
    """The file's roles; ValueError names what is wrong in it."""
    with path.open("rb") as file:
        return read_policy(tomllib.load(file))


def read_policy(raw: Mapping[str, Any]) -> Policy:
    """A policy from the parsed file; ValueError names an unknown right, set, or an idle time out of bounds."""
    permissions: dict[str, str] = dict(raw["permissions"])
    bundles: dict[str, list[str]] = dict(raw.get("sets", {}))
    roles = {name: _role(name, entry, permissions, bundles) for name, entry in raw["roles"].items()}
    commands: dict[str, str] = dict(raw.get("commands", {}))
    if unknown := sorted(set(commands.values()) - set(permissions)):
        raise ValueError(f"commands: no right is called {', '.join(unknown)}")
    reach: dict[str, dict[str, str]] = dict(raw.get("reach", {}))
    for role in roles.values():
        _must_be_bounds(role, reach)
    writing = dict(raw.get("writing", {}))
    if unknown := sorted(set(writing) - set(permissions)):
        raise ValueError(f"writing: no right is called {', '.join(unknown)}")
    return Policy(permissions, roles, dict(raw.get("own", {})), commands, reach, writing)


def _must_be_bounds(role: Role, reach: Mapping[str, Mapping[str, str]]) -> None:
    """A right is bounded only where something tells whose a row is, and by a word that there is."""
    for right, scope in role.within.items():
        if right not in role.permissions or right not in reach or scope not in SCOPES:
            raise ValueError(f"role {role.name}: {right} can't be held within “{scope}”")


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """What a person with these roles may do."""
    return policy().granted(roles)


def needs_code(roles: Iterable[str]) -> bool:
    """Whether one of these roles is always asked for a second factor."""
    return any(role.two_factor for role in _known(roles))


def idle_minutes(roles: Iterable[str]) -> int:
    """Minutes without activity after which the session locks: the strictest of these roles."""
    return min((role.idle_minutes for role in _known(roles)), default=1)


def key_locks(roles: Iterable[str]) -> bool:
    """Whether pulling out the security key locks the session of one of these roles, whatever the person would like."""
    return any(role.key_locks for role in _known(roles))


def may_sign_in_at(roles: Iterable[str], station_kind: str) -> bool:
    """Whether one of these roles may sign in at this kind of station."""
    return any(station_kind in role.stations for role in _known(roles))


def _known(roles: Iterable[str]) -> list[Role]:
    return [policy().roles[name] for name in roles if name in policy().roles]


def _role(name: str, entry: Mapping[str, Any], permissions: Mapping[str, str], sets: Mapping[str, list[str]]) -> Role:
    rights = list(entry.get("may", []))
    for wanted in entry.get("sets", []):
        if wanted not in sets:
            raise ValueError(f"role {name}: no set of rights is called {wanted}")
        rights += sets[wanted]
    unknown = sorted(set(rights) - set(permissions))
    if unknown:
        raise ValueError(f"role {name}: no right is called {', '.join(unknown)}")
    if not 1 <= entry["idle_minutes"] <= LONGEST_IDLE:
        raise ValueError(f"role {name}: idle_minutes is 1 to {LONGEST_IDLE}")
    return Role(
        name,
        entry["title"],
        frozenset(rights),
        frozenset(entry["stations"]),
        entry["two_factor"],
        entry["idle_minutes"],
        entry.get("key_locks", False),
        dict(entry.get("within", {})),
    )

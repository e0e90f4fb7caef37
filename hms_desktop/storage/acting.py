# SPDX-License-Identifier: Apache-2.0
"""Who acts, where, and for which clinic: what every action and query may ask about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Person:
    """A signed-in person (or a server worker) and what they may do; `within` bounds some of it: own, team or site."""

    id: UUID
    name: str
    login: str
    roles: frozenset[str]
    permissions: frozenset[str]
    within: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Station:
    """A workstation or server worker: `author` numbers its change sets for ever, `code` names it on paper."""

    device: UUID
    author: int
    name: str
    site: str
    kind: str

    @property
    def code(self) -> str:
        """The three characters that stand for this author in human numbers."""
        from hms_desktop.core.ids import author_code

        return author_code(self.author)


@dataclass(frozen=True)
class ClinicInfo:
    """The clinic: its name, its time zone, its currency (ISO 4217) and whether the data are for training."""

    name: str
    zone: ZoneInfo
    currency: str
    training: bool = False


@dataclass(frozen=True)
class Acting:
    """A person at work: signs each change set with an Ed25519 key that stays inside `sign`."""

    person: Person
    sign: Callable[[bytes], bytes]

# SPDX-License-Identifier: Apache-2.0
"""A desk for tests: a real encrypted store with a person at it who may do everything asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.clock import Clock, SetClock
from hms_desktop.security.opening import FOR_EMERGENCY
from hms_desktop.security.roles import permissions_of
from hms_desktop.storage.acting import Acting, ClinicInfo, Person, Station
from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.storage.store import React, Store
from hms_desktop.storage.unit import Unit

T = TypeVar("T")
NAMES = UUID("00000000-0000-5000-8000-00000000c11c")
MONDAY_09_00 = 1_795_417_200_000  # 2026-11-23 07:00 UTC, 09:00 in Johannesburg
CLINIC = ClinicInfo("Riverbend Clinic", ZoneInfo("Africa/Johannesburg"), "ZAR", training=True)


def person(name: str, permissions: Iterable[str], roles: Iterable[str] = ()) -> Acting:
    """A person with a signing key of their own and exactly these permissions."""
    key = Ed25519PrivateKey.generate()
    login = name.lower().replace(" ", ".")
    who = Person(uuid5(NAMES, name), name, login, frozenset(roles), frozenset(permissions))
    return Acting(who, key.sign)


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """What a person with these roles may do once signed in, while the workstation's permit holds."""
    return permissions_of(roles) - FOR_EMERGENCY


@cache
def blank(tables: frozenset[str], indexes: tuple[Any, ...]) -> tuple[bytes, bytes]:
    """The key and the content of an empty file with these tables: made by a store once for each process of tests."""
    key = os.urandom(32)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "blank.db"
        Store(path, key, Station(uuid5(NAMES, "blank"), 1, "Blank", "Main", "all"), CLINIC).close()
        return key, path.read_bytes()


class Desk:
    """One store, its clock and the person who acts: `do` runs an action, `ask` a query."""

    def __init__(
        self,
        folder: Path,
        acting: Acting,
        *,
        author: int = 1,
        name: str = "Desk 1",
        kind: str = "all",
        clock: Clock | None = None,
        react: React | None = None,
    ) -> None:
        self.clock = clock or SetClock(MONDAY_09_00)
        self.acting = acting
        station = Station(uuid5(NAMES, f"device {author}"), author, name, "Main", kind)
        extra: dict[str, Any] = {"react": react} if react else {}
        path = folder / f"replica-{author}.db"
        self.key, empty = blank(frozenset(Record.metadata.tables), tuple(LOCAL_INDEXES))
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(empty)
        self.store = Store(path, self.key, station, CLINIC, clock=self.clock, **extra)

    def do(self, action: Callable[[Unit], T], acting: Acting | None = None) -> T:
        """Run an action as this desk's person, or as another."""
        return self.store.act(action, acting or self.acting)

    def ask(self, query: Callable[[Reader], T], acting: Acting | None = None) -> T:
        """Answer a query."""
        return self.store.read(query, acting or self.acting)

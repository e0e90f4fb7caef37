# SPDX-License-Identifier: Apache-2.0
"""Who works at the demo clinic and at which workstations: the shipped list, and the passwords made for one clinic."""

from __future__ import annotations

import json
import secrets
import time
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyotp

from hms_desktop.security import totp
from hms_desktop.storage.durable import replace_file

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
SHIPPED = RESOURCES / "demo_clinic" / "people.toml"
WORDS_FILE = RESOURCES / "compare_words.txt"
WORDS_IN_PASSWORD = 5


@dataclass(frozen=True)
class DemoPerson:
    """A person of the demo clinic and what they sign in with; `seed` is their authenticator's, where they have one."""

    login: str
    name: str
    roles: tuple[str, ...]
    password: str = field(repr=False)
    seed: str | None = field(repr=False, default=None)
    practitioner: dict[str, str] | None = None

    def code(self) -> str | None:
        """What their authenticator shows now, or None for a person who needs no code."""
        return pyotp.TOTP(self.seed).now() if self.seed else None

    def code_lasts(self) -> int:
        """Seconds until the authenticator shows another code."""
        return 30 - int(time.time()) % 30


@dataclass(frozen=True)
class DemoStation:
    """A workstation of the demo clinic; `start` is who the demo proposes there, `stock_place` its own shelves."""

    name: str
    kind: str
    start: str
    stock_place: str | None = None

    @property
    def folder_name(self) -> str:
        """Its folder's name: plain letters."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower().replace("'", "")).split())


def shipped_list() -> dict[str, Any]:
    """The file that ships: clinic, persons, places, stations."""
    return tomllib.loads(SHIPPED.read_text("utf-8"))


def shipped_stations() -> tuple[DemoStation, ...]:
    """Every workstation of the shipped list."""
    return tuple(DemoStation(**one) for one in shipped_list()["station"])


def new_people() -> tuple[DemoPerson, ...]:
    """Every person of the shipped list, with a fresh password and, where needed, a fresh authenticator seed."""
    return tuple(
        DemoPerson(
            one["login"], one["name"], tuple(one["roles"]), new_password(),
            totp.new_seed() if one.get("code") else None,
            one.get("practitioner"),
        )
        for one in shipped_list()["person"]
    )  # fmt: skip


def new_password() -> str:
    """Words that don't belong together: 40 bits out of a list of 256, slowed to guess by the key derivation."""
    lines = WORDS_FILE.read_text("utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    return "-".join(secrets.choice(words) for _word in range(WORDS_IN_PASSWORD))


def keep_people(path: Path, people: tuple[DemoPerson, ...]) -> None:
    """Write who can sign in with what, readable by the owner only: the demo says it again each time it is opened."""
    replace_file(path, json.dumps([asdict(person) for person in people], indent=1).encode())


def kept_people(path: Path) -> tuple[DemoPerson, ...]:
    """What `keep_people` wrote."""
    return tuple(DemoPerson(**{**one, "roles": tuple(one["roles"])}) for one in json.loads(path.read_bytes()))

# SPDX-License-Identifier: Apache-2.0
"""What each action may write: read from `resources/writes.toml`, held to at workstations and at the server."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

WRITES_FILE = Path(__file__).resolve().parents[2] / "resources" / "writes.toml"


@cache
def writes(path: Path = WRITES_FILE) -> Mapping[str, frozenset[str]]:
    """The tables of every action by its name; an action that is not there writes nothing."""
    with path.open("rb") as file:
        raw = tomllib.load(file)
    return {name: frozenset(tables) for name, tables in raw.items()}


def may_write(action: str, table: str) -> bool:
    """Whether an action, with what follows from it, writes rows of this table."""
    return table in writes().get(action, frozenset())

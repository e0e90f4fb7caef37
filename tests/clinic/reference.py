# SPDX-License-Identifier: Apache-2.0
"""The reference data that ships, by kind, as the import reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync_server.catalogue_files import read_files

CLINICAL = Path(__file__).resolve().parents[2] / "resources" / "clinical"


def shipped(name: str, kind: str) -> list[dict[str, Any]]:
    """The values of every entry of a kind in one of the files that ship."""
    entries, faults = read_files([CLINICAL / f"{name}.toml"], None)
    assert not faults, faults
    return [entry.values for entry in entries if entry.kind == kind]

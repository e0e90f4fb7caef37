# SPDX-License-Identifier: Apache-2.0
"""What the sign-in window remembers between sessions: looks, last name, last sync. No names of patients, no keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hms_desktop.ui.shell.look import Look, look_from

FILE = "sign-in.json"


@dataclass
class Memory:
    """One profile's plain file beside the encrypted one; `waiting` counts changes not yet sent, times in ms."""

    folder: Path
    looks: dict[str, Look] = field(default_factory=dict)
    last_login: str = ""
    last_sync_ms: int = 0
    waiting: int = 0

    def look(self, login: str = "") -> Look:
        """The look of a person, else that of the computer."""
        return self.looks.get(login) or self.looks.get("") or Look()

    def save(self) -> None:
        """Write the file whole or not at all."""
        kept = {
            "looks": {login: look.as_json() for login, look in self.looks.items()},
            "last_login": self.last_login,
            "last_sync_ms": self.last_sync_ms,
            "waiting": self.waiting,
        }
        new = self.folder / f"{FILE}.new"
        new.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(new, self.folder / FILE)


def remembered(folder: Path) -> Memory:
    """What was remembered for this profile; a missing or damaged file is an empty memory."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    kept = kept if isinstance(kept, Mapping) else {}
    looks = {str(login): look_from(_mapping(look)) for login, look in _mapping(kept.get("looks")).items()}
    return Memory(
        folder,
        looks,
        str(kept.get("last_login") or ""),
        _whole(kept.get("last_sync_ms")),
        _whole(kept.get("waiting")),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0

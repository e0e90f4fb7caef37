# SPDX-License-Identifier: Apache-2.0
"""The design tokens (resources/theme/tokens.json), read once and looked up by dotted path."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
THEMES = ("light", "dark", "high-contrast")


@dataclass(frozen=True)
class Cue:
    """How one status is shown besides its colour: the colour family, an icon name and a word."""

    status: str
    icon: str
    word: str


@cache
def tokens() -> dict[str, Any]:
    """The whole token file."""
    data: dict[str, Any] = json.loads((RESOURCES / "theme" / "tokens.json").read_text(encoding="utf-8"))
    return data


def look_up(path: str, tree: Any | None = None) -> Any:
    """The token at a dotted path (`size.control`, `chart.0`); raises KeyError naming the path."""
    if tree is None:
        return _of_all(path)
    found = tree
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError):
            raise KeyError(f"no design token “{path}”") from None
    return found


@cache
def _of_all(path: str) -> Any:
    return look_up(path, tokens())


@cache
def colour_code(theme: str, path: str) -> str:
    """The `#RRGGBB` of a colour path in one theme."""
    code = look_up(path, tokens()["themes"][theme])
    if not isinstance(code, str):
        raise KeyError(f"“{path}” is a group of colours, not one")
    return code


@cache
def cue(status: str) -> Cue:
    """The cue of a status: critical, warning, success, info, neutral, local, conflict, stale, locked, readonly."""
    entry = tokens()["statusCues"].get(status)
    if entry is None:
        raise KeyError(f"no status “{status}”")
    return Cue(entry.get("inherits", status), entry["icon"].removeprefix("ph."), entry["word"])


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#RRGGBB` colours, 1 to 21 (WCAG 2.2 relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(code: str) -> float:
    parts = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

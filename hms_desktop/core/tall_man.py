# SPDX-License-Identifier: Apache-2.0
"""Drug names with tall-man letters (ISMP, FDA), from a list that is data: resources/clinical/tall_man.json."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

NAMES = Path(__file__).resolve().parents[2] / "resources" / "clinical" / "tall_man.json"

_WORD = re.compile(r"[^\W\d_]{4,}")


def tall_man(name: str) -> str:
    """The name with each listed word in its tall-man form; other words stay as they are written."""
    return _WORD.sub(lambda found: _listed().get(found[0].casefold(), found[0]), name)


def is_look_alike(name: str) -> bool:
    """Whether any word of the name is on the list."""
    return any(word.casefold() in _listed() for word in _WORD.findall(name))


@cache
def _listed() -> dict[str, str]:
    data = json.loads(NAMES.read_text(encoding="utf-8"))
    return {name.casefold(): name for name in data["names"]}

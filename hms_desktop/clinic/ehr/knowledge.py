# SPDX-License-Identifier: Apache-2.0
"""The table of allergy classes that ships with the programme, read once; None when it is missing or broken."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from hms_desktop.clinic.ehr.rules_medicines import Knowledge, read_knowledge

ALLERGY_CLASSES = Path(__file__).resolve().parents[3] / "resources" / "clinical" / "allergy_classes.toml"


@lru_cache(maxsize=4)
def allergy_knowledge(path: Path = ALLERGY_CLASSES) -> Knowledge | None:
    """The table, or None: then every class check says that it was not made."""
    try:
        return read_knowledge(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None

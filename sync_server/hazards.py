# SPDX-License-Identifier: Apache-2.0
"""The hazard log as data: what could harm a patient, how it is held down, and whether that is claimed (ISO 14971)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from hms_desktop.core.errors import Damaged

HAZARDS_FILE = Path(__file__).resolve().parents[1] / "resources" / "safety" / "hazards.yaml"
SEVERITIES = ("minor", "significant", "considerable", "major", "catastrophic")
LIKELIHOODS = ("low", "medium", "high")
STATES = ("controlled", "open")


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard: `likelihood` before and `residual` after its control; `waits_for` is empty once it is controlled."""

    id: str
    title: str
    severity: str
    likelihood: str
    control: str
    residual: str
    state: str
    waits_for: str = ""

    @property
    def controlled(self) -> bool:
        """Whether the log claims that the control is there."""
        return self.state == "controlled"


def read_hazards(path: Path = HAZARDS_FILE) -> list[Hazard]:
    """The whole log; Damaged names the entry that does not fit."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [_hazard(entry, path) for entry in raw["hazards"]]
    twice = sorted({hazard.id for hazard in found if [h.id for h in found].count(hazard.id) > 1})
    if twice:
        raise Damaged(f"{path.name} has {', '.join(twice)} more than once.")
    return found


def _hazard(entry: dict[str, str], path: Path) -> Hazard:
    try:
        hazard = Hazard(**entry)
    except TypeError as odd:
        raise Damaged(f"{path.name}: {entry.get('id', entry)} does not have the fields of a hazard.") from odd
    fits = (
        hazard.severity in SEVERITIES
        and hazard.likelihood in LIKELIHOODS
        and hazard.residual in LIKELIHOODS
        and hazard.state in STATES
        and hazard.controlled is not bool(hazard.waits_for)
    )
    if not fits:
        raise Damaged(f"{path.name}: {hazard.id} has a severity, likelihood or state that the log does not know.")
    return hazard

# SPDX-License-Identifier: Apache-2.0
"""Allergies: the four states a chart can be in, which entry stands, what order they are shown in, when to ask again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _

AllergyState = Literal["known", "none", "not-recorded", "unavailable"]
STATES: tuple[AllergyState, ...] = ("known", "none", "not-recorded", "unavailable")
REVERIFY_DAYS = 365
"""An allergy list that nobody has looked at for this long asks to be gone through again (site policy)."""

CLINICAL = ("active", "inactive", "resolved")
VERIFICATION = ("unconfirmed", "confirmed", "refuted", "entered-in-error")
REVIEWS = {
    "confirm": ("active", "confirmed"),
    "refute": ("inactive", "refuted"),
    "resolve": ("resolved", "confirmed"),
    "deactivate": ("inactive", "confirmed"),
    "mistake": ("inactive", "entered-in-error"),
    "reactivate": ("active", "unconfirmed"),
}
"""What a person may say of an entry, and the clinical and verification status that follow (FHIR)."""

_WORST = {"high": 0, None: 1, "unable-to-assess": 1, "low": 2}


@dataclass(frozen=True)
class AllergyFacts:
    """What the rules need of an entry; `contested` when two people left it differently and nobody has settled it."""

    id: UUID
    substance: str
    code: str | None
    type: str | None
    criticality: str | None
    reaction: str | None
    clinical_status: str
    verification_status: str
    checked_at: datetime | None
    contested: bool = False


def stands(entry: AllergyFacts) -> bool:
    """Whether an entry counts: active and neither refuted nor a mistake; a contested one counts until it is settled."""
    live = entry.clinical_status == "active" and entry.verification_status in ("unconfirmed", "confirmed")
    return live or entry.contested


def chart_state(entries: Iterable[AllergyFacts], asked: datetime | None, held: bool = True) -> AllergyState:
    """Which of the four states the chart is in: an entry that stands outranks any "no known allergies"."""
    if not held:
        return "unavailable"
    if any(stands(entry) for entry in entries):
        return "known"
    return "none" if asked is not None else "not-recorded"


def worst_first(entries: Iterable[AllergyFacts]) -> list[AllergyFacts]:
    """The entries that stand: high criticality first, then unknown, then low; confirmed before unconfirmed."""
    return sorted(
        (entry for entry in entries if stands(entry)),
        key=lambda e: (_WORST[e.criticality], e.verification_status != "confirmed", e.substance.casefold()),
    )


def asks_again(entries: Iterable[AllergyFacts], asked: datetime | None, now: datetime) -> bool:
    """Whether the list, or the statement that there is none, is older than the clinic's period."""
    limit = now - timedelta(days=REVERIFY_DAYS)
    standing = [entry for entry in entries if stands(entry)]
    if standing:
        return any(entry.checked_at is None or entry.checked_at < limit for entry in standing)
    return asked is not None and asked < limit


def reviewed(entry: AllergyFacts, review: str, reason: str | None) -> tuple[str, str]:
    """The clinical and verification status after a review; Refused when it changes nothing or lacks its reason."""
    after = REVIEWS[review]
    if entry.verification_status == "entered-in-error":
        raise Refused(
            _("The entry {substance} was marked as a mistake and stays so. Record the allergy anew.").format(
                substance=entry.substance
            )
        )
    if review in ("refute", "mistake", "resolve", "deactivate") and not (reason or "").strip():
        raise Refused(
            _("Say why the allergy to {substance} no longer counts: others rely on it.").format(
                substance=entry.substance
            )
        )
    return after

# SPDX-License-Identifier: Apache-2.0
"""What a specimen may go through, and which of two standing states of a specimen wins (names of FHIR R4 Specimen)."""

from __future__ import annotations

from hms_desktop.clinic.ehr.rules import Pairs, Steps, furthest

SPECIMEN_STEPS: Steps = {
    "collected": frozenset({"in-transit", "available", "unsatisfactory", "entered-in-error"}),
    "in-transit": frozenset({"available", "unsatisfactory", "entered-in-error"}),
    "available": frozenset({"unsatisfactory", "unavailable", "entered-in-error"}),
    "unsatisfactory": frozenset({"entered-in-error"}),
    "unavailable": frozenset({"entered-in-error"}),
    "entered-in-error": frozenset(),
}
"""collected, in-transit, then FHIR: available (received), unsatisfactory (rejected), unavailable (disposed)."""

SPECIMEN_STATES = tuple(SPECIMEN_STEPS)
SPECIMEN_PAIRS: Pairs = furthest(
    ("collected", "in-transit", "available", "unavailable", "unsatisfactory", "entered-in-error"),
    conflicts=[
        ("available", "unsatisfactory"),
        ("unavailable", "unsatisfactory"),
        ("available", "entered-in-error"),
        ("unavailable", "entered-in-error"),
    ],
)
"""Rejecting a specimen that another bench took in and worked on is for a person to settle."""

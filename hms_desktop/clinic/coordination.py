# SPDX-License-Identifier: Apache-2.0
"""What no single record can promise, as one table: each thing, what keeps it true, and what a person settles.

Two desks can each be right and together wrong. Whatever is listed here is prevented where it can be, and told where
it could not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PERSON_TWICE,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VISIT_TWICE,
)


class Mechanism(Enum):
    """How a thing is kept true, with and without the line."""

    LEASE = "the server lends parts of it to workstations for a time"
    NUMBERING = "the workstation's code, its own counter and a check character"
    CLAIM_AND_REVIEW = "refused where the other holder is known, else told to a person where histories meet"
    OWNER_STATION = "belongs to one workstation: the server refuses what another one writes into it"
    SERVER_ONLY = "only the server writes it"


@dataclass(frozen=True)
class Coordinated:
    """One thing: `by` names lease kinds, number series or tables; `conflict` is raised if it broke all the same."""

    what: str
    mechanism: Mechanism
    by: tuple[str, ...]
    conflict: str = ""


# fmt: off
COORDINATED: tuple[Coordinated, ...] = (
    Coordinated("places of a slot", Mechanism.LEASE, ("slot",), SLOT_OVER),
    Coordinated("stock of a batch at a place", Mechanism.LEASE, ("stock",), STOCK_BELOW_ZERO),
    Coordinated("the rest of a prescription", Mechanism.LEASE, ("prescription",), OVER_SUPPLIED),
    Coordinated("numbers that people read", Mechanism.NUMBERING, ("MRN", "ACC", "INV", "CRN", "RCT")),
    Coordinated("identifiers of a person", Mechanism.CLAIM_AND_REVIEW, ("patient_identifier",), IDENTIFIER_TWICE),
    Coordinated("one chart for a person", Mechanism.CLAIM_AND_REVIEW, ("patient",), PERSON_TWICE),
    Coordinated("one visit for an arrival", Mechanism.CLAIM_AND_REVIEW, ("encounter",), VISIT_TWICE),
    Coordinated("one bed for a patient", Mechanism.CLAIM_AND_REVIEW, ("bed_stay",), ADMITTED_TWICE),
    Coordinated("a cash drawer", Mechanism.OWNER_STATION, ("cash_session",)),
    Coordinated("a register of controlled medicines", Mechanism.OWNER_STATION, ("controlled_register",)),
    Coordinated("who may work here, and where", Mechanism.SERVER_ONLY, ("account", "device", "site_setting")),
    Coordinated("what was lent, and what was refused", Mechanism.SERVER_ONLY,
                ("lease", "lease_end", "lease_renewal", "refusal", "refusal_release", "refusal_question",
                 "time_bound")),
    Coordinated("what administrators did, and where the old trail lies", Mechanism.SERVER_ONLY,
                ("account_event", "admin_event", "audit_segment")),
)
# fmt: on

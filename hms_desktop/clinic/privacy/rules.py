# SPDX-License-Identifier: Apache-2.0
"""Terms and words of patients' requests and of disclosures (45 CFR 164.524, 164.526, 164.528)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import combinations

from hms_desktop.core.text import _

REQUESTS = ("amendment", "release")
"""An amendment of the record (164.526), or a release of information to the patient or to somebody they name."""
STATES = ("open", "granted", "denied", "withdrawn")
STEPS: Mapping[str, frozenset[str]] = {
    "open": frozenset({"granted", "denied", "withdrawn"}),
    "granted": frozenset(),
    "denied": frozenset(),
    "withdrawn": frozenset(),
}
_LADDER = ("open", "withdrawn", "denied", "granted")
WINS: dict[frozenset[str], str | None] = {
    frozenset(pair): max(pair, key=_LADDER.index) for pair in combinations(STATES, 2)
}
"""Two answers that met while apart: what was decided beats what is open, and what was granted stays granted."""
TERM_DAYS: Mapping[str, int] = {"amendment": 60, "release": 30}
EXTENSION_DAYS = 30
SOON_DAYS = 10
GROUNDS = ("not_ours", "not_in_record", "not_open", "accurate")
"""Why an amendment may be denied: 164.526(a)(2)."""
RECIPIENTS = ("patient", "representative", "provider", "payer", "authority", "court", "research", "other")
BASES = (
    "patient", "treatment", "payment", "operations", "authorisation", "required_by_law", "public_health", "oversight",
    "court", "safety", "research", "other",
)  # fmt: skip
NOT_COUNTED = frozenset({"patient", "treatment", "payment", "operations", "authorisation"})
"""Disclosures that an accounting need not list (164.528(a)(1)); they stand in the log of what was released."""
WAYS = ("print", "file", "post", "telephone", "electronic")
ACCOUNTING_YEARS = 6


def deadline(kind: str, asked_on: date, *, extended: bool) -> date:
    """The last day on which a request must be answered: 60 days for an amendment, 30 for a release, once 30 more."""
    return asked_on + timedelta(days=TERM_DAYS[kind] + (EXTENSION_DAYS if extended else 0))


def may_extend(kind: str, asked_on: date, today: date, *, extended: bool) -> bool:
    """Whether the one extension may still be taken: once, and before the first term is over."""
    return not extended and today <= deadline(kind, asked_on, extended=False)


def request_word(kind: str) -> str:
    """The words for what a patient asked for."""
    return {"amendment": _("Amendment"), "release": _("Release of information")}.get(kind, kind)


def state_word(status: str) -> str:
    """The word for how a request stands."""
    known = {"open": _("Open"), "granted": _("Granted"), "denied": _("Denied"), "withdrawn": _("Withdrawn")}
    return known.get(status, status)


def ground_word(ground: str) -> str:
    """The words for why an amendment was denied."""
    known = {
        "not_ours": _("Not written by this clinic"),
        "not_in_record": _("Not part of the record"),
        "not_open": _("Not open to the patient by law"),
        "accurate": _("Accurate and complete as it is"),
    }
    return known.get(ground, ground)


def recipient_word(kind: str) -> str:
    """The words for who got something."""
    known = {
        "patient": _("The patient"),
        "representative": _("Who acts for the patient"),
        "provider": _("Another clinic or clinician"),
        "payer": _("A payer"),
        "authority": _("A public authority"),
        "court": _("A court or lawyer"),
        "research": _("Research"),
        "other": _("Somebody else"),
    }
    return known.get(kind, kind)


def basis_word(basis: str) -> str:
    """The words for why something may leave the clinic."""
    known = {
        "patient": _("The patient asked for their own"),
        "treatment": _("Treatment"),
        "payment": _("Payment"),
        "operations": _("Work of the clinic"),
        "authorisation": _("The patient's signed authorisation"),
        "required_by_law": _("Required by law"),
        "public_health": _("Public health"),
        "oversight": _("Health oversight"),
        "court": _("Order of a court"),
        "safety": _("To avert a serious threat"),
        "research": _("Research under a waiver"),
        "other": _("Another reason"),
    }
    return known.get(basis, basis)


def way_word(way: str) -> str:
    """The word for how something left."""
    known = {
        "print": _("Printed"),
        "file": _("As a file"),
        "post": _("By post"),
        "telephone": _("By telephone"),
        "electronic": _("Electronically"),
    }
    return known.get(way, way)

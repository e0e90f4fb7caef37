# SPDX-License-Identifier: Apache-2.0
"""Which looks need a question: at one's own chart, one's family, household or colleague, a restricted record, or at
somebody with whom nobody here had anything to do at that time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from hms_desktop.core.text import _

FLAGS = ("own", "family", "household", "colleague", "restricted", "no_relation")
OUTCOMES = ("justified", "talked", "breach")
BEFORE, AFTER = timedelta(days=30), timedelta(days=14)
"""How long before what is to come, and after what was, a look still belongs to it."""


@dataclass(frozen=True)
class Worker:
    """Somebody who may look: their name as it is compared, their own charts, and where they live by these."""

    account: UUID
    family: str = ""
    given: str = ""
    charts: frozenset[UUID] = frozenset()
    homes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Subject:
    """Who was looked at: name as it is compared, where they live, who among the workers they are, how restricted."""

    patient: UUID
    family: str = ""
    homes: frozenset[str] = frozenset()
    worker: UUID | None = None
    restricted: bool = False


@dataclass(frozen=True)
class Ties:
    """Days on which the clinic had to do with a patient (`clinic`), and on which one worker did (`own`)."""

    clinic: Collection[date] = field(default=())
    own: Collection[date] = field(default=())


def flags(worker: Worker, subject: Subject, ties: Ties, day: date) -> tuple[str, ...]:
    """What asks for an answer about one worker's looks at one patient on one day, in the order of FLAGS.

    A worker who had to do with the patient themselves is asked about their own chart only. One's own chart asks always.
    """
    if subject.patient in worker.charts or subject.worker == worker.account:
        return ("own",)
    if near(ties.own, day):
        return ()
    alike = {
        "family": bool(worker.family) and worker.family == subject.family,
        "household": bool(worker.homes & subject.homes),
        "colleague": subject.worker is not None,
        "restricted": subject.restricted,
        "no_relation": not near(ties.clinic, day),
    }
    return tuple(name for name in FLAGS if alike.get(name))


def near(days: Collection[date], day: date) -> bool:
    """Whether a look on this day belongs to one of the days of care."""
    return any(one - BEFORE <= day <= one + AFTER for one in days)


def home_key(*parts: str | None) -> str:
    """An address as it is compared: letters and digits only, in one case; empty when there is too little of it."""
    key = "".join(letter for part in parts if part for letter in part.casefold() if letter.isalnum())
    return key if len(key) > 5 else ""


def flag_word(flag: str) -> str:
    """The words for what asks for an answer."""
    known = {
        "own": _("Own chart"),
        "family": _("Same family name"),
        "household": _("Same address or telephone"),
        "colleague": _("Works here"),
        "restricted": _("Restricted record"),
        "no_relation": _("No care at that time"),
    }
    return known.get(flag, flag)


def outcome_word(outcome: str) -> str:
    """The words for how a question was settled."""
    known = {"justified": _("Justified"), "talked": _("Talked about"), "breach": _("A breach")}
    return known.get(outcome, outcome)

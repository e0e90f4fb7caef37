# SPDX-License-Identifier: Apache-2.0
"""Who may know a restricted patient: by care, as the registrar or the named owner, or behind a broken glass."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

RESTRICTIONS = ("vip", "staff", "sensitive")
GLASS_REASONS = ("emergency", "direct_care", "covering", "registration", "payment", "patient_asked")
NO_PERMIT = "no_permit"
"""Why an emergency was read, or written into, while the workstation's permit had ended; nobody chooses it."""
VERDICTS = ("justified", "to_follow_up", "not_justified")
GLASS_MINUTES = 60
REVIEW_HOURS = 72
LONGEST_TEXT = 400


@dataclass(frozen=True)
class Viewer:
    """Who looks: their account and practitioner ids, the services that they work for, and their roles."""

    ids: frozenset[UUID]
    services: frozenset[str] = field(default=frozenset())
    roles: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Tie:
    """Something open between a patient and the clinic: a visit, an appointment or an order.

    `people` see the patient for it, `services` are those that it belongs to, `roles` those of the department that does
    it (the bench for an order of a test, the counter for a prescription).
    """

    people: frozenset[UUID]
    services: frozenset[str] = field(default=frozenset())
    roles: frozenset[str] = field(default=frozenset())


def cares(viewer: Viewer, ties: Iterable[Tie]) -> bool:
    """Whether one of these open things is the viewer's or their team's."""
    return any(viewer.ids & tie.people or viewer.services & tie.services or viewer.roles & tie.roles for tie in ties)


def may_know(viewer: Viewer, named: Collection[UUID], ties: Iterable[Tie]) -> bool:
    """Whether the viewer is named (owner or registrar), or has a care relation by what is open now."""
    return bool(viewer.ids & set(named)) or cares(viewer, ties)


def require_words(text: str, field: str, asked: str) -> str:
    """The words without blanks around them; BadInput at `field`, with what was asked, when there are none."""
    words = " ".join(text.split())
    if not words:
        raise BadInput(asked, field)
    if len(words) > LONGEST_TEXT:
        raise BadInput(_("Say it in at most {n} letters.").format(n=LONGEST_TEXT), field)
    return words


def restriction_word(kind: str) -> str:
    """The word for why a patient is restricted."""
    known = {"vip": _("Public person"), "staff": _("Works here"), "sensitive": _("Sensitive")}
    return known.get(kind, kind)


def glass_word(reason: str) -> str:
    """The words for why somebody broke the glass."""
    known = {
        "emergency": _("Emergency"),
        "direct_care": _("I am treating this patient now"),
        "covering": _("I am covering for a colleague"),
        "registration": _("Registration or booking"),
        "payment": _("Bill or cover"),
        "patient_asked": _("The patient asked me to"),
        NO_PERMIT: _("Emergency, without the server for too long"),
    }
    return known.get(reason, reason)


def verdict_word(verdict: str) -> str:
    """The words for what a review found."""
    known = {
        "justified": _("Justified"),
        "to_follow_up": _("To be followed up"),
        "not_justified": _("Not justified"),
    }
    return known.get(verdict, verdict)

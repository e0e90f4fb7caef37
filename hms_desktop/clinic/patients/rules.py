# SPDX-License-Identifier: Apache-2.0
"""What a registration needs, how a name is shown, and which of two states of a task wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import combinations

from hms_desktop.clinic.patients.births import check_birth
from hms_desktop.clinic.patients.identifiers import check_identifier
from hms_desktop.clinic.patients.names import plain
from hms_desktop.clinic.patients.phones import parse_phone
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

SEXES = ("female", "male", "other", "unknown")
TIMELINE_KINDS = (
    "registration",
    "appointment",
    "arrival",
    "visit",
    "note",
    "procedure",
    "order",
    "specimen",
    "result",
    "result_correction",
    "critical_call",
    "prescription",
    "dispense",
    "invoice",
    "payment",
    "call",
    "conflict",
    "import",
)
INTERACTION_KINDS = ("phone", "walk_in", "email", "letter", "complaint")
CONTACT_KINDS = ("phone", "email", "address", "next_of_kin")
LONGEST_NAME = 120

TASK_STEPS: dict[str, frozenset[str]] = {
    "requested": frozenset({"in-progress", "completed", "cancelled"}),
    "in-progress": frozenset({"requested", "completed", "cancelled"}),
    "completed": frozenset({"in-progress"}),
    "cancelled": frozenset({"requested"}),
}
"""The legal next states of a task (FHIR Task.status)."""

_LADDER = ("requested", "in-progress", "completed")


def _winner(one: str, other: str) -> str | None:
    if "cancelled" not in (one, other):
        return max(one, other, key=_LADDER.index)
    return "cancelled" if "requested" in (one, other) else None


TASK_WINS: dict[frozenset[str], str | None] = {frozenset(p): _winner(*p) for p in combinations(TASK_STEPS, 2)}
"""The table of pairs for two states of one task; None: called off against started work is for a person."""


@dataclass(frozen=True)
class Registration:
    """A person as the desk wrote them down. `born` is YYYY, YYYY-MM or YYYY-MM-DD; `identifiers` (system, value)."""

    family: str | None = None
    given: str | None = None
    prefix: str | None = None
    preferred: str | None = None
    local_script: str | None = None
    name_known: bool = True
    sex: str | None = None
    born: str | None = None
    born_estimated: bool = False
    phone: str | None = None
    email: str | None = None
    line: str | None = None
    city: str | None = None
    guardian: str | None = None
    language: str | None = None
    interpreter: bool | None = None
    identifiers: tuple[tuple[str, str], ...] = field(default=())


def faults(written: Registration, today: date, region: str) -> tuple[BadInput, ...]:
    """Everything that keeps this registration from being saved, in the order of the form; empty when it is whole."""
    found = [
        *_name_faults(written),
        *_caught(lambda: check_birth(written.born, today) if written.born else _no_birth()),
        *([] if written.sex in SEXES else [BadInput(_("Choose a sex, or “unknown”."), "sex")]),
        *_caught(lambda: parse_phone(written.phone, region) if written.phone else None),
    ]
    if written.email and ("@" not in written.email.strip("@") or " " in written.email.strip()):
        found.append(BadInput(_("“{email}” is not an e-mail address.").format(email=written.email[:60]), "email"))
    for system, value in written.identifiers:
        found += _caught(partial(check_identifier, system, value))
    return tuple(found)


def _name_faults(written: Registration) -> list[BadInput]:
    parts = [p for p in (written.family, written.given) if p and plain(p)]
    if any(len(p) > LONGEST_NAME for p in parts):
        return [BadInput(_("A name has at most {n} letters.").format(n=LONGEST_NAME), "family")]
    if parts or not written.name_known:
        return []
    return [BadInput(_("Type a name, or mark the name as unknown."), "family")]


def _no_birth() -> str:
    raise BadInput(_("Type a birth date, or an age such as “about 50 y”."), "born")


def _caught(check: Callable[[], object]) -> list[BadInput]:
    try:
        check()
    except BadInput as fault:
        return [fault]
    return []


def show_name(
    family: str | None, given: str | None, prefix: str | None = None, *, sex: str = "unknown", known: bool = True
) -> str:
    """A name as the banner has it: `OKONKWO, Amara (Mrs)`; an unknown person as `Unknown female`."""
    if not known and not (family or given):
        return {"female": _("Unknown female"), "male": _("Unknown male")}.get(sex, _("Unknown person"))
    whole = ", ".join(filter(None, ((family or "").upper(), given)))
    return f"{whole} ({prefix})" if prefix else whole


def list_name(family: str | None, given: str | None, *, sex: str = "unknown", known: bool = True) -> str:
    """A name as lists have it: `Okonkwo, Amara`."""
    if not known and not (family or given):
        return show_name(None, None, sex=sex, known=False)
    return ", ".join(filter(None, (family, given)))


def sex_word(sex: str) -> str:
    """The word for a sex."""
    return {"female": _("Female"), "male": _("Male"), "other": _("Other"), "unknown": _("Unknown")}.get(sex, sex)


def kind_word(kind: str) -> str:
    """The word for a kind of timeline line."""
    return _kind_words().get(kind, kind)


def _kind_words() -> Mapping[str, str]:
    return {
        "registration": _("Registration"),
        "appointment": _("Appointment"),
        "arrival": _("Arrival"),
        "visit": _("Visit"),
        "note": _("Note"),
        "procedure": _("Procedure"),
        "order": _("Order"),
        "specimen": _("Specimen"),
        "result": _("Result"),
        "result_correction": _("Corrected result"),
        "critical_call": _("Critical call"),
        "prescription": _("Prescription"),
        "dispense": _("Medicine handed over"),
        "invoice": _("Invoice"),
        "payment": _("Payment"),
        "call": _("Contact"),
        "conflict": _("Conflict"),
        "import": _("Import"),
    }

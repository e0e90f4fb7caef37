# SPDX-License-Identifier: Apache-2.0
"""Groups of columns and their values in plain words, as the inbox shows them side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hms_desktop.clinic.ehr.queries_medicines import line_of
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.core.dates import show_day, show_moment
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY

Values = Mapping[str, Any]
Said = tuple[str, tuple[tuple[str, str], ...]]
"""A record's table, and (what it is called, its value in words) for each group that was written."""
_BY_ITSELF = frozenset({"rank", "active", "temporary"})
_FOLLOWERS = frozenset({"timeline_entry"})


def group_label(table: str, group: str) -> str:
    """What a group of columns is called."""
    words = {
        ("patient", "name"): _("Name"),
        ("patient", "birth"): _("Birth date"),
        ("patient", "sex"): _("Sex"),
        ("patient", "death"): _("Date of death"),
        ("patient", "language"): _("Language"),
        ("patient", "status"): _("In use"),
        ("patient_identifier", "value"): _("Identifier"),
        ("patient_contact", "contact"): _("Contact"),
        ("coverage", "cover"): _("Cover"),
        ("appointment", "slot"): _("Time and clinician"),
        ("appointment", "state"): _("State"),
        ("appointment", "reason"): _("Reason"),
        ("encounter", "state"): _("State of the visit"),
        ("allergy", "what"): _("Allergy"),
        ("allergy", "state"): _("State of the allergy"),
        ("condition", "what"): _("Problem"),
        ("condition", "state"): _("State of the problem"),
        ("prescription", "dose"): _("Dose, route, frequency"),
        ("prescription", "what"): _("Medicine"),
        ("prescription", "state"): _("State"),
        ("prescription", "review"): _("Review on"),
        ("prescription", "reason"): _("Reason"),
        ("service_order", "what"): _("Order"),
        ("service_order", "state"): _("State"),
        ("specimen", "state"): _("State of the specimen"),
        ("batch", "state"): _("State of the batch"),
        ("task", "state"): _("State of the task"),
        ("note_section", "words"): _("Section of a note"),
    }
    return words.get((table, group), group.replace("_", " ").capitalize())


def group_words(reader: Reader, table: str, group: str, values: Values) -> str:
    """The value of a group on one line; "not recorded" when it is empty."""
    special = _SPECIAL.get((table, group))
    shown = special(values) if special else _plain(reader, values)
    return shown or _("not recorded")


def written_words(reader: Reader, written: Sequence[tuple[str, Values]]) -> list[Said]:
    """What change sets wrote, by record in their order, with all that was typed; followers by rule are left out."""
    return [(table, facts) for table, values in written if (facts := _facts(reader, table, values))]


def _facts(reader: Reader, table: str, values: Values) -> tuple[tuple[str, str], ...]:
    if table in _FOLLOWERS or table not in REGISTRY:
        return ()
    groups = REGISTRY[table].groups
    typed = {name: value for name, value in values.items() if value is not None and name not in _BY_ITSELF}
    parts = {group: {c: typed[c] for c in groups[group].columns if c in typed} for group in groups}
    said = ((group, group_words(reader, table, group, part)) for group, part in parts.items() if set(part) - _QUIET)
    return tuple((group_label(table, group), words) for group, words in said)


def _dose(values: Values) -> str:
    line = line_of(values)
    count = values.get("quantity")
    if count is None:
        return line
    quantity = f"{show_decimal(count)} {unit_words(values.get('quantity_unit') or '', count)}".strip()
    return _("{line}; {quantity} in all").format(line=line, quantity=quantity)


def _birth(values: Values) -> str:
    return show_birth(values.get("born"), bool(values.get("born_estimated")))


def _state(values: Values) -> str:
    reason = values.get("stop_reason") or values.get("status_reason") or values.get("reason")
    state = state_words(str(values.get("status") or values.get("state") or ""))
    return f"{state}: {reason}" if reason else state


def state_words(code: str) -> str:
    """A FHIR status code in the clinic's words."""
    return {
        "active": _("active"),
        "on-hold": _("on hold"),
        "completed": _("completed"),
        "stopped": _("stopped"),
        "cancelled": _("cancelled"),
        "revoked": _("taken back"),
        "entered-in-error": _("entered in error"),
        "draft": _("draft"),
        "booked": _("booked"),
        "pending": _("to be confirmed"),
        "waitlist": _("on the waitlist"),
        "arrived": _("arrived"),
        "checked-in": _("checked in"),
        "fulfilled": _("seen"),
        "noshow": _("did not come"),
        "usable": _("usable"),
        "recalled": _("recalled"),
        "requested": _("to do"),
        "in-progress": _("in progress"),
        "finished": _("finished"),
        "planned": _("planned"),
        "triaged": _("triaged"),
        "available": _("available"),
        "unsatisfactory": _("unsatisfactory"),
        "unavailable": _("unavailable"),
        "proposed": _("proposed"),
        "onleave": _("paused"),
    }.get(code, code)


_SPECIAL: Mapping[tuple[str, str], Callable[[Values], str]] = {
    ("prescription", "dose"): _dose,
    ("patient", "birth"): _birth,
    ("prescription", "state"): _state,
    ("appointment", "state"): _state,
    ("encounter", "state"): _state,
    ("service_order", "state"): _state,
    ("batch", "state"): _state,
    ("task", "state"): _state,
}
_QUIET = frozenset(
    {
        "family_key",
        "given_key",
        "sound_key",
        "phone_key",
        "source",
        "patient",
        "encounter",
        "medicine",
        "requester",
        "session",
        "slot",
        "lease",
        "place",
        "practitioner",
        "code",
        "system",
        "item",
        "ingredient",
        "classes",
        "recorded_by",
        "verified_by",
        "definition",
        "parts",
        "edition",
        "replaces",
        "asked_by",
        "collected_by",
        "owner",
        "subject",
        "name_known",
    }
)


def _plain(reader: Reader, values: Values) -> str:
    shown = [_value(reader, value) for name, value in values.items() if value is not None and name not in _QUIET]
    return ", ".join(text for text in shown if text)


def _value(reader: Reader, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return show_moment(value.astimezone(reader.clinic.zone))
    if isinstance(value, date):
        return show_day(value)
    if isinstance(value, Decimal):
        return show_decimal(value)
    return str(value)

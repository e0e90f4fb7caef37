# SPDX-License-Identifier: Apache-2.0
"""Groups of columns and their values in plain words, as the inbox shows them side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hms_desktop.clinic.conflicts.queries_money import money_facts
from hms_desktop.clinic.conflicts.queries_values import column_words, state_words
from hms_desktop.clinic.ehr.queries_medicines import line_of
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY

Values = Mapping[str, Any]
Said = tuple[str, tuple[tuple[str, str], ...]]
"""A record's table, and (what it is called, its value in words) for each group that was written."""
_BY_ITSELF = frozenset({"rank", "active", "temporary"})
_FOLLOWERS = frozenset({"timeline_entry"})
_AS_WRITTEN = frozenset({"prescription", "note_section"})
"""What begins with a medicine's name or somebody's own words keeps its first letter as it is."""


def group_label(table: str, group: str) -> str:
    """What a group of columns is called."""
    words = {
        ("patient", "name"): _("Name"),
        ("patient", "birth"): _("Birth date"),
        ("patient", "sex"): _("Sex"),
        ("patient", "language"): _("Language"),
        ("patient", "number"): _("Record number"),
        ("patient", "status"): _("State of the record"),
        ("patient_identifier", "value"): _("Identifier"),
        ("patient_contact", "contact"): _("Contact"),
        ("coverage", "cover"): _("Cover"),
        ("appointment", "slot"): _("Time"),
        ("appointment", "who"): _("Patient"),
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
        ("patient_flag", "flag"): _("Flag"),
        ("patient", "death"): _("Died on"),
        ("allergy", "entry"): _("Written down"),
        ("condition", "entry"): _("Written down"),
        ("encounter", "what"): _("Visit"),
        ("note", "what"): _("Note"),
        ("note_section", "what"): _("Section of a note"),
        ("specimen", "what"): _("Specimen"),
        ("batch", "batch"): _("Batch"),
        ("task", "task"): _("Task"),
        ("specimen", "state"): _("State of the specimen"),
        ("batch", "state"): _("State of the batch"),
        ("task", "state"): _("State of the task"),
        ("note_section", "words"): _("Words of the note"),
    }
    return words.get((table, group), group.replace("_", " ").capitalize())


def groups_said(table: str, groups: Sequence[str], *, opens: bool = False) -> str:
    """What groups are called within a sentence, which they may open: `dose`, `Name and birth date`."""
    said = [_SHORT[table, group]() if (table, group) in _SHORT else group_label(table, group) for group in groups]
    said = [words if opens and not place else words[:1].lower() + words[1:] for place, words in enumerate(said)]
    if len(said) < 2:
        return "".join(said)
    return _("{first} and {last}").format(first=", ".join(said[:-1]), last=said[-1])


_SHORT: Mapping[tuple[str, str], Callable[[], str]] = {("prescription", "dose"): lambda: _("Dose")}
"""Where the whole label says more than a title has room for."""


def thing_words(table: str, row: Any) -> str:
    """What a record is about: a medicine in tall-man letters, a substance, a lot; empty when it is nothing of these."""
    medicine = getattr(row, "display", None) if table == "prescription" else None
    if medicine:
        return tall_man(medicine)
    return getattr(row, "display", None) or getattr(row, "substance", None) or getattr(row, "lot", None) or ""


@query("conflict.read")
def group_words(reader: Reader, table: str, group: str, values: Values) -> str:
    """The value of a group on one line; "not recorded" when it is empty."""
    special = _SPECIAL.get((table, group))
    shown = special(values) if special else _plain(reader, table, values)
    return shown or nothing()


def nothing() -> str:
    """What stands where a group is empty."""
    return _("not recorded")


@query("sync.mend")
def written_words(reader: Reader, written: Sequence[tuple[str, Values]]) -> list[Said]:
    """What change sets wrote, by record in their order, with all that was typed; followers by rule are left out."""
    return [(table, facts) for table, values in written if (facts := _facts(reader, table, values))]


def _facts(reader: Reader, table: str, values: Values) -> tuple[tuple[str, str], ...]:
    if table in _FOLLOWERS or table not in REGISTRY:
        return ()
    if (money := money_facts(reader, table, values)) is not None:
        return money
    groups = REGISTRY[table].groups
    typed = {name: value for name, value in values.items() if value is not None and name not in _BY_ITSELF}
    parts = {group: {c: typed[c] for c in groups[group].columns if c in typed} for group in groups}
    read = [(group, part) for group, part in parts.items() if _plain(reader, table, part)]
    return tuple((group_label(table, group), group_words(reader, table, group, part)) for group, part in read)


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
    state = state[:1].upper() + state[1:]
    return f"{state}: {reason}" if reason else state


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


def _plain(reader: Reader, table: str, values: Values) -> str:
    said = [column_words(reader, table, name, value) for name, value in values.items()]
    words = ", ".join(text for text in said if text)
    return words if table in _AS_WRITTEN else words[:1].upper() + words[1:]

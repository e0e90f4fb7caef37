# SPDX-License-Identifier: Apache-2.0
"""How each table and group meets when two people changed it apart: the conflict classes of `sync.md` in plain words.

The class is read from the declaration itself (`storage.records`), so that what is shown is what is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hms_desktop.clinic.conflicts.queries_words import group_label
from hms_desktop.core.text import _
from hms_desktop.storage.records import REGISTRY, Group, Table

APPEND_ONLY, FIELD_MERGE, SINGLE_OWNER, SERVER_DECIDES, MANUAL, PROGRESS = (
    "append-only", "field-merge", "single-owner", "server-arbitrated", "manual", "progress",
)  # fmt: skip


@dataclass(frozen=True)
class Class:
    """One way of meeting: its name, what it means for who works with it, and the tests that hold it."""

    name: str
    title: str
    words: str
    tests: str


@dataclass(frozen=True)
class GroupPolicy:
    """One group of a table: what it is called, its columns, its class; `lost` counts pairs of states for a person."""

    name: str
    label: str
    columns: tuple[str, ...]
    kind: str
    asks: int


@dataclass(frozen=True)
class TablePolicy:
    """One table: what a row of it is, in one sentence, and its groups."""

    name: str
    module: str
    about: str
    groups: tuple[GroupPolicy, ...]


def classes() -> Mapping[str, Class]:
    """Every class."""
    found = [
        Class(
            APPEND_ONLY, _("Append-only"),
            _("Written once and never changed. Two entries are both kept; a correction is an entry of its own."),
            "tests/sync/test_convergence.py",
        ),
        Class(
            FIELD_MERGE, _("Field merge"),
            _("Changes of different fields unite. Of two changes of one field the later one is shown, the other stays "
              "in the history."),
            "tests/sync/test_convergence.py",
        ),
        Class(
            MANUAL, _("A person decides"),
            _("Changes of different fields unite. Two different values of one field both stand until a person chooses "
              "in the conflict inbox; acts that depend on them wait."),
            "tests/promises/test_meeting_edits.py",
        ),
        Class(
            PROGRESS, _("Furthest step, else a person"),
            _("A table of states says which of two steps wins; where it names none, a person decides."),
            "tests/clinic/conflicts/test_queries_values.py",
        ),
        Class(
            SINGLE_OWNER, _("Single owner"),
            _("Belongs to one workstation: no other one changes it or adds to it until it is taken over."),
            "tests/sync/test_checks.py",
        ),
        Class(
            SERVER_DECIDES, _("The server decides"),
            _("Only the server writes it; workstations hold it and can't change it."),
            "tests/sync/test_checks.py",
        ),
    ]  # fmt: skip
    return {one.name: one for one in found}


def class_of(table: Table, group: Group) -> str:
    """The class of a group, as its declaration and its table's give it."""
    if table.server_owned:
        return SERVER_DECIDES
    if table.owner is not None:
        return SINGLE_OWNER
    return {"once": APPEND_ONLY, "last writer": FIELD_MERGE, "careful": MANUAL, "progress": PROGRESS}[group.policy.name]


def policies() -> list[TablePolicy]:
    """Every synced table with the class of each of its groups, by module."""
    ours = [table for table in REGISTRY.values() if table.record.__module__.startswith("hms_desktop.")]
    return [_table(table) for table in sorted(ours, key=lambda t: (t.module, t.name))]


def _table(table: Table) -> TablePolicy:
    about = (table.record.__doc__ or "").strip().split("\n")[0]
    return TablePolicy(table.name, table.module, about, tuple(_group(table, group) for group in table.groups.values()))


def _group(table: Table, group: Group) -> GroupPolicy:
    asks = sum(winner is None for winner in group.policy.wins.values())
    label = _("Entry") if group.policy.name == "once" else group_label(table.name, group.name)
    return GroupPolicy(group.name, label, group.columns, class_of(table, group), asks)

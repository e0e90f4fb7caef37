# SPDX-License-Identifier: Apache-2.0
"""Every table says how it merges, what in it is health information, and which workstations hold it."""

from __future__ import annotations

from itertools import combinations

import pytest

from hms_desktop.security import stations
from hms_desktop.storage.records import CAREFUL, LAST_WRITER, ONCE, REGISTRY, Fact, Group, Table
from tests.every_module import everything
from tests.every_module.source import listed

TELLING = {
    "family",
    "given",
    "phone",
    "email",
    "born",
    "address",
    "line",
    "note",
    "narrative",
    "reason_text",
    "value_text",
}
WHOLE_CLINIC = "all"


@pytest.fixture(autouse=True, scope="module")
def all_tables() -> None:
    everything.load()


def tables() -> list[Table]:
    """The product's tables; tests may declare some of their own."""
    ours = [table for table in REGISTRY.values() if table.record.__module__.startswith("hms_desktop.")]
    return sorted(ours, key=lambda table: table.name)


def kinds() -> list[str]:
    return sorted(stations.station_kinds())


def policy_problem(table: Table, group: Group) -> str | None:
    """What is wrong with how a group merges."""
    if not group.columns:
        return f"{table.name}.{group.name}: a group without columns"
    if group.policy in (LAST_WRITER, CAREFUL, ONCE):
        return None
    state = group.policy.state
    if group.policy.name != "progress" or state not in group.columns or state not in table.choices:
        return f"{table.name}.{group.name}: no policy that is known, or its state is no choice in the group"
    pairs = {frozenset(pair) for pair in combinations(table.choices[state], 2)}
    odd = pairs ^ set(group.policy.wins)
    return (
        f"{table.name}.{group.name}: pairs of states without a rule, or unknown: {list(map(sorted, odd))}"
        if odd
        else None
    )


def test_every_group_says_how_it_merges() -> None:
    problems = [p for t in tables() for g in t.groups.values() if (p := policy_problem(t, g))]
    assert not problems, listed(problems)


def test_every_column_merges_with_exactly_one_group() -> None:
    problems = [
        f"{t.name}.{column}"
        for t in tables()
        for column in t.kinds
        if sum(column in g.columns for g in t.groups.values()) != 1
    ]
    assert not problems, listed(problems)


def test_a_fact_is_written_once_and_nothing_else_is() -> None:
    problems = [
        t.name for t in tables() if issubclass(t.record, Fact) != all(g.policy is ONCE for g in t.groups.values())
    ]
    assert not problems, listed(problems)


def test_a_table_with_health_information_is_marked() -> None:
    inside = [f"{t.name} holds marked columns" for t in tables() if t.phi_columns and not t.phi]
    about = [
        f"{t.name} points at a patient" for t in tables() if not t.phi and {"patient"} & {*t.kinds, *t.refs.values()}
    ]
    assert not inside + about, listed(inside + about)


def test_columns_that_tell_who_someone_is_are_marked() -> None:
    patients = [t for t in tables() if t.phi]
    written = [(t, column) for t in patients for column, kind in t.kinds.items() if kind.name != "id"]
    problems = [f"{t.name}.{c}" for t, c in written if c in TELLING and c not in t.phi_columns]
    assert not problems, listed(problems)


def test_every_table_says_what_a_row_is() -> None:
    mute = [t.name for t in tables() if not t.record.__dict__.get("__doc__")]
    assert not mute, listed(mute)


def test_references_stay_inside_a_module() -> None:
    problems = [
        f"{t.name}.{c} -> {target}"
        for t in tables()
        for c, target in t.refs.items()
        if target not in REGISTRY or REGISTRY[target].module != t.module
    ]
    assert not problems, listed(problems)


def test_every_table_is_held_by_a_kind_of_workstation() -> None:
    held = frozenset().union(*(stations.grants(kind).read for kind in kinds() if kind != WHOLE_CLINIC))
    whole = stations.grants(WHOLE_CLINIC).read
    problems = [f"{t.name}: no workstation holds it" for t in tables() if t.name not in held]
    problems += [f"{t.name}: “{WHOLE_CLINIC}” does not hold it" for t in tables() if t.name not in whole]
    assert not problems, listed(problems)


def test_grants_fit_the_tables() -> None:
    unknown = [f"{k}: {p}" for k, kind in stations.station_kinds().items() for p in stations.unknown_patterns(kind)]
    broken = [problem for kind in kinds() for problem in stations.broken_grants(kind)]
    assert not unknown + broken, listed(unknown + broken)

# SPDX-License-Identifier: Apache-2.0
"""The table of what no record can promise alone: everything it names exists, and nothing of the kind is left out."""

from __future__ import annotations

import ast

import pytest

from hms_desktop.clinic import follow_ups, lending
from hms_desktop.clinic.conflicts.rules import KINDS
from hms_desktop.clinic.coordination import COORDINATED, Coordinated, Mechanism
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.records import REGISTRY
from tests.every_module.source import sources


def named(mechanism: Mechanism) -> set[str]:
    """What the table names under a mechanism."""
    return {name for one in COORDINATED if one.mechanism is mechanism for name in one.by}


def test_whatever_is_lent_numbered_owned_or_the_servers_is_in_the_table() -> None:
    assert named(Mechanism.LEASE) == set(lending._AVAILABLE) == set(Lease.spec.choices["kind"])
    assert named(Mechanism.OWNER_STATION) == {table.name for table in REGISTRY.values() if table.owner}
    assert named(Mechanism.SERVER_ONLY) == {table.name for table in REGISTRY.values() if table.server_owned}
    assert named(Mechanism.NUMBERING) == series()


def series() -> set[str]:
    """Every series of numbers that the clinic takes."""
    calls = [
        call.args[0]
        for source in sources("hms_desktop/clinic")
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "number"
    ]
    plain = {str(arg.value) for arg in calls if isinstance(arg, ast.Constant)}
    return plain | ({"ACC"} if any(isinstance(arg, ast.Name) for arg in calls) else set())


@pytest.mark.parametrize("one", COORDINATED, ids=lambda one: one.what)
def test_what_may_break_all_the_same_is_told_where_histories_meet(one: Coordinated) -> None:
    preventable = one.mechanism not in (Mechanism.LEASE, Mechanism.CLAIM_AND_REVIEW)
    assert bool(one.conflict) != preventable
    assert preventable or (one.conflict in KINDS and one.conflict in vars(follow_ups).values())

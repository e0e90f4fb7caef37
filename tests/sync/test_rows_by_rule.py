# SPDX-License-Identifier: Apache-2.0
"""A row made by rule at two desks apart is one row, the same one everywhere, whoever's came first."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.core.clock import stamp_author
from hms_desktop.core.ids import rule_id
from hms_desktop.storage.unit import Unit
from tests.sync.world import World, WorldDesk, dump

PATIENT = UUID(int=7)


def arrive(unit: Unit) -> UUID:
    unit.action = "ehr.open_encounter"
    return unit.add(
        Encounter, id=rule_id(PATIENT, "encounter"), patient=PATIENT, appointment=PATIENT, class_code="AMB",
        status="arrived",
    )  # fmt: skip


def begin(unit: Unit) -> None:
    unit.action = "ehr.begin_visit"
    unit.change(Encounter, rule_id(PATIENT, "encounter"), status="in-progress", started=unit.now)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("begun_at", [None, 0, 1])
def test_a_row_made_by_rule_at_two_desks_is_the_same_everywhere(
    tmp_path: Path, first: int, begun_at: int | None
) -> None:
    world = World(tmp_path)
    nurse = world.person("abena", "nurse")
    desks: list[WorldDesk] = [world.desk(nurse) for _ in range(2)]
    desks[1].clock.ms += 60_000
    for desk in desks:
        desk.do(arrive)
    if begun_at is not None:
        desks[begun_at].do(begin)
    for desk in (desks[first], desks[1 - first], *desks):
        desk.sync()
    late = world.desk(nurse)
    expected = dump(world.centre.store, desks[0].tables)
    assert [dump(desk.store, desk.tables) == expected for desk in (*desks, late)] == [True] * 3
    assert len(expected["encounter"]) == 1


def test_a_row_by_rule_of_which_one_maker_was_refused_is_the_other_s_everywhere(tmp_path: Path) -> None:
    world = World(tmp_path)
    first, second = world.desk(world.person("carl", "cashier")), world.desk(world.person("abena", "nurse"))
    second.clock.ms += 60_000
    first.do(arrive)
    second.do(arrive)
    for desk in (second, first, second):
        desk.sync()
    assert [held.number for held in first.exchange.counts().held_back] == [1], "who made it first had no right to"
    expected = dump(world.centre.store, first.tables)
    assert [stamp_author(row[1]) for row in expected["encounter"]] == [second.store.station.author]
    assert dump(first.store, first.tables) == dump(second.store, first.tables) == expected
    world.close()

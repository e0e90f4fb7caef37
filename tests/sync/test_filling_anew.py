# SPDX-License-Identifier: Apache-2.0
"""A workstation told to fill itself anew has everything afterwards: no kept snapshot from before takes it back."""

from __future__ import annotations

from pathlib import Path

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.storage.unit import set_meta
from tests.sync.world import World, dump
from tests.sync.writes import register, renamed


def test_what_came_since_a_kept_snapshot_is_not_lost_by_filling_anew(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk)
    patient = first.do(register)
    first.sync()
    second.sync()
    with second.store.writing() as connection:
        set_meta(connection, "refill", sorted(second.tables))
    waiting = second.do(register)
    second.sync()
    first.do(renamed(patient, "Naidoo"))
    first.sync()
    second.sync()
    assert dump(second.store, second.tables) == dump(world.centre.store, second.tables)
    assert {row.id for row in second.ask(lambda r: [r.get(Patient, patient), r.get(Patient, waiting)])} == {
        patient, waiting,
    }  # fmt: skip
    world.close()

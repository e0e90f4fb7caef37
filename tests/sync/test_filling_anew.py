# SPDX-License-Identifier: Apache-2.0
"""A workstation told to fill itself anew has everything afterwards: no kept snapshot from before takes it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient, PatientContact
from hms_desktop.security.stations import grants
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import snapshot
from hms_desktop.sync.fill import Cancelled
from hms_desktop.sync.verify import verify
from sync_server.sync_api import snapshots
from tests.sync.world import World, dump
from tests.sync.writes import phoned, register, renamed


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


def test_who_wrote_before_the_first_fill_hears_of_everybody_after_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, early = world.desk(clerk), world.desk(clerk, filled=False)
    patient = first.do(register)
    first.sync()
    early.do(register)
    early.sync()
    first.do(renamed(patient, "Naidoo"))
    first.sync()
    early.sync()
    first.sync()
    assert dump(early.store, early.tables) == dump(world.centre.store, early.tables) == dump(first.store, first.tables)
    with early.store.reading() as connection:
        assert not verify(connection, world.trust.server_public, world.trust.clinic).broken
    world.close()


def test_filled_anew_it_goes_on_hearing_of_everybody(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk)
    patient = first.do(register)
    first.sync()
    second.sync()
    for family in ("Naidoo", "Nel"):
        first.do(renamed(patient, family))
        first.sync()
    with second.store.writing() as connection:
        set_meta(connection, "refill", sorted(second.tables))
    second.sync()
    first.do(renamed(patient, "Botha"))
    first.sync()
    second.sync()
    assert dump(second.store, second.tables) == dump(world.centre.store, second.tables)
    with second.store.reading() as connection:
        assert not verify(connection, world.trust.server_public, world.trust.clinic).broken
    world.close()


def test_made_another_kind_it_hears_of_a_patient_before_the_telephone_number_comes(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk, "lab")
    first.do(phoned(first.do(register)))
    first.sync()
    second.line._device = replace(second.line._device, kind="front_desk")  # the server says so
    second.sync()
    held = grants("front_desk").read
    assert dump(second.store, held) == dump(world.centre.store, held)
    world.close()


def test_what_comes_anew_and_what_comes_first_may_come_together(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk, "lab")
    first.do(phoned(first.do(register)))
    first.sync()
    with second.store.writing() as connection:
        set_meta(connection, "refill", sorted(grants("lab").read))
    second.line._device = replace(second.line._device, kind="front_desk")
    second.sync()
    held = grants("front_desk").read
    assert dump(second.store, held) == dump(world.centre.store, held)
    world.close()


def test_who_took_somebody_in_before_the_first_fill_is_filled_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "ROWS_PER_PAGE", 1)
    monkeypatch.setattr(snapshots, "FRESH_CHANGES", 0)
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, early = world.desk(clerk), world.desk(clerk, filled=False)
    first.do(phoned(first.do(register)))
    first.sync()
    early.do(phoned(early.do(register)))
    early.sync()
    assert dump(early.store, early.tables) == dump(world.centre.store, early.tables)
    world.close()


def test_another_snapshot_goes_on_where_a_cut_fill_left_rows_that_point_at_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "ROWS_PER_PAGE", 1)
    monkeypatch.setattr(snapshots, "FRESH_CHANGES", 0)
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, cut = world.desk(clerk), world.desk(clerk, filled=False)
    patients = [first.do(register) for _patient in range(2)]
    for patient in reversed(patients):
        first.do(phoned(patient))
    first.sync()
    cut.exchange.greet()
    with pytest.raises(Cancelled):
        cut.exchange.fill(cut.exchange.missing_tables(), stop=lambda: cut.ask(_numbers) == 1)
    first.do(register)
    first.sync()
    cut.sync()
    assert dump(cut.store, cut.tables) == dump(world.centre.store, cut.tables)
    world.close()


def _numbers(reader: Reader) -> int:
    return len(reader.rows(select(PatientContact.id)))

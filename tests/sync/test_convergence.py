# SPDX-License-Identifier: Apache-2.0
"""Whatever order the line brings things in, and however often, everybody ends with the same rows and conflicts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.chain import BrokenLink, verify_chains
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import at_random, register, renamed


def step(desks: list[WorldDesk], chance: random.Random) -> None:
    desk = chance.choice(desks)
    desk.clock.ms += chance.choice([1, 50, 4000, -3000])
    if chance.random() < 0.6:
        desk.do(at_random(chance.randrange(1 << 30)))
        return
    try:
        desk.exchange.catch_up()
    except Unavailable:
        return


@pytest.mark.accepts("SYN-15")
@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.proof) for seed in range(5, 60))])
def test_all_replicas_end_with_the_same_rows(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed=seed)
    person = world.person("thabo", "receptionist")
    desks = [world.desk(person) for _ in range(3)]
    chance = random.Random(seed)
    for desk in desks:
        desk.line.loss = 0.2
        desk.clock.ms += chance.choice([0, 0, 400_000_000, -90_000_000])
    for _step in range(60):
        step(desks, chance)
    for desk in desks * 2:
        desk.line.loss = 0
        desk.sync()
    expected = dump(world.centre.store, desks[0].tables)
    for desk in desks:
        assert dump(desk.store, desk.tables) == expected
        assert desk.exchange.counts().waiting == 0
        with desk.store.reading() as connection:
            assert not [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]


def test_a_late_desk_fills_to_the_same_rows(tmp_path: Path) -> None:
    world = World(tmp_path)
    person = world.person("thabo", "receptionist")
    first = world.desk(person)
    for seed in range(30):
        first.do(at_random(seed))
    first.sync()
    late = world.desk(person)
    assert dump(late.store, late.tables) == dump(first.store, first.tables)


def test_a_refused_change_leaves_the_rows_and_the_older_value_comes_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    stranger = world.person("mallory", "administrator")
    desk, other = world.desk(clerk), world.desk(clerk)

    patient = desk.do(register)
    before = desk.ask(lambda r: r.get(Patient, patient).family)
    desk.do(renamed(patient, "Forged"), stranger)
    desk.do(renamed(patient, "Follows"))
    desk.sync()
    other.sync()
    assert desk.ask(lambda r: r.get(Patient, patient).family) == before
    assert other.ask(lambda r: r.get(Patient, patient).family) == before
    held = desk.exchange.counts().held_back
    assert len(held) == 2 and "patient.register" in held[0].reason
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)

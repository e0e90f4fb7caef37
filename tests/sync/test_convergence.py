# SPDX-License-Identifier: Apache-2.0
"""Whatever order the line brings things in, and however often, everybody ends with the same rows and conflicts."""

from __future__ import annotations

import random
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Interaction, Patient
from hms_desktop.core.errors import Unavailable
from hms_desktop.security.permissions import ACTIONS, action
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.unit import Unit
from tests.sync.world import World, WorldDesk, dump

if "test.write" not in ACTIONS:

    @action("test.write", needs="patient.register")
    def write(unit: Unit, *, seed: int) -> None:
        """Make, change or add to a patient at random."""
        chance = random.Random(seed)
        known = [row.id for row in unit.rows(select(Patient.id).order_by(Patient.id))]
        if not known or chance.random() < 0.3:
            known.append(_register(unit, chance))
        for _each in range(chance.randint(1, 3)):
            _alter(unit, chance, chance.choice(known))


def _register(unit: Unit, chance: random.Random) -> UUID:
    family = f"Family {chance.randint(1, 9)}"
    return unit.add(
        Patient,
        family=family,
        family_key=family.lower(),
        mrn=unit.number("MRN"),
        sex="unknown",
        born_estimated=False,
        active=True,
        temporary=False,
        name_known=True,
    )


def _alter(unit: Unit, chance: random.Random, patient: UUID) -> None:
    kind = chance.randrange(3)
    if kind == 0:
        unit.change(Patient, patient, family=f"Name {chance.randint(1, 4)}")
    elif kind == 1:
        unit.change(Patient, patient, born=str(chance.randint(1950, 1953)), born_estimated=False)
    else:
        unit.add(Interaction, patient=patient, kind="phone", at=unit.now, by=unit.person.id, text=f"{chance.random()}")


def step(desks: list[WorldDesk], chance: random.Random) -> None:
    desk = chance.choice(desks)
    desk.clock.ms += chance.choice([1, 50, 4000, -3000])
    if chance.random() < 0.6:
        seed = chance.randrange(1 << 30)
        desk.do(lambda unit: ACTIONS["test.write"].function(unit, seed=seed))
        return
    try:
        desk.exchange.catch_up()
    except Unavailable:
        return


@pytest.mark.parametrize("seed", range(12))
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
        first.do(lambda unit, seed=seed: ACTIONS["test.write"].function(unit, seed=seed))
    first.sync()
    late = world.desk(person)
    assert dump(late.store, late.tables) == dump(first.store, first.tables)


def test_a_refused_change_leaves_the_rows_and_the_older_value_comes_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    stranger = world.person("mallory", "administrator")
    desk, other = world.desk(clerk), world.desk(clerk)

    def name(text: str, patient: UUID, unit: Unit) -> None:
        unit.action = "test.write"
        unit.change(Patient, patient, family=text)

    patient = desk.do(lambda unit: (setattr(unit, "action", "test.write"), _register(unit, random.Random(1)))[1])
    before = desk.ask(lambda r: r.get(Patient, patient).family)
    desk.do(lambda unit: name("Forged", patient, unit), stranger)
    desk.do(lambda unit: name("Follows", patient, unit))
    desk.sync()
    other.sync()
    assert desk.ask(lambda r: r.get(Patient, patient).family) == before
    assert other.ask(lambda r: r.get(Patient, patient).family) == before
    held = desk.exchange.counts().held_back
    assert len(held) == 2 and "patient.register" in held[0].reason
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)

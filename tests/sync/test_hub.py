# SPDX-License-Identifier: Apache-2.0
"""Two servers: whichever of them work goes by, in any mix and however often, everybody ends with the same rows."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.chain import BrokenLink, verify_chains
from tests.sync.hubs import HubWorld
from tests.sync.world import WorldDesk, dump
from tests.sync.writes import at_random


def step(world: HubWorld, desks: list[WorldDesk], others: list[Acting], chance: random.Random) -> None:
    desk = chance.choice(desks)
    desk.clock.ms += chance.choice([1, 50, 4000, -3000])
    if chance.random() < 0.5:
        desk.do(at_random(chance.randrange(1 << 30)), chance.choice([None, None, None, *others]))
        return
    try:
        if chance.random() < 0.2:
            world.upstream.catch_up()
            return
        desk.line.to = chance.choice([None, world.hub, world.hub])
        desk.exchange.catch_up()
    except Unavailable:
        return


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.proof) for seed in range(1, 60))])
def test_any_mix_of_centre_and_hub_gives_the_same_rows(tmp_path: Path, seed: int) -> None:
    world = HubWorld(tmp_path, seed=seed)
    person = world.person("thabo", "receptionist")
    desks = [world.station(person) for _ in range(3)]
    world.follow()
    joiner, stranger = world.person("joiner", "receptionist"), world.person("mallory", "administrator")
    others = [joiner, replace(stranger, person=replace(stranger.person, permissions=joiner.person.permissions))]
    chance = random.Random(seed)
    for desk in desks:
        desk.line.loss = 0.2
        desk.clock.ms += chance.choice([0, 0, 400_000_000, -90_000_000])
    world.up.loss = 0.2
    for _step in range(60 if seed else 25):
        step(world, desks, others, chance)
    world.up.loss = 0
    for desk in desks:
        desk.line.loss = 0
    for _twice in range(2):
        for desk in desks:
            desk.line.to = chance.choice([None, world.hub])
            desk.sync()
        world.follow()
    for desk in desks * 2:
        desk.line.to = None
        desk.sync()
    world.follow()
    expected = dump(world.centre.store, desks[0].tables)
    assert dump(world.hub.store, desks[0].tables) == expected
    for desk in desks:
        assert dump(desk.store, desk.tables) == expected
        assert desk.exchange.counts().waiting == 0
    for store in (world.hub.store, *(desk.store for desk in desks)):
        with store.reading() as connection:
            assert not [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]

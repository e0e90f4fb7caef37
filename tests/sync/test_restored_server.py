# SPDX-License-Identifier: Apache-2.0
"""A server put back from yesterday: workstations notice, go back with it, and give it again all that it lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from hms_desktop.clinic.patients.model import Patient, PatientContact
from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.security.accounts import Device
from hms_desktop.storage.change_sets import ChangeSet, Details, encode_details, leaf_hash
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import outbox
from hms_desktop.sync.giving_back import Offer, Offered
from hms_desktop.sync.protocol import Entry
from hms_desktop.sync.vectors import Vectors
from hms_desktop.sync.verify import verify
from sync_server import epochs
from sync_server.sync_api import taking_back
from sync_server.sync_api.taking_back import take_back
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import at_random, phoned, register, renamed


def enrolled(world: World, desk: WorldDesk) -> WorldDesk:
    """The centre knows the workstation by its record, too."""
    station = desk.store.station

    def add(unit: Unit) -> None:
        unit.action = "server.device"
        unit.add(
            Device, id=station.device, author=station.author, name=station.name, site=station.site, kind=station.kind,
            signing_public=desk.signing.public_key().public_bytes_raw(), status="approved", reduced_protection=False,
        )  # fmt: skip

    world.centre.store.act(add, world.centre.worker)
    return desk


def registered_with_a_phone(unit: Unit) -> tuple[UUID, UUID]:
    """A patient and a telephone number in one action: the laboratory sees the first."""
    patient = register(unit)
    return patient, phoned(patient)(unit)


def rung(contact: UUID) -> Callable[[Unit], None]:
    """The number is another, which the laboratory does not see."""

    def act(unit: Unit) -> None:
        unit.action = "test.write"
        unit.change(PatientContact, contact, value=f"+2782{unit.stamp % 10_000_000}")

    return act


def at_centre(world: World, question: Any) -> Any:
    with world.centre.store.reading() as connection:
        return question(connection)


def whole(world: World) -> bool:
    return at_centre(world, lambda c: not verify(c, world.trust.server_public, world.trust.clinic).broken)


@pytest.mark.proof
def test_everything_that_was_lost_comes_back_and_everybody_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = (enrolled(world, world.desk(clerk)) for _ in range(2))
    kept = first.do(register)
    first.sync()
    second.sync()
    copy = world.copy("yesterday.db")
    first.do(renamed(kept, "Naidoo"))
    lost = first.do(register)
    first.sync()
    late = world.person("zanele", "receptionist")
    second.sync()
    by_late = second.do(register, late)
    second.do(renamed(lost, "Botha"))
    second.sync()
    first.sync()
    before = dump(first.store, first.tables)
    world.put_back(copy, 70)
    unsent = second.do(register)
    world.centre.store.act(lambda unit: None, world.centre.worker)
    assert not at_centre(world, lambda c: epochs.may_lend(c, world.clock.ms))
    second.sync()
    assert [name for _id, name in at_centre(world, epochs.awaited)] == ["Desk 1"]
    first.sync()
    second.sync()
    first.sync()
    assert dump(world.centre.store, first.tables) == dump(first.store, first.tables) == dump(second.store, first.tables)
    for table, rows in before.items():
        assert table == "heads" or set(rows) <= set(dump(world.centre.store, first.tables)[table]), table
    for patient in (kept, lost, by_late, unsent):
        assert world.centre.store.read(lambda r, id=patient: r.get(Patient, id), world.centre.worker)
    assert not at_centre(world, epochs.awaited) and at_centre(world, lambda c: epochs.may_lend(c, world.clock.ms))
    assert first.exchange.counts().waiting == second.exchange.counts().waiting == 0
    assert whole(world)
    world.close()


def test_what_only_another_workstation_still_holds_comes_back_in_parts_and_then_whole(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    author = enrolled(world, world.desk(clerk))
    lab = enrolled(world, world.desk(clerk, "lab"))
    kept = author.do(register)
    author.sync()
    copy = world.copy("yesterday.db")
    lost, contact = author.do(registered_with_a_phone)
    author.do(rung(contact))
    author.do(renamed(kept, "Naidoo"))
    author.do(rung(contact))
    author.sync()
    lab.sync()
    world.put_back(copy, 70)
    lab.sync()
    lacking = at_centre(world, lambda c: Vectors(c).lacking())
    assert len(lacking) == 2 and whole(world)  # in parts, and a gap that is followed; the last one is not believed
    (told,) = at_centre(world, epochs.given).values()
    assert (told.own, told.others, told.parts, told.done) == (0, 2, 1, True)
    assert world.centre.store.read(lambda r: r.get(Patient, lost), world.centre.worker)
    later = world.desk(clerk)
    author.sync()
    lab.sync()
    later.sync()
    assert not at_centre(world, lambda c: Vectors(c).lacking()) and whole(world)
    assert dump(world.centre.store, author.tables) == dump(author.store, author.tables)
    later.sync()
    assert dump(later.store, later.tables) == dump(author.store, author.tables)
    assert dump(lab.store, lab.tables) == dump(world.centre.store, lab.tables)
    world.close()


def test_a_folder_put_back_by_hand_is_noticed_before_it_writes_anything_twice(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    desk = enrolled(world, world.desk(clerk))
    desk.do(register)
    desk.sync()
    copy = world.copy("yesterday.db")
    world.person("zanele", "receptionist")
    lost = desk.do(register)
    desk.sync()
    world.put_back(copy)
    with pytest.raises(Refused, match="new-epoch"):
        desk.exchange.catch_up()
    assert at_centre(world, epochs.put_back_by_hand)
    world.put_back(copy, 70)
    desk.sync()
    desk.sync()
    assert world.centre.store.read(lambda r: r.get(Patient, lost), world.centre.worker)
    assert dump(world.centre.store, desk.tables) == dump(desk.store, desk.tables) and whole(world)
    assert not at_centre(world, epochs.put_back_by_hand)
    world.close()


def wanders(desks: list[WorldDesk], chance: random.Random, steps: int) -> None:
    """People write and workstations call in any order; some rename what they hold, some add to it."""
    for _step in range(steps):
        desk = chance.choice(desks)
        desk.clock.ms += chance.choice([1, 50, 4000])
        try:
            if chance.random() < 0.6 and "patient" in desk.exchange.granted:
                desk.do(at_random(chance.randrange(1 << 30)))
            else:
                desk.exchange.catch_up()
        except Unavailable:
            continue


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, 60))
def test_whatever_was_lost_whenever_all_end_with_the_same_rows_and_nothing_is_missing(
    tmp_path: Path, seed: int
) -> None:
    world, chance = World(tmp_path, seed=seed), random.Random(seed)
    clerk = world.person("thabo", "receptionist")
    desks = [enrolled(world, world.desk(clerk)) for _ in range(2)]
    lab = enrolled(world, world.desk(clerk, "lab"))
    for epoch in range(chance.choice([1, 1, 2])):
        for desk in desks:
            desk.line.loss = 0.1
        wanders(desks, chance, chance.randrange(15))
        lab.sync()
        copy = world.copy(f"backup-{epoch}.db")
        wanders(desks, chance, chance.randrange(15))
        if chance.random() < 0.5:
            world.person(f"person {epoch}", "receptionist")
        lab.sync()
        wanders(desks, chance, chance.randrange(6))
        world.put_back(copy, 70 + epoch)
        wanders([*desks], chance, chance.randrange(8))
        if chance.random() < 0.5:
            lab.sync()
    for desk in [lab, *desks] * 4:
        desk.line.loss = 0
        desk.sync()
    expected = dump(world.centre.store, desks[0].tables)
    for desk in desks:
        assert dump(desk.store, desk.tables) == expected
        assert desk.exchange.counts().waiting == 0
    assert dump(lab.store, lab.tables) == dump(world.centre.store, lab.tables)
    assert not at_centre(world, lambda c: Vectors(c).lacking()) and whole(world)
    assert not at_centre(world, epochs.awaited)
    world.close()


def offered(world: World, by: WorldDesk, *entries: ChangeSet) -> Offered:
    """This workstation offers these change sets."""
    return take_back(world.centre, by.line._device, Offer([Entry(n, one, None) for n, one in enumerate(entries, 1)]))


def test_nobody_gives_back_what_was_never_written_and_without_a_restore_only_what_is_its_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = (enrolled(world, world.desk(clerk)) for _ in range(2))
    first.do(register)
    first.sync()
    copy = world.copy("yesterday.db")
    for _each in range(3):
        first.do(register)
    with first.store.reading() as connection:
        one, two, three = outbox.unsent(connection, 1, 1, 9)
    offered(world, second, one)
    assert at_centre(world, lambda c: Vectors(c).chain(1).number) == 1, "no restore: nobody brings another's work"
    world.put_back(copy, 70)
    assert offered(world, second, two).again, "there is a hole before it"
    signed_by_nobody = msgspec.structs.replace(one, signature=bytes(64))
    unknown = msgspec.structs.replace(one, author=900)
    for odd in (signed_by_nobody, unknown):
        offered(world, second, odd)
    by_server = msgspec.structs.replace(one, details=encode_details(Details(b"s" * 16, "test.write", 1)))
    offered(world, second, by_server)
    assert at_centre(world, lambda c: Vectors(c).chain(1).number) == 1
    (told,) = at_centre(world, epochs.given).values()
    assert (told.unsigned, told.unjoined, told.others, told.done) == (2, 2, 0, False)
    offered(world, second, one, msgspec.structs.replace(two, leaves=[leaf_hash(leaf) for leaf in two.leaves]), three)
    assert at_centre(world, lambda c: Vectors(c).chain(1).number) == 4 and at_centre(world, taking_back.lacking) == [
        (1, 3)
    ]
    first.sync()
    assert not at_centre(world, taking_back.lacking) and whole(world)
    assert dump(world.centre.store, first.tables) == dump(first.store, first.tables)
    world.close()

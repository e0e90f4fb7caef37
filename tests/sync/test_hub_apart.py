# SPDX-License-Identifier: Apache-2.0
"""A hub cut off, behind, put back or not to be trusted: nothing is lost, and nothing believed that it made up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register as add_patient
from hms_desktop.core.clock import AUTHOR_BITS
from hms_desktop.core.errors import Damaged, NotAllowed, NotFound, Refused, Unavailable
from hms_desktop.security.accounts import Account, Device, SiteSetting
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.change_sets import SCHEMA, ChangeSet, Gap, change_set_root, decode_details, encode_details
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync import hubs, outbox, pull
from hms_desktop.sync.facts import Refusal
from hms_desktop.sync.protocol import VERSION, Entry, Hello, Pull, Pulled
from hms_desktop.sync.relaying import Relay
from hms_desktop.sync.vectors import chain_end
from sync_server.granting import change_kind
from sync_server.sync_api.centre import DeviceFacts
from tests.sync.hubs import HubWorld
from tests.sync.world import WorldDesk, dump
from tests.sync.writes import register, renamed


@pytest.fixture
def world(tmp_path: Path) -> HubWorld:
    return HubWorld(tmp_path)


def sees(desk: WorldDesk, patient: UUID) -> str | None:
    try:
        return str(desk.ask(lambda r: r.get(Patient, patient).family))
    except NotFound:
        return None


def at_hub(world: HubWorld, *desks: WorldDesk) -> None:
    for desk in desks:
        desk.line.to = world.hub
        desk.sync()


def at_centre(world: HubWorld, *desks: WorldDesk) -> None:
    for desk in desks:
        desk.line.to = None
        desk.sync()


def all_equal(world: HubWorld, *desks: WorldDesk) -> None:
    world.follow()
    at_centre(world, *desks, *desks)
    world.follow()
    expected = dump(world.centre.store, desks[0].tables)
    assert dump(world.hub.store, desks[0].tables) == expected
    for desk in desks:
        assert dump(desk.store, desk.tables) == expected
        assert desk.exchange.counts().waiting == 0


def test_a_hub_keeps_back_what_only_the_centre_can_judge_and_the_rest_flows(world: HubWorld) -> None:
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    joiner = world.person("lerato", "receptionist")  # the hub has not heard of her
    at_centre(world, a)
    hers, other = a.do(register, joiner), a.do(partial(register, family="Mokoena"))
    a.do(renamed(hers, "Hers"))
    forged = replace(stranger, person=replace(stranger.person, permissions=clerk.person.permissions))
    bad = a.do(register, forged)
    at_hub(world, a, b)
    assert (sees(b, hers), sees(b, bad), sees(b, other)) == (None, None, "Mokoena")
    assert (a.exchange.counts().waiting, a.exchange.counts().at_hub) == (4, 4)
    assert not a.exchange.counts().held_back  # nobody but the centre refuses
    world.follow()
    at_hub(world, b, a)
    assert (sees(b, hers), sees(b, bad)) == ("Hers", None)
    assert [one.reason for one in a.exchange.counts().held_back]
    all_equal(world, a, b)
    assert sees(a, bad) is None


@pytest.mark.proof
def test_work_after_the_block_that_a_hub_had_not_heard_of_stands_in_quarantine(world: HubWorld) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    before = a.do(register)
    for clock in (world.clock, a.clock, b.clock):
        clock.ms += 60_000
    world.centre.store.act(partial(_block, a.store.station.device), world.centre.worker)
    a.clock.ms += 60_000
    after = a.do(partial(register, family="After"))
    at_hub(world, a, b)
    assert (sees(b, before), sees(b, after)) == ("Okonkwo", "After")
    world.follow()
    at_hub(world, b)
    assert (sees(b, before), sees(b, after)) == ("Okonkwo", None)
    refused = world.centre.store.read(lambda r: r.one(select(Refusal.__table__)), world.centre.worker)
    assert (refused.author, refused.check) == (a.store.station.author, "device")


def _block(device: UUID, unit: Unit) -> None:
    unit.action = "server.device"
    unit.change(Device, device, status="blocked")


def test_a_hub_lends_what_it_was_lent_and_no_more(world: HubWorld) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    slot, other = uuid4(), uuid4()
    world.upstream.borrow([("slot", slot, Decimal(1))])
    world.follow()
    assert a.exchange.ask_leases([("slot", slot, Decimal(1))]) == [Decimal(0)]  # the centre has lent it to the hub
    at_hub(world, a, b)
    assert a.exchange.ask_leases([("slot", slot, Decimal(1)), ("slot", other, Decimal(1))]) == [Decimal(1), Decimal(0)]
    assert b.exchange.ask_leases([("slot", slot, Decimal(1))]) == [Decimal(0)]
    at_hub(world, a)
    assert a.ask(lambda r: _left(r, slot)) == Decimal(1)
    world.follow()
    at_centre(world, b)
    assert b.exchange.ask_leases([("slot", slot, Decimal(1))]) == [Decimal(0)]
    all_equal(world, a, b)


def _left(reader: Reader, slot: UUID) -> Decimal:
    mine = select(Lease.amount).where(Lease.device == reader.station.device, Lease.subject == slot)
    return sum((row.amount for row in reader.rows(mine)), Decimal(0))


@pytest.mark.parametrize("forged", ["setting", pytest.param("loan", marks=pytest.mark.proof)])
def test_what_a_hub_may_not_write_is_believed_by_nobody(world: HubWorld, forged: str) -> None:
    clerk = world.person("thabo", "receptionist")
    a = world.station(clerk)
    world.follow()
    world.hub.store.act(_setting if forged == "setting" else partial(_loan, a.store.station.device), world.hub.worker)
    a.line.to = world.hub
    if forged == "setting":
        with pytest.raises(Damaged, match="may not write it"):
            a.exchange.catch_up()
    world.follow()
    check = world.centre.store.read(lambda r: r.one(select(Refusal.check)), world.centre.worker).check
    assert check == {"setting": "server-owned", "loan": "lease"}[forged]
    at_centre(world, a)
    assert not a.ask(lambda r: r.rows(select(SiteSetting.id)))


def _setting(unit: Unit) -> None:
    unit.action = "sync.follow_up"
    unit.add(SiteSetting, site="", key="idle", value=999)


def _loan(device: UUID, unit: Unit) -> None:
    unit.action = "sync.lend"
    unit.add(Lease, kind="slot", subject=uuid4(), device=device, amount=Decimal(5), until=unit.now)


@pytest.mark.proof
def test_a_hub_put_back_from_a_copy_is_brought_up_again_by_those_who_come(world: HubWorld, tmp_path: Path) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    world.hub.store.close()
    shutil.copy(world.hub_path, tmp_path / "copy.db")
    world.open_hub(world.hub_path, world.hub_file_key)
    lost = a.do(register)
    at_hub(world, a, b)
    world.hub.store.close()
    world.open_hub(tmp_path / "copy.db", world.hub_file_key)
    at_hub(world, b)
    b.do(renamed(lost, "Renamed"))
    at_hub(world, b, a, b)
    assert sees(a, lost) == "Renamed"
    all_equal(world, a, b)


def test_a_hub_that_wrote_itself_and_was_put_back_is_turned_away(world: HubWorld, tmp_path: Path) -> None:
    world.person("thabo", "receptionist")
    world.follow()
    world.hub.store.close()
    shutil.copy(world.hub_path, tmp_path / "copy.db")
    world.open_hub(world.hub_path, world.hub_file_key)
    world.upstream.borrow([("slot", slot := uuid4(), Decimal(1))])
    world.follow()
    world.hub.store.act(lambda unit: _spend(unit, slot), world.hub.worker)
    world.follow()
    world.hub.store.close()
    world.open_hub(tmp_path / "copy.db", world.hub_file_key)
    with pytest.raises(Refused, match="put back from a copy"):
        world.upstream.greet()


def _spend(unit: Unit, slot: UUID) -> None:
    unit.action = "clinic.give_back"
    assert unit.spend("slot", slot, Decimal(1), uuid4())


def test_a_fill_by_the_centre_keeps_what_came_by_the_hub_alone(world: HubWorld) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    known = a.do(register)
    at_centre(world, a, b)
    new = a.do(partial(register, family="New"))
    a.do(renamed(known, "Once"))
    at_hub(world, a, b)
    b.do(renamed(known, "Twice"))
    assert hubs.are_ahead(b.store)
    with b.store.writing() as connection:
        set_meta(connection, "refill", ["patient"])
    at_centre(world, b)
    assert (sees(b, known), sees(b, new)) == ("Twice", "New")
    all_equal(world, a, b)
    assert not hubs.are_ahead(b.store)
    assert hubs.addresses(b.store) == []


def test_a_hub_that_is_behind_takes_nobody_in_who_would_miss_something(world: HubWorld) -> None:
    clerk = world.person("thabo", "receptionist")
    a = world.station(clerk)
    a.line.to = world.hub
    with pytest.raises(Unavailable, match="still fetching"):
        a.exchange.catch_up()
    world.follow()
    with a.store.writing() as connection:
        set_meta(connection, "own_site", ["stock_move"])
    with pytest.raises(Unavailable, match="has not heard yet"):
        a.exchange.catch_up()
    assert world.hub.store.read(lambda r: r.find(Account, clerk.person.id), world.hub.worker)


def unsent_of(desk: WorldDesk) -> list[ChangeSet]:
    with desk.store.reading() as connection:
        return outbox.unsent(connection, desk.store.station.author, outbox.sent(connection), 10)


@pytest.mark.parametrize("how", ["another signature", "invented", "as the hub itself", "too large"])
def test_what_a_hub_spoils_or_invents_takes_no_place_in_a_workstations_chain(world: HubWorld, how: str) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    patient = a.do(register)
    (true,) = unsent_of(a)
    spoilt = {
        "another signature": msgspec.structs.replace(true, signature=bytes(64)),
        "invented": msgspec.structs.replace(
            true, leaves=true.leaves[:1], stamp=true.stamp + (1 << AUTHOR_BITS), signature=bytes(64)
        ),
        "as the hub itself": as_the_hub(world, true),
        "too large": msgspec.structs.replace(true, leaves=true.leaves * 2001, signature=bytes(64)),
    }[how]
    told = world.centre.relay(world.hub_facts, Relay([spoilt]))
    assert [verdict.state for _author, verdict in told.verdicts] == ["stopped"]
    at_centre(world, a, b)
    assert (sees(b, patient), a.exchange.counts().held_back) == ("Okonkwo", [])
    all_equal(world, a, b)


def as_the_hub(world: HubWorld, true: ChangeSet) -> ChangeSet:
    """A change set of a workstation's author that names the hub, and that the hub signed."""
    details = encode_details(msgspec.structs.replace(decode_details(true.details), person=world.hub_facts.id.bytes))
    mine = msgspec.structs.replace(true, details=details)
    return msgspec.structs.replace(mine, signature=world.hub.worker.sign(change_set_root(mine)))


def test_a_hub_that_says_to_be_the_centre_or_was_put_out_of_use_is_not_followed(world: HubWorld) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    at_centre(world, a)
    centre = a.exchange.welcome
    assert centre is not None
    with a.store.reading() as connection:
        before = pull.cursors(connection, UUID(bytes=centre.server))
    new = b.do(register)
    at_centre(world, b)
    hub = msgspec.structs.replace(world.hub.hello(a.line._device, hello_of(a), "s"), server=centre.server)
    with pytest.raises(NotAllowed, match="no hub of this clinic"):
        a.exchange.hear(hub)
    with a.store.reading() as connection:
        assert pull.cursors(connection, UUID(bytes=centre.server)) == before
    at_centre(world, a)
    assert sees(a, new) == "Okonkwo"
    world.centre.store.act(partial(_block, world.hub_facts.id), world.centre.worker)
    at_centre(world, a)
    a.line.to = world.hub
    with pytest.raises(NotAllowed, match="put out of use"):
        a.exchange.catch_up()


def hello_of(desk: WorldDesk) -> Hello:
    return Hello(VERSION, SCHEMA, bytes(16), 0, "", desk.clock.ms)


def test_what_a_hub_says_of_a_gap_keeps_no_workstation_from_being_compared(world: HubWorld) -> None:
    a = world.station(world.person("thabo", "receptionist"))
    world.follow()
    invented = Gap(a.store.station.author + 1, 10**12, 1, bytes(32), bytes(32), bytes(64))
    with a.store.writing() as connection:
        hubs.note_road(connection, Pulled([Entry(1, None, invented)], 1, 0), by_hub=True)
    assert not hubs.are_ahead(a.store)


@pytest.mark.parametrize(("ahead", "held"), [(1, False), (1, True), (2, False)])
def test_a_gap_that_a_hub_invents_goes_when_the_centre_says_otherwise(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch, ahead: int, held: bool
) -> None:
    clerk = world.person("thabo", "receptionist")
    a, b = world.station(clerk), world.station(clerk)
    world.follow()
    first = a.do(register)
    at_centre(world, a, b)
    author, true = a.store.station.author, world.hub.pull

    def lies(device: DeviceFacts, wanted: Pull) -> Pulled:
        page = true(device, wanted)
        with b.store.reading() as connection:
            end = chain_end(connection, author)
        stamp = end.stamp + (ahead << AUTHOR_BITS)
        gap = Gap(author, end.number + ahead, stamp, end.root, bytes(32), bytes(64))
        return Pulled([*page.entries, Entry(page.position + 1, None, gap, held)], page.position + 1, 0)

    monkeypatch.setattr(world.hub, "pull", lies)
    at_hub(world, b)
    monkeypatch.undo()
    a.do(renamed(first, "Renamed"))
    second = a.do(partial(register, family="Second"))
    at_centre(world, a, b)
    assert (sees(b, first), sees(b, second)) == ("Renamed", "Second")
    all_equal(world, a, b)
    with b.store.reading() as connection:
        assert not [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]


def test_what_its_author_may_hold_no_more_comes_to_the_hub_whole_by_the_centre(world: HubWorld) -> None:
    a = world.station(world.person("thabo", "receptionist"))
    world.follow()
    a.do(
        partial(add_patient, written=Registration(family="Nel", sex="female", born="1980-02-03", phone="+27821234567"))
    )
    at_centre(world, a)
    change_kind(SimpleNamespace(store=world.centre.store, worker=world.centre.worker), a.store.station.device, "lab")  # type: ignore[arg-type]
    a.line._device = replace(a.line._device, kind="lab")
    at_centre(world, a)
    assert "patient_contact" not in a.exchange.granted
    at_hub(world, a)
    world.follow()
    everything = frozenset(REGISTRY)
    assert dump(world.hub.store, everything) == dump(world.centre.store, everything)

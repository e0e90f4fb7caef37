# SPDX-License-Identifier: Apache-2.0
"""Erasing tables from a replica: rows, words in the search index, drafts and leaves; chains stay whole."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import text

from hms_desktop.clinic import reactions
from hms_desktop.clinic.patients import queries_search, service
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.core.errors import Unavailable
from hms_desktop.security.stations import grants
from hms_desktop.storage.chain import verify_chains
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync import erase
from sync_server import granting
from sync_server.sync_api.centre import DeviceFacts
from tests.sync.world import World, WorldDesk

FAMILY = "Quillfeather"
PAGE, RESERVED, SALT = 4096, 80, 16


@pytest.fixture
def world(tmp_path: Path) -> Any:
    made = World(tmp_path)
    yield made
    made.close()


def plain_pages(desk: WorldDesk) -> bytes:
    """The file's pages as its key opens them, once the journal is written into it."""
    assert desk.store.forget_deleted()
    raw, found = desk.path.read_bytes(), []
    for at in range(0, len(raw), PAGE):
        page = raw[at : at + PAGE]
        body = Cipher(algorithms.AES(desk.key), modes.CBC(page[-RESERVED : -RESERVED + 16])).decryptor()
        found.append(body.update(page[SALT if at == 0 else 0 : -RESERVED]))
    return b"".join(found)


def registered(desk: WorldDesk) -> Any:
    return desk.do(partial(service.register, written=Registration(family=FAMILY, sex="female", born="1979-03-14")))


def becomes(world: World, desk: WorldDesk, kind: str) -> None:
    """The server says that this workstation is another kind now."""
    station, facts = desk.store.station, desk.line._device
    lost = grants(facts.kind).read - grants(kind).read
    until = granting._with_lost({}, station.device.hex, lost, world.clock.ms)
    with world.centre.store.writing() as connection:
        granting.set_meta(connection, granting._UNTIL, until)
        was = {station.device.hex: {facts.kind: world.clock.ms}}
        granting.set_meta(connection, granting._WAS, was)
    desk.line._device = DeviceFacts(station.device, facts.author, kind, facts.signing_public, site=facts.site)


def test_nothing_of_an_erased_table_is_left_in_the_file(world: World) -> None:
    desk = world.desk(world.person("zanele", "receptionist", "manager"))
    registered(desk)
    desk.store.drafts.save(desk.acting.person.id, "register:7", {"family": FAMILY})
    desk.store.drafts.save(desk.acting.person.id, "vitals:07", {"pulse": "70"})
    desk.sync()
    before = plain_pages(desk)
    assert FAMILY.encode() in before and FAMILY.lower().encode() in before, "the row, and its words in the index"
    tables = frozenset(name for name, table in REGISTRY.items() if table.module == "patients")
    with desk.store.writing() as connection:
        counted = erase.erase(connection, tables, 7)
        assert erase.erased_last(connection)["rows"]["patient"] == counted["patient"] == 1
    plain = plain_pages(desk)
    assert FAMILY.encode() not in plain and FAMILY.lower().encode() not in plain
    assert not desk.ask(partial(queries_search.search, text=FAMILY)).hits
    assert [draft.key for draft in desk.store.drafts.all(desk.acting.person.id)] == ["vitals:07"]
    with desk.store.reading() as connection:
        assert all(isinstance(found, int) for found in verify_chains(connection)), "hashes keep the chain whole"
        assert connection.execute(text("SELECT count(*) FROM own_log_touch")).scalar() == 0
    desk.store.close()


def test_nothing_goes_while_something_can_not_be_sent(world: World) -> None:
    desk = world.desk(world.person("zanele", "receptionist", "manager"))
    desk.sync()
    patient = registered(desk)
    becomes(world, desk, "lab")
    desk.line.up = False
    desk.exchange.greet = lambda: None  # type: ignore[method-assign,return-value,assignment]
    with pytest.raises(Unavailable):
        desk.exchange.catch_up()
    assert desk.ask(lambda reader: reader.match("SELECT count(*) AS n FROM timeline_entry"))[0].n == 0
    assert desk.ask(partial(queries_search.search, text=FAMILY)).hits[0].patient == patient
    del desk.exchange.greet
    desk.line.up = True
    desk.sync()
    assert desk.exchange.granted == grants("lab").read
    assert not desk.exchange.counts().held_back, "done before the grant was taken"
    assert not desk.exchange.moved()
    desk.store.close()


def test_what_was_done_before_the_first_fill_goes_when_the_grant_is_another_by_then(tmp_path: Path) -> None:
    """What it may not hold goes; what it only appends stays, and what that points at comes without a gap."""
    world = World(tmp_path, react=reactions.react)
    desk = world.desk(world.person("zanele", "receptionist", "manager"), filled=False)
    written = Registration(family=FAMILY, sex="female", born="1979-03-14", phone="+27821234567")
    patient = desk.do(partial(service.register, written=written))
    world.clock.ms += 1_000
    becomes(world, desk, "lab")
    desk.sync()
    assert desk.exchange.granted == grants("lab").read
    assert desk.ask(lambda reader: reader.get(Patient, patient)).family == FAMILY
    with desk.store.reading() as connection:
        assert erase.erased_last(connection)["rows"] == {"patient_contact": 1}
        (entry,) = connection.execute(text("SELECT patient FROM timeline_entry")).all()
    assert bytes(entry.patient) == patient.bytes
    desk.store.close()
    world.close()


def test_who_worked_before_the_first_fill_gets_rows_that_point_at_rows_replaced_at_its_end(tmp_path: Path) -> None:
    """The timeline, only appended to, points at a patient: all patients come at the end, with what is about them."""
    world = World(tmp_path, react=reactions.react)
    clerk = world.person("zanele", "receptionist")
    first = world.desk(clerk)
    patient = registered(first)
    first.do(partial(service.give_task, title="Call back", role="nurse", patient=patient))
    first.sync()
    early = world.desk(clerk, "lab", filled=False)
    registered(early)
    early.sync()
    assert early.exchange.granted == grants("lab").read
    tasks = early.ask(lambda reader: reader.match("SELECT patient FROM task"))
    assert [task.patient for task in tasks] == [patient.bytes]
    assert early.ask(lambda reader: reader.get(Patient, patient)).family == FAMILY
    early.store.close()
    first.store.close()
    world.close()


def test_of_what_was_refused_before_the_first_fill_nothing_stays_in_tables_that_are_only_appended_to(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, react=reactions.react)
    clerk, stranger = world.person("zanele", "receptionist"), world.person("mallory", "administrator")
    forged = replace(stranger, person=replace(stranger.person, permissions=clerk.person.permissions))
    desk = world.desk(clerk, "lab", filled=False)
    written = Registration(family=FAMILY, sex="female", born="1979-03-14")
    desk.do(partial(service.register, written=written), forged)
    desk.sync()
    assert desk.exchange.granted == grants("lab").read
    assert [held.number for held in desk.exchange.counts().held_back] == [1]
    with desk.store.reading() as connection:
        assert not connection.execute(text("SELECT patient FROM timeline_entry")).all()
    desk.store.close()
    world.close()


def test_a_file_that_takes_a_grant_away_counts_from_when_that_was_seen(world: World) -> None:
    with world.centre.store.writing() as connection:
        seen = granting.meta_value(connection, granting._SEEN)
        seen["lab"] = sorted({*seen["lab"], "invoice"})
        granting.set_meta(connection, granting._SEEN, seen)
        granting.note_kinds(connection, 5)
        granting.note_kinds(connection, 9)
        device = world.centre.store.station.device
        assert granting.granted_until(connection, device, "lab") == {"invoice": 5}
        assert granting.granted_until(connection, device, "pharmacy") == {}

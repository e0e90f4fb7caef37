# SPDX-License-Identifier: Apache-2.0
"""What the centre refuses: named, kept, taken out everywhere, and the rest flows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.patients.model import Patient, PatientContact
from hms_desktop.core.errors import BadInput
from hms_desktop.core.ids import rule_id
from hms_desktop.storage.change_sets import ChangeSet
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync import outbox
from hms_desktop.sync.facts import RefusalSettled
from hms_desktop.sync.protocol import Push
from hms_desktop.sync.quarantine import note_done_again, put_away
from hms_desktop.sync.report import HeldSet, held_sets
from sync_server.sync_api import snapshots
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import phoned, register, renamed


def family(desk: WorldDesk, patient: UUID) -> str:
    return str(desk.ask(lambda r: r.get(Patient, patient).family))


def test_a_refused_change_of_a_row_that_came_by_snapshot_brings_the_table_anew(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    first = world.desk(clerk)
    patient = first.do(register)
    first.do(phoned(patient))
    first.sync()
    late = world.desk(clerk)
    before = family(late, patient)
    late.do(renamed(patient, "Refused"), stranger)
    late.sync()
    late.sync()
    assert family(late, patient) == before
    assert dump(late.store, late.tables) == dump(world.centre.store, late.tables)
    assert [held.number for held in late.exchange.counts().held_back] == [1]


def test_what_was_made_by_a_refused_change_falls_with_it_in_a_later_push_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    desk = world.desk(clerk)
    patient = desk.do(register, stranger)
    desk.exchange.push()
    desk.do(phoned(patient))
    other = desk.do(register)
    desk.sync()
    held = desk.exchange.counts().held_back
    assert [one.number for one in held] == [1, 2] and "held back" in held[1].reason
    assert family(desk, other), "the rest flows"
    assert desk.ask(lambda r: r.find(Patient, patient)) is None
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)


def test_what_names_a_refused_record_of_another_module_falls_with_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    desk = world.desk(clerk)
    patient = desk.do(register, stranger)

    def book(unit: Unit) -> UUID:
        unit.action = "test.write"
        return unit.add(Appointment, patient=patient, service="Dental", starts=unit.now, minutes=15, firm=True,
                        status="booked")  # fmt: skip

    booked = desk.do(book)
    desk.sync()
    assert [one.number for one in desk.exchange.counts().held_back] == [1, 2]
    assert desk.ask(lambda r: r.find(Appointment, booked)) is None
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)


def test_a_row_by_rule_that_was_refused_is_taken_when_it_is_made_anew(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    desk = world.desk(clerk)
    source, pointing = rule_id(UUID(int=4), "chart"), rule_id(UUID(int=4), "contact")

    def make(unit: Unit) -> None:
        register(unit, id=source)
        phoned(source, pointing)(unit)

    desk.do(make, stranger)
    desk.sync()
    assert desk.ask(lambda r: r.find(Patient, source)) is None
    desk.do(make)
    desk.sync()
    assert [one.number for one in desk.exchange.counts().held_back] == [1]
    assert family(desk, source) == "Okonkwo"
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)


def test_an_unknown_action_is_named(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    desk = world.desk(clerk)
    patient = desk.do(register)
    desk.do(renamed(patient, "Odd", "nobody.declared_this"))
    desk.sync()
    held = desk.exchange.counts().held_back
    assert len(held) == 1 and "nobody.declared_this" in held[0].reason


@pytest.mark.parametrize("part", ["leaf", "details", "signature"])
def test_bytes_that_are_nothing_are_refused_by_name_and_stop_nobody(tmp_path: Path, part: str) -> None:
    world = World(tmp_path)
    desk = world.desk(world.person("thabo", "receptionist"))
    desk.do(register)
    with desk.store.reading() as connection:
        (good,) = outbox.unsent(connection, desk.store.station.author, outbox.sent(connection), 10)
    bad = _spoilt(good, part)
    answer = world.centre.push(desk.line._device, Push([bad]))
    assert [verdict.state for verdict in answer.verdicts] == ["refused"]
    assert answer.acknowledged == 1
    with world.centre.store.reading() as connection:
        assert connection.execute(select(Patient.id)).all() == []


def _spoilt(good: ChangeSet, part: str) -> ChangeSet:
    if part == "leaf":
        return msgspec.structs.replace(good, leaves=[b"\xff" * 40])
    if part == "details":
        return msgspec.structs.replace(good, details=b"\xff" * 40)
    return msgspec.structs.replace(good, signature=bytes(64))


def test_a_decision_over_refused_work_is_known_at_every_desk_and_outlives_the_computer(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    desk = world.desk(clerk)
    first, second = desk.do(register), desk.do(register)
    desk.sync()
    for patient in (first, second):
        desk.do(renamed(patient, "Refused"), stranger)
    desk.sync()
    author, person = desk.store.station.author, stranger.person.id
    other = world.desk(stranger)
    assert [held.number for held in held(other, person)] == [3, 4]
    assert all(one.station and not one.gone and not one.records for one in held(other, person))
    assert held(other, clerk.person.id) == [], "only whose work it was is asked"
    assert [one.number for one in held(desk, person)] == [3, 4] == [one.number for one in held(desk, clerk.person.id)]
    with pytest.raises(BadInput, match="Say why"):
        other.do(partial(put_away, author=author, number=3, reason=" "))
    other.do(partial(put_away, author=author, number=3, reason="Written to the wrong chart"))
    desk.do(partial(note_done_again, author=author, number=4), stranger)
    other.sync()
    desk.sync()
    other.sync()
    assert held(desk, person) == held(other, person) == []
    assert desk.exchange.counts().held_back == []
    desk.do(partial(put_away, author=author, number=4, reason="Too late"), stranger)
    for place in (desk, other, world.desk(stranger)):
        decided = place.ask(lambda r: r.rows(select(RefusalSettled.__table__).order_by(RefusalSettled.number)))
        assert [(row.number, row.choice, row.reason, row.by) for row in decided] == [
            (3, "put-away", "Written to the wrong chart", person),
            (4, "done-again", None, person),
        ], "the first decision stands, and a new computer has it too"


def held(desk: WorldDesk, person: UUID) -> list[HeldSet]:
    with desk.store.reading() as connection:
        return held_sets(connection, desk.store.station.author, person)


def test_what_a_refused_change_made_and_a_later_one_changed_goes_whole(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    desk = world.desk(clerk)

    def taken_in(unit: Unit) -> UUID:
        return phoned(register(unit))(unit)

    number = desk.do(taken_in, stranger)
    desk.do(lambda unit: corrected(unit, number))
    desk.sync()
    assert [held.number for held in desk.exchange.counts().held_back] == [1, 2]
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)


def corrected(unit: Unit, number: UUID) -> None:
    unit.action = "test.write"
    unit.change(PatientContact, number, value="+27829876543")


def test_who_was_refused_before_a_fill_is_told_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "FRESH_CHANGES", 0)
    world = World(tmp_path)
    clerk, stranger = world.person("thabo", "receptionist"), world.person("mallory", "administrator")
    desk = world.desk(clerk)
    desk.do(register, stranger)
    desk.exchange.push()
    with desk.store.writing() as connection:
        set_meta(connection, "refill", sorted(desk.tables))
    desk.sync()
    assert [held.number for held in desk.exchange.counts().held_back] == [1]
    assert dump(desk.store, desk.tables) == dump(world.centre.store, desk.tables)

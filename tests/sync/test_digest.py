# SPDX-License-Identifier: Apache-2.0
"""A replica that differs from the server is found out record by record and mended from the log, and nothing else is.

What is on its way, and what this workstation has not sent, is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from hms_desktop.clinic.patients.model import Patient, PatientContact
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage import rows
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync import digest, digest_compare
from hms_desktop.sync.digest_compare import Comparison
from hms_desktop.sync.digest_wire import DIFFERS, FETCHED, LACKING, LEFT, MENDED, SURPLUS
from hms_desktop.sync.upkeep import look_after
from sync_server.sync_api import digests
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import at_random, phoned, register, renamed


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A centre and its clock; every test leaves the workstations as the centre has it."""
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def desks(world: World) -> tuple[WorldDesk, WorldDesk]:
    """Two filled workstations with some history between them, both in step."""
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk)
    for seed in range(12):
        (first, second)[seed % 2].do(at_random(seed))
    for _patient in range(4):
        first.do(register)
    meet(first, second)
    return first, second


def meet(first: WorldDesk, second: WorldDesk) -> None:
    """Both have what either did."""
    for desk in (first, second, first):
        desk.sync()


def spoil(desk: WorldDesk, sql: str, **values: Any) -> None:
    """A write past the one write path, as a disk or another program would do it."""
    with desk.store.writing() as connection, rows.gate_open(connection):
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        assert connection.execute(text(sql), values).rowcount


def compare(desk: WorldDesk) -> Comparison:
    """What a comparison finds and does."""
    return look_after(desk.exchange)[0]


def all_of(world: World, desk: WorldDesk) -> tuple[Any, Any]:
    """What the desk holds, and what the centre has of it."""
    return dump(desk.store, desk.tables), dump(world.centre.store, desk.tables)


def found(comparison: Comparison) -> dict[tuple[str, bytes], tuple[str, str]]:
    """The differences by record."""
    return {(one.table, one.record): (one.kind, one.then) for one in comparison.differences}


def test_an_equal_replica_is_told_so_in_one_short_question(world: World, desks: tuple[WorldDesk, WorldDesk]) -> None:
    _first, second = desks
    before = second.line.bytes
    comparison = compare(second)
    assert comparison.equal and not comparison.differences and comparison.rows > 10
    told = second.line.compared[-1]
    assert (told.rows, told.differences) == (comparison.rows, [])
    assert second.line.bytes - before < 100 * comparison.tables


def test_each_kind_of_spoilt_row_is_named_mended_and_told(
    world: World, desks: tuple[WorldDesk, WorldDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "CUTS", 3)  # a short table is narrowed down like a long one
    first, second = desks
    patients = [row.id for row in second.ask(lambda r: r.rows(select(Patient.id).order_by(Patient.id)))]
    contact = first.do(phoned(patients[0]))
    alone = first.do(register)
    first.sync()
    second.sync()
    kept = dump(second.store, second.tables)
    stray = UUID(int=5)
    spoil(second, "UPDATE patient SET family = 'Other' WHERE id = :id", id=patients[1].bytes)
    spoil(second, "UPDATE patient SET g_name = k + 1 WHERE id = :id", id=patients[2].bytes)
    spoil(second, "DELETE FROM patient WHERE id = :id", id=alone.bytes)
    spoil(second, "DELETE FROM patient_contact WHERE id = :id", id=contact.bytes)
    copied = ", ".join(f'"{name}"' for name in ("k", *Patient.spec.kinds) if name != "mrn")
    spoil(
        second, f"INSERT INTO patient (id, mrn, {copied}) SELECT :id, 'X', {copied} FROM patient WHERE id = :of",
        id=stray.bytes, of=patients[3].bytes,
    )  # fmt: skip
    comparison = compare(second)
    assert found(comparison) == {
        ("patient", patients[1].bytes): (DIFFERS, MENDED),
        ("patient", patients[2].bytes): (DIFFERS, MENDED),
        ("patient", alone.bytes): (LACKING, MENDED),
        ("patient_contact", contact.bytes): (LACKING, MENDED),
        ("patient", stray.bytes): (SURPLUS, MENDED),
    }
    assert comparison.equal and second.line.compared[-1].differences == list(comparison.differences)
    assert dump(second.store, second.tables) == kept == dump(world.centre.store, second.tables)
    assert not compare(second).differences
    assert second.ask(lambda reader: reader.get(Patient, patients[1]).family) != "Other"


def test_standing_heads_are_compared_and_mended(world: World, desks: tuple[WorldDesk, WorldDesk]) -> None:
    first, second = desks
    patient = first.do(register)
    first.sync()
    second.sync()
    first.do(renamed(patient, "Naidoo"))
    second.do(renamed(patient, "Nel"))
    meet(first, second)
    kept = dump(second.store, second.tables)
    assert any(row[1] == patient.bytes for row in kept["heads"])
    spoil(second, "DELETE FROM own_standing_head WHERE record = :id", id=patient.bytes)
    assert found(compare(second)) == {("patient", patient.bytes): (DIFFERS, MENDED)}
    assert dump(second.store, second.tables) == kept


def test_what_waits_here_or_is_on_its_way_is_no_difference(world: World, desks: tuple[WorldDesk, WorldDesk]) -> None:
    first, second = desks
    patient = first.do(register)
    first.sync()
    second.sync()
    second.do(renamed(patient, "Nel"))
    second.do(register)
    first.do(phoned(patient))
    first.do(register)
    first.sync()
    assert not compare(second).differences, "neither the unsent work nor what it has not fetched"
    second.sync()
    first.sync()
    assert not compare(second).differences and not compare(first).differences
    assert all_of(world, second)[0] == all_of(world, second)[1]


def test_a_spoilt_record_with_unsent_work_keeps_the_work(world: World, desks: tuple[WorldDesk, WorldDesk]) -> None:
    first, second = desks
    patient = first.do(register)
    first.sync()
    second.sync()
    spoil(second, "UPDATE patient SET family = 'Other' WHERE id = :id", id=patient.bytes)
    second.do(phoned(patient))
    assert found(compare(second)) == {("patient", patient.bytes): (DIFFERS, MENDED)}
    second.do(renamed(patient, "Nel"))
    spoil(second, "UPDATE patient SET sex = 'other' WHERE id = :id", id=patient.bytes)
    assert not compare(second).differences, "it is looked at once its work is sent"
    second.sync()
    assert found(compare(second)) == {("patient", patient.bytes): (DIFFERS, MENDED)}
    assert all_of(world, second)[0] == all_of(world, second)[1]


def test_what_only_this_log_knows_is_never_taken_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk)
    patient, changed = second.do(register), first.do(register)
    meet(first, second)
    second.do(renamed(changed, "Nel"))
    second.sync()
    with world.centre.store.writing() as connection, rows.gate_open(connection):  # as if it had been put back
        for id in (patient.bytes, changed.bytes):
            connection.execute(text("DELETE FROM own_log_touch WHERE record = :id"), {"id": id})
        connection.execute(text("DELETE FROM patient WHERE id = :id"), {"id": patient.bytes})
        connection.execute(text("UPDATE patient SET family = 'Older' WHERE id = :id"), {"id": changed.bytes})
    kept = dump(second.store, second.tables)
    comparison = compare(second)
    assert found(comparison) == {
        ("patient", patient.bytes): (SURPLUS, LEFT),
        ("patient", changed.bytes): (DIFFERS, LEFT),
    }
    assert not comparison.equal and dump(second.store, second.tables) == kept
    world.close()


def test_what_the_log_cannot_mend_comes_anew_with_its_table(world: World, desks: tuple[WorldDesk, WorldDesk]) -> None:
    first, second = desks
    patient = first.do(register)
    contact = first.do(phoned(patient))
    first.sync()
    second.sync()
    spoil(second, "UPDATE patient_contact SET value = '+1' WHERE id = :id", id=contact.bytes)
    with world.centre.store.writing() as connection:  # its leaves are put away, as those of old access events are
        connection.execute(
            text(
                "UPDATE own_change_log SET leaves = :none, details = :hashed WHERE pos IN "
                "(SELECT pos FROM own_log_touch WHERE record = :id)"
            ),
            {"id": contact.bytes, "none": b"\x90", "hashed": bytes(32)},
        )
    comparison = compare(second)
    assert found(comparison) == {("patient_contact", contact.bytes): (DIFFERS, FETCHED)}
    with second.store.reading() as connection:
        assert meta_value(connection, "refill") == ["patient_contact"]
    second.sync()
    assert second.ask(lambda reader: reader.get(PatientContact, contact).value) == "+27821234567"
    assert all_of(world, second)[0] == all_of(world, second)[1]


def test_where_very_many_differ_the_table_comes_anew(
    world: World, desks: tuple[WorldDesk, WorldDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_compare, "MOST_RECORDS", 3)
    _first, second = desks
    spoil(second, "UPDATE patient SET family = family || ' X'")
    comparison = compare(second)
    assert found(comparison) == {("patient", b""): (DIFFERS, FETCHED)}
    second.sync()
    assert all_of(world, second)[0] == all_of(world, second)[1]


def test_who_is_too_far_behind_follows_first(
    world: World, desks: tuple[WorldDesk, WorldDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST_LEFT_OUT", 2)
    first, second = desks
    for _each in range(4):
        first.do(register)
    first.sync()
    assert not compare(second).differences
    with pytest.raises(Unavailable, match="too much on its way"):
        second.exchange.asker().compare(_stays(first))


def _stays(other: WorldDesk) -> Callable[[int], object]:
    """Nothing is fetched, and another workstation goes on writing."""

    def follow(_place: int) -> None:
        return None

    for _each in range(4):
        other.do(register)
    other.sync()
    return follow

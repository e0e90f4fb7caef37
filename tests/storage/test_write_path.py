# SPDX-License-Identifier: Apache-2.0
"""The one write path refuses what breaks a promise: half rows, facts rewritten, work outside an action, plain files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from hms_desktop.clinic import modules
from hms_desktop.clinic.patients.model import Interaction, Patient, PatientContact
from hms_desktop.core.clock import milliseconds
from hms_desktop.core.errors import ClinicError, Damaged, NotFound, Refused, Unavailable
from hms_desktop.core.ids import rule_id
from hms_desktop.storage import engine
from hms_desktop.storage.leases import Lease, LeaseSpend
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from tests.desk import CLINIC, Desk, person

assert modules.MODULES
CALL: dict[str, Any] = {"kind": "phone", "text": "Asked for the opening hours"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store with somebody at it."""
    made = Desk(tmp_path, person("Zanele", {"patient.register"}))
    yield made
    made.store.close()


def add(unit: Unit, family: str = "Okonkwo", id: UUID | None = None) -> UUID:
    """A patient, within an action."""
    unit.action = "patients.register"
    return unit.add(Patient, id=id, family=family, mrn="MRN-001-00001-5", sex="female", **SURE)


SURE = {"name_known": True, "born_estimated": False, "interpreter": False, "temporary": False, "active": True}


def called(unit: Unit, patient: UUID) -> UUID:
    """A call that was written down: a fact."""
    unit.action = "patients.log_interaction"
    return unit.add(Interaction, patient=patient, at=unit.now, by=unit.person.id, **CALL)


def test_a_row_without_what_it_needs_is_not_made(desk: Desk) -> None:
    with pytest.raises(TypeError, match=r"patient_contact needs .*value"):
        desk.do(lambda unit: unit.add(PatientContact, kind="phone"))
    assert desk.ask(lambda reader: reader.rows(select(PatientContact.id))) == []


def test_the_same_row_by_rule_is_made_once_and_another_is_refused(desk: Desk) -> None:
    id = rule_id(uuid4(), "twice")
    assert desk.do(partial(add, id=id)) == desk.do(partial(add, id=id)) == id
    with pytest.raises(Refused, match="already recorded, and differently"):
        desk.do(partial(add, family="Naidoo", id=id))
    assert desk.ask(lambda reader: reader.get(Patient, id).family) == "Okonkwo"


def test_what_became_of_a_row_by_rule_stays_when_the_rule_runs_again(desk: Desk) -> None:
    id = desk.do(partial(add, id=rule_id(uuid4(), "again")))
    desk.do(partial(renamed, patient=id))
    assert desk.do(partial(add, id=id)) == id
    assert desk.ask(lambda reader: reader.get(Patient, id).family) == "Naidoo"


def renamed(unit: Unit, patient: UUID) -> None:
    """Somebody corrects the name."""
    unit.action = "patients.change_details"
    unit.change(Patient, patient, family="Naidoo")


def test_a_fact_is_never_rewritten(desk: Desk) -> None:
    call = desk.do(lambda unit: called(unit, add(unit)))
    with pytest.raises(TypeError, match="written once"):
        desk.do(lambda unit: unit.change(Interaction, call, text="Something else"))
    assert desk.ask(lambda reader: reader.get(Interaction, call).text) == CALL["text"]


def test_what_is_not_here_can_not_be_read_or_changed(desk: Desk) -> None:
    nobody = uuid4()
    with pytest.raises(NotFound, match=f"patient record {str(nobody)[-12:]}"):
        desk.do(lambda unit: unit.change(Patient, nobody, family="Okonkwo"))
    with pytest.raises(NotFound, match="not on this device"):
        desk.ask(lambda reader: reader.one(select(Patient.id)))
    assert desk.ask(lambda reader: reader.find(Patient, nobody)) is None


def test_work_outside_an_action_leaves_nothing(desk: Desk) -> None:
    def nameless(unit: Unit) -> None:
        add(unit)
        unit.action = ""

    with pytest.raises(ClinicError, match="outside an action"):
        desk.do(nameless)
    assert desk.ask(lambda reader: reader.rows(select(Patient.id))) == []


def test_what_was_made_and_changed_in_one_act_is_one_version(desk: Desk) -> None:
    def both(unit: Unit) -> UUID:
        made = add(unit)
        unit.change(Patient, made, sex="other")
        return made

    patient = desk.do(both)
    (version,) = desk.ask(lambda reader: reader.history(Patient, patient))
    assert (version.values["sex"], version.values["family"]) == ("other", "Okonkwo")
    assert desk.ask(lambda reader: reader.history(Interaction, patient))[0].values == {}


def test_a_reader_only_asks(desk: Desk) -> None:
    with pytest.raises(TypeError, match="only a select"):
        desk.ask(lambda reader: reader.rows(text("DELETE FROM patient")))  # type: ignore[arg-type]


@pytest.mark.prints("the store logs what it refused")
def test_nothing_is_written_past_the_one_write_path(desk: Desk) -> None:
    patient = desk.do(add)
    with pytest.raises(DatabaseError), desk.store.writing() as connection:
        connection.execute(text("UPDATE patient SET family = 'Nobody'"))
    assert desk.ask(lambda reader: reader.get(Patient, patient).family) == "Okonkwo"


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("database or disk is full", "The disk is full. Nothing was saved"),
        ("attempt to write a readonly database", "The disk is read-only. Nothing was saved"),
        ("database is locked", "Another program is using the local store"),
    ],
)
def test_what_the_disk_refuses_is_told_in_plain_words(desk: Desk, says: str, told: str) -> None:
    with pytest.raises(Unavailable, match=told), desk.store.writing():
        raise DatabaseError("INSERT", {}, OSError(says))


def test_a_lease_is_spent_over_several_and_never_over_what_is_left(desk: Desk) -> None:
    slot, patient = uuid4(), desk.do(add)
    until = datetime.fromisoformat("2026-11-24T07:00:00+00:00")
    ours: dict[str, Any] = {"kind": "stock", "subject": slot, "device": desk.store.station.device, "until": until}

    def lend(unit: Unit) -> None:
        unit.action = "server.lease"
        for amount in ("2", "3"):
            unit.add(Lease, amount=Decimal(amount), **ours)

    def spend(unit: Unit, amount: str) -> bool:
        unit.action = "pharmacy.dispense"
        return unit.spend("stock", slot, Decimal(amount), patient)

    desk.do(lend)
    assert [desk.do(partial(spend, amount=amount)) for amount in ("2", "4", "2", "1")] == [True, False, True, True]
    assert desk.ask(lambda reader: len(reader.rows(select(LeaseSpend.id)))) == 3
    assert desk.do(lambda unit: unit.lease_left("stock", slot)) == 0


def test_a_store_opens_with_its_own_key_and_only_encrypted(desk: Desk, tmp_path: Path) -> None:
    desk.do(add)
    file = tmp_path / "replica-1.db"
    with pytest.raises(ValueError, match="32 bytes"):
        engine.connect(file, b"short")
    with pytest.raises(Damaged, match="does not open with this key"):
        engine.connect(file, os.urandom(32))
    plain = tmp_path / "plain.db"
    plain.write_bytes(engine.PLAIN_HEADER + bytes(4080))
    with pytest.raises(Damaged, match=r"plain\.db is not encrypted"):
        Store(plain, desk.key, desk.store.station, CLINIC)


class _Says:
    """A cursor of a library that answers otherwise than we need."""

    def __init__(self, **answers: object) -> None:
        self._answers = answers

    def execute(self, statement: str) -> _Says:
        self._asked = statement.removeprefix("PRAGMA ")
        return self

    def fetchone(self) -> tuple[object]:
        return (self._answers[self._asked],)


GOOD = ".".join(map(str, engine.MINIMUM_CIPHER)) + ".0 community"
SAFE = {"temp_store": 2, "foreign_keys": 1, "synchronous": 2, "journal_mode": "wal", "secure_delete": 1}


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        ({"temp_store": 1}, r"readable in temporary files.*temp_store is 1"),
        ({"foreign_keys": 0}, r"point at what is not there.*foreign_keys is 0"),
        ({"journal_mode": "delete"}, r"does not keep its log.*journal_mode is delete"),
        ({"synchronous": 1}, r"not be on the disk when the power goes.*synchronous is 1"),
        ({"secure_delete": 0}, r"deleted would stay in the encrypted file.*secure_delete is 0"),
        ({"cipher_version": "3.4.2 community"}, "3.4.2 is too old"),
        ({"cipher_version": None}, "built without encryption"),
    ],
)
def test_a_library_that_keeps_less_than_is_promised_is_refused(says: dict[str, object], complaint: str) -> None:
    engine.assert_safe(_Says(**SAFE, cipher_version=GOOD))
    with pytest.raises(Unavailable, match=complaint):
        engine.assert_safe(_Says(**{**SAFE, "cipher_version": GOOD, **says}))


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        milliseconds(datetime(2026, 11, 23, 9, 0))

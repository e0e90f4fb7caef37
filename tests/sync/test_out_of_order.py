# SPDX-License-Identifier: Apache-2.0
"""Histories that come in another order, with holes, twice or torn: the rows are the same, or nothing is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import PatientFlag
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import ClinicError
from hms_desktop.security.roles import policy
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, Gap, as_gap
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.apply import Applier, Outcome
from hms_desktop.sync.entries import entry_of
from tests.clinic.meeting import change, write
from tests.desk import MONDAY_09_00, Desk, person
from tests.sync.world import dump

TABLES = frozenset({"patient", "patient_name", "patient_flag", "patient_contact"} & set(REGISTRY))


def log_of(desk: Desk) -> list[Any]:
    """The entries of a desk's log, oldest first."""
    with desk.store.reading() as connection:
        log = ledger.change_log
        return [entry_of(row) for row in connection.execute(select(log).order_by(log.c.pos)).all()]


def take(desk: Desk, entries: Sequence[Any]) -> Outcome:
    """What came over the line in this order, taken in one transaction."""
    with desk.store.writing() as connection:
        applier = Applier(connection, frozenset(REGISTRY), desk.clock.now_ms())
        for entry in entries:
            applier.take(entry)
        return applier.finish()


class Histories:
    """Two desks that wrote about one patient, and a third that has nothing yet."""

    def __init__(self, folder: Path) -> None:
        clock = SetClock(MONDAY_09_00)
        everything = person("Dr A", policy().permissions)
        self.first, self.second, self.empty = (Desk(folder, everything, author=n, clock=clock) for n in (2, 3, 4))
        written = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female")
        self.patient: UUID = self.first.do(partial(register.register, written=written))
        self.flag: UUID = self.first.do(
            write(PatientFlag, patient=self.patient, kind="safety", text="Lives alone", active=True)
        )
        take(self.second, log_of(self.first))
        self.second.do(change(PatientFlag, self.flag, text="Lives with her son"))
        self.second.do(write(PatientFlag, patient=self.patient, kind="safety", text="Falls", active=True))
        self.one = log_of(self.first)
        self.two = [entry for entry in log_of(self.second) if entry.author == 3]

    def close(self) -> None:
        for desk in (self.first, self.second, self.empty):
            desk.store.close()


@pytest.fixture
def histories(tmp_path: Path) -> Iterator[Histories]:
    """Two histories that meet."""
    made = Histories(tmp_path)
    yield made
    made.close()


def test_what_comes_in_another_order_waits_and_ends_as_the_same_rows(histories: Histories) -> None:
    empty = histories.empty
    backwards = [*reversed(histories.two), *reversed(histories.one)]
    first = take(empty, backwards[:1])
    assert first.waiting == [f"author 3 number {histories.two[0].number} is missing"] and not first.touched
    assert not take(empty, backwards[:1]).touched, "the same entry waits once, however often it comes"
    held = take(empty, backwards[1 : len(histories.two)])
    assert any("is missing" in why for why in held.waiting), "what it replaces is not here yet"
    assert dump(empty.store, TABLES)["patient_flag"] == []
    take(empty, backwards[len(histories.two) :])
    assert dump(empty.store, TABLES) == dump(histories.second.store, TABLES)
    again = take(empty, [*histories.one, *histories.two])
    assert again.repeated == len(histories.one) + len(histories.two) and not again.touched


def test_a_gap_that_came_early_closes_the_chain_when_the_rest_is_there(histories: Histories) -> None:
    gap = as_gap(histories.one[-1])
    assert isinstance(gap, Gap)
    early = take(histories.empty, [gap])
    assert early.waiting == [f"author 2 number {histories.one[0].number} is missing"]
    take(histories.empty, histories.one[:-1])
    assert [type(entry) for entry in log_of(histories.empty)].count(Gap) <= 1
    after = take(histories.empty, histories.one)
    assert after.repeated == len(histories.one), "the chain is whole up to the gap"
    assert dump(histories.empty.store, TABLES)["patient_flag"] == []


@pytest.mark.parametrize("early", [False, True])
def test_a_history_that_was_rewritten_is_not_taken(histories: Histories, early: bool) -> None:
    first, *_rest, last = histories.one
    torn = msgspec.structs.replace(last, prev=bytes(32))
    assert isinstance(torn, ChangeSet)
    order = [torn, *histories.one[:-1]] if early else [*histories.one[:-1], torn]
    with pytest.raises(ClinicError, match="does not follow the one before it"):
        take(histories.empty, order)
    take(histories.empty, histories.one)
    with pytest.raises(ClinicError, match="came twice and differs"):
        take(histories.empty, [msgspec.structs.replace(first, prev=bytes([1]) * 32)])
    assert dump(histories.empty.store, TABLES) == dump(histories.first.store, TABLES)

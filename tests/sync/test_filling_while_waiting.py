# SPDX-License-Identifier: Apache-2.0
"""A workstation is filled while the centre holds a change that waits for another: it gets that one, too, in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.storage import ledger
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.engine import Exchange
from sync_server.sync_api.centre import DeviceFacts
from tests.sync.forger import Forger, a_patient, leaf
from tests.sync.world import Line, World, WorldDesk, dump

CONTACT = frozenset({"patient_contact"})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A centre of its own: what waits there concerns every workstation that is filled from it."""
    made = World(tmp_path)
    yield made
    made.close()


def a_desk(world: World, login: str, kind: str = "front_desk") -> WorldDesk:
    return world.desk(world.person(login, "receptionist"), kind)


def held(desk: WorldDesk) -> list[Any]:
    with desk.store.reading() as connection:
        return list(connection.execute(select(ledger.held.c.tbl)).scalars())


def regrant(desk: WorldDesk, kind: str) -> None:
    """From its next greeting on this workstation holds what that kind holds."""
    station = desk.store.station
    desk.exchange = Exchange(desk.store, Line(desk.world, DeviceFacts(station.device, station.author, kind)))


def refill(desk: WorldDesk) -> None:
    """A value that its log no longer holds was asked for."""
    with desk.store.writing() as connection:
        set_meta(connection, "refill", sorted(CONTACT))


def number(patient: UUID, value: str) -> dict[str, Any]:
    return {"patient": patient.bytes, "kind": "phone", "value": value, "rank": 1, "active": 1}


def test_what_waited_at_the_centre_comes_into_the_rows_of_all(world: World) -> None:
    """As after the centre was put back from a copy: one change is not there again yet, what replaces it is."""
    first, second = Forger(a_desk(world, "one")), Forger(a_desk(world, "two"))
    patient, contact = uuid4(), uuid4()
    made = first.made(
        leaf("patient", a_patient(), id=patient), leaf("patient_contact", number(patient, "1"), id=contact)
    )
    missing = first.after(made, leaf("patient_contact", number(patient, "2"), {"contact": [made.stamp]}, contact))
    first.push(made)
    again, wider = second.desk, a_desk(world, "wider", "lab")
    waits = second.made(leaf("patient_contact", number(patient, "3"), {"contact": [missing.stamp]}, contact))
    assert second.push(waits).verdicts == []
    again.sync()
    wider.sync()
    refill(again)
    regrant(wider, "front_desk")
    filled = (again, wider, a_desk(world, "new", "pharmacy"))
    for desk in filled:
        desk.sync()
        assert held(desk) == ["patient_contact"] and "1" in dump(desk.store, CONTACT)["patient_contact"][0]
    first.push(missing)
    for desk in filled:
        desk.sync()
        assert held(desk) == [] and "3" in dump(desk.store, CONTACT)["patient_contact"][0]
        assert dump(desk.store, CONTACT) == dump(world.centre.store, CONTACT)
        desk.store.close()

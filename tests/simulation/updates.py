# SPDX-License-Identifier: Apache-2.0
"""Updates in the middle of a history: the server first, then one workstation after the other, and what is new then."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.storage.unit import Unit
from tests.simulation import versions
from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind


@kind("update", 6)
def update(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The server is updated before any workstation is; a backup from before is put back no more.

    A hub goes on as it is: what it kept for the next version is not in its rows when that comes.
    """
    if not clinic.updates:
        return "nobody brings one"
    one: Any = desk if clinic.server.newer else clinic.server
    if one.newer:
        return "is up to date"
    one.store.fate = one.store.room = None
    versions.migrate(one.store)
    one.newer, one.copied = True, None
    one.died()
    return f"{one.store.station.name} is of the next version now"


@kind("what is new", 5)
def write_what_is_new(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A nickname or a pet is written where the program knows them."""
    if not clinic.server.newer:
        return "nothing is"
    if desk.newer and desk.kind in ("all", "front_desk") and chance.random() < 0.5:
        desk.do(partial(_name, chance, "patients.complete"))
        return "a nickname"
    store, worker = clinic.server.store, clinic.server.worker
    with versions.running(newer=True):
        store.act(partial(chance.choice((_name, _pet)), chance, "sync.follow_up"), worker)
    return "at the server"


def _somebody(unit: Unit, chance: random.Random) -> Any:
    found = list(unit.rows(select(Patient.id).order_by(Patient.id)))
    return chance.choice(found).id if found else None


def _name(chance: random.Random, action: str, unit: Unit) -> None:
    unit.action = action
    if (patient := _somebody(unit, chance)) is not None:
        unit.change(Patient, patient, nickname=chance.choice(("Nomi", "Tau", "Bee")))


def _pet(chance: random.Random, action: str, unit: Unit) -> None:
    unit.action = action
    if (patient := _somebody(unit, chance)) is not None:
        unit.add(versions.PatientPet, patient=patient, name=chance.choice(("Rex", "Tom")))  # type: ignore[arg-type]

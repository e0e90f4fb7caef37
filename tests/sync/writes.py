# SPDX-License-Identifier: Apache-2.0
"""What people write in tests of the exchange: actions on patients, to be done by anybody at any desk."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Interaction, Patient, PatientContact
from hms_desktop.security.permissions import ACTIONS, action
from hms_desktop.storage.unit import Unit

if "test.write" not in ACTIONS:

    @action("test.write", needs="patient.register")
    def write(unit: Unit, *, seed: int) -> None:
        """Make, change or add to a patient at random."""
        chance = random.Random(seed)
        known = [row.id for row in unit.rows(select(Patient.id).order_by(Patient.id))]
        if not known or chance.random() < 0.3:
            known.append(register(unit, family=f"Family {chance.randint(1, 9)}"))
        for _each in range(chance.randint(1, 3)):
            _alter(unit, chance, chance.choice(known))


def at_random(seed: int) -> Callable[[Unit], None]:
    """The action of this seed."""
    return lambda unit: ACTIONS["test.write"].function(unit, seed=seed)


def register(unit: Unit, *, family: str = "Okonkwo", id: UUID | None = None) -> UUID:
    """A new patient, in whatever action this is."""
    unit.action = unit.action or "test.write"
    sure = {"name_known": True, "born_estimated": False, "temporary": False, "active": True}
    return unit.add(Patient, id=id, family=family, family_key=family.lower(), mrn=unit.number("MRN"), sex="unknown",
                    **sure)  # fmt: skip


def phoned(patient: UUID, id: UUID | None = None) -> Callable[[Unit], UUID]:
    """A telephone number of a patient."""

    def act(unit: Unit) -> UUID:
        unit.action = unit.action or "test.write"
        return unit.add(PatientContact, id=id, patient=patient, kind="phone", value="+27821234567", rank=1, active=True)

    return act


def renamed(patient: UUID, family: str, action: str = "test.write") -> Callable[[Unit], None]:
    """Another name for a patient."""

    def act(unit: Unit) -> None:
        unit.action = action
        unit.change(Patient, patient, family=family)

    return act


def _alter(unit: Unit, chance: random.Random, patient: UUID) -> None:
    kind = chance.randrange(3)
    if kind == 0:
        unit.change(Patient, patient, family=f"Name {chance.randint(1, 4)}")
    elif kind == 1:
        unit.change(Patient, patient, born=str(chance.randint(1950, 1953)), born_estimated=False)
    else:
        unit.add(Interaction, patient=patient, kind="phone", at=unit.now, by=unit.person.id, text=f"{chance.random()}")

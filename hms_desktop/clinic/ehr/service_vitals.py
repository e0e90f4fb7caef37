# SPDX-License-Identifier: Apache-2.0
"""Recording vital signs, and marking a reading as a mistake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.events import VitalsRecorded
from hms_desktop.clinic.ehr.model import Encounter, Observation, ObservationVoid
from hms_desktop.clinic.ehr.queries_people import age_and_sex, clinic_day
from hms_desktop.clinic.ehr.queries_vitals import last_height
from hms_desktop.clinic.ehr.rules_vitals import (
    BLOOD_PRESSURE,
    BMI,
    LOINC,
    SIGNS,
    YEAR,
    body_mass_index,
    implausible,
    refuse_impossible,
    sign_name,
)
from hms_desktop.clinic.ehr.service_visits import chart_of, triage_visit
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

GROWN_UP = 18 * YEAR


class SecondLook(Refused):
    """Values that are unusual for this age: `signs` names each with a sentence; confirm them and record again."""

    def __init__(self, signs: Mapping[str, str]) -> None:
        super().__init__(" ".join(signs.values()))
        self.signs = dict(signs)


@action("ehr.record_vitals", needs="vitals.record")
def record_vitals(
    unit: Unit,
    patient: UUID,
    readings: Mapping[str, Decimal],
    *,
    encounter: UUID | None = None,
    at: datetime | None = None,
    confirmed: Collection[str] = (),
    triage: bool = False,
    form: UUID | None = None,
) -> tuple[UUID, ...]:
    """Record readings by sign key in the sign's own unit; returns the rows made, parts of a blood pressure included.

    Impossible values raise BadInput, unusual ones SecondLook until their keys are in `confirmed`. A body mass index is
    computed when there is a weight and a height (an adult's last one will do). The readings keep the version of the
    `form` in which they were typed. With `triage`, a visit that only waited
    is triaged by it.
    """
    if not readings:
        raise BadInput(_("Type at least one reading."), "readings")
    moment = at or unit.now
    if moment > unit.now:
        raise BadInput(_("The time of the reading is in the future. Check it."), "at")
    refuse_impossible(readings)
    age, _sex = age_and_sex(unit, patient, clinic_day(unit, moment))
    if looks := {k: why for k, why in implausible(readings, age).items() if k not in confirmed}:
        raise SecondLook(looks)
    chart = chart_of(unit, patient)
    common = {
        "patient": chart,
        "encounter": encounter,
        "at": moment,
        "by": unit.person.id,
        "category": "vital-signs",
        "system": LOINC,
        "form": form,
    }
    made = [*_add_pressure(unit, readings, common), *_add_single(unit, readings, common)]
    made += _add_index(unit, readings, common, _height(unit, patient, readings, age))
    if triage and encounter is not None and unit.get(Encounter, encounter).status == "arrived":
        triage_visit(unit, encounter)
    unit.announce(VitalsRecorded(encounter, chart, tuple(made), moment))
    return tuple(made)


def _add_pressure(unit: Unit, readings: Mapping[str, Decimal], common: Mapping[str, Any]) -> list[UUID]:
    if "systolic" not in readings:
        return []
    parent = unit.add(Observation, code=BLOOD_PRESSURE, display=sign_name("pressure"), **common)
    parts = [
        unit.add(
            Observation,
            parent=parent,
            ordinal=place,
            code=SIGNS[key].code,
            display=sign_name(key),
            value=readings[key],
            unit=SIGNS[key].unit,
            **common,
        )
        for place, key in enumerate(("systolic", "diastolic"))
    ]
    return [parent, *parts]


def _add_single(unit: Unit, readings: Mapping[str, Decimal], common: Mapping[str, Any]) -> list[UUID]:
    return [
        unit.add(Observation, code=sign.code, display=sign_name(key), value=readings[key], unit=sign.unit, **common)
        for key, sign in SIGNS.items()
        if key in readings and key not in ("systolic", "diastolic")
    ]


def _add_index(
    unit: Unit, readings: Mapping[str, Decimal], common: Mapping[str, Any], height: Decimal | None
) -> list[UUID]:
    if "weight" not in readings or height is None:
        return []
    value = body_mass_index(readings["weight"], height)
    return [unit.add(Observation, code=BMI, display=sign_name("bmi"), value=value, unit="kg/m2", **common)]


def _height(unit: Unit, patient: UUID, readings: Mapping[str, Decimal], age: int | None) -> Decimal | None:
    if "height" in readings:
        return readings["height"]
    last = last_height(unit, patient) if age is None or age >= GROWN_UP else None
    return last.value if last else None


@action("ehr.void_observation", needs="entry.void")
def void_observation(unit: Unit, observation: UUID, reason: str) -> None:
    """Mark a reading, with its parts or with the pressure it is part of, as entered in error."""
    if not reason.strip():
        raise BadInput(_("Say what was wrong with the reading."), "reason")
    row = unit.get(Observation, observation)
    top = row.parent or row.id
    parts = unit.rows(select(Observation.id).where(Observation.parent == top))
    for id in (top, *(part.id for part in parts)):
        if unit.first(select(ObservationVoid.id).where(ObservationVoid.observation == id)) is None:
            unit.add(ObservationVoid, observation=id, reason=reason.strip(), by=unit.person.id)

# SPDX-License-Identifier: Apache-2.0
"""A person's vital signs: the last value of each, the readings before it, and whole sets for trend and table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from hms_desktop.clinic.ehr.model import Observation, ObservationVoid
from hms_desktop.clinic.ehr.queries_people import age_in_days, born_on, clinic_day, person_names
from hms_desktop.clinic.ehr.queries_templates import form_versions
from hms_desktop.clinic.ehr.rules_vitals import BMI, SIGNS, judged, sign_of
from hms_desktop.clinic.patients.queries_people import seen_person
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

_CODES = [BMI, *(code for sign in SIGNS.values() for code in (sign.code, *sign.also))]
ENOUGH = 240


@dataclass(frozen=True)
class Reading:
    """One value of one sign (`key` of SIGNS, or "bmi"); `judged` is L, H or empty; `voided` was a mistake."""

    id: UUID
    key: str
    value: Decimal
    unit: str
    at: datetime
    by: str
    judged: str
    voided: bool = False
    reason: str | None = None
    voided_by: str = ""
    form: str = ""
    """The form in which it was typed, with its version."""

    @property
    def rounded(self) -> Decimal:
        """The value with the decimals in which this sign is read, half up; imported ones may have many more."""
        digits = SIGNS[self.key].decimals if self.key in SIGNS else 1
        return self.value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Vitals:
    """The last reading of each sign, and the readings of each sign from old to new."""

    last: dict[str, Reading]
    series: dict[str, tuple[Reading, ...]]


@query("chart.read")
def vitals(reader: Reader, patient: UUID) -> Vitals:
    """Signs of the person behind a chart that were not marked as mistakes."""
    rows = reader.rows(_question(reader, patient, voided=False).limit(ENOUGH))
    readings = _readings(reader, patient, rows)
    series: dict[str, list[Reading]] = {}
    for reading in reversed(readings):
        series.setdefault(reading.key, []).append(reading)
    return Vitals({key: found[-1] for key, found in series.items()}, {k: tuple(v) for k, v in series.items()})


@query("chart.read")
def vitals_history(reader: Reader, patient: UUID, limit: int = 500) -> tuple[Reading, ...]:
    """Every reading, newest first, mistakes included and marked."""
    found = _readings(reader, patient, reader.rows(_question(reader, patient, voided=True).limit(limit)))
    ids = [reading.id for reading in found if reading.voided]
    question = select(ObservationVoid.__table__).where(ObservationVoid.observation.in_(ids))
    voids = {void.observation: void for void in reader.rows(question)}
    who = person_names(reader, [void.by for void in voids.values()])
    return tuple(
        replace(reading, reason=voids[reading.id].reason, voided_by=who[voids[reading.id].by])
        if reading.id in voids
        else reading
        for reading in found
    )


@query("chart.read")
def last_height(reader: Reader, patient: UUID) -> Reading | None:
    """The last height that counts, for computing a body mass index."""
    return vitals(reader, patient).last.get("height")


def _question(reader: Reader, patient: UUID, *, voided: bool) -> Select[Any]:
    mistake = select(ObservationVoid.id).where(ObservationVoid.observation == Observation.id).exists()
    question = select(Observation.__table__, mistake.label("mistake")).where(
        Observation.patient.in_(seen_person(reader, patient).charts),
        Observation.code.in_(_CODES),
        Observation.value.is_not(None),
    )
    if not voided:
        question = question.where(~mistake)
    return question.order_by(Observation.at.desc(), Observation.rid.desc())


def _readings(reader: Reader, patient: UUID, rows: Iterable[Row[Any]]) -> list[Reading]:
    kept = list(rows)
    born = born_on(reader, patient)
    names = person_names(reader, [row.by for row in kept])
    forms = form_versions(reader, {row.form for row in kept if row.form})
    found = []
    for row in kept:
        typed_in = forms[row.form].words if row.form in forms else ""
        sign = sign_of(row.code)
        if row.code == BMI:
            facts = (row.id, "bmi", row.value, "kg/m²", row.at, names[row.by], "", row.mistake)
            found.append(Reading(*facts, form=typed_in))
        elif sign and (row.unit is None or row.unit == sign.unit):
            flag = judged(sign.key, row.value, age_in_days(born, clinic_day(reader, row.at)))
            facts = (row.id, sign.key, row.value, sign.shown_unit, row.at, names[row.by], flag, row.mistake)
            found.append(Reading(*facts, form=typed_in))
    return found

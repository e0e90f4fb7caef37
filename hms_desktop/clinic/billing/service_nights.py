# SPDX-License-Identifier: Apache-2.0
"""Nights in a bed on the bill: each once, by rule from the night; those after a discharge that came late fall off."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.billing.model import ChargeVoid
from hms_desktop.clinic.billing.service import charge_id, raise_charge
from hms_desktop.clinic.ehr.events import BedNightSpent
from hms_desktop.clinic.ehr.queries_stays import nights_after_the_end
from hms_desktop.core.text import _
from hms_desktop.storage.unit import Unit

BED_CODE = "BED"
"""The price code of a night in a ward that names none."""
NIGHT = "bed-night"


def charge_night(unit: Unit, e: BedNightSpent) -> None:
    """The charge of a night, by rule from it: counted again, by whatever machine, it is the same charge."""
    raise_charge(
        unit,
        rule=NIGHT,
        source=e.bed_night,
        source_table="bed_night",
        patient=e.patient,
        encounter=e.encounter,
        code=e.price_code or BED_CODE,
        served=e.night,
    )


def drop_nights(unit: Unit, stay: UUID) -> None:
    """The patient had left before these nights: their charges are void, each once."""
    for night in nights_after_the_end(unit, stay):
        charge = charge_id(night, NIGHT)
        if unit.scalar(select(ChargeVoid.id).where(ChargeVoid.charge == charge)) is None:
            reason = _("the patient had left before this night")
            unit.add(ChargeVoid, charge=charge, reason=reason, by=unit.person.id)

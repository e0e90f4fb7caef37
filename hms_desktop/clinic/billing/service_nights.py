# SPDX-License-Identifier: Apache-2.0
"""Nights in a bed on the bill: one for each night of a visit, at the price of the bed that the midnight found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.billing.model import Charge, ChargeVoid
from hms_desktop.clinic.billing.service import charge_id, raise_charge
from hms_desktop.clinic.ehr.events import BedNightSpent
from hms_desktop.clinic.ehr.queries_stays import nights_of, stays_of
from hms_desktop.clinic.ehr.rules_stays import Lying, lies_at
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.storage.unit import Unit

BED_CODE = "BED"
"""The price code of a night in a ward that names none."""
NIGHT = "bed-night"


def charge_night(unit: Unit, e: BedNightSpent) -> None:
    """The charge of a night, by rule from it and its price: counted again, by whatever machine, it is the same one."""
    _raise(unit, e.bed_night, e, e.price_code or BED_CODE, 0)


def drop_nights(unit: Unit, encounter: UUID) -> None:
    """The patient had left before these nights: their charges are void, each once."""
    stays = stays_of(unit, encounter)
    for night in nights_of(unit, encounter):
        if lies_at(stays, night.night, unit.clinic.zone) is None:
            for charge in _standing(unit, night.id):
                reason = _("the patient had left before this night")
                unit.add(ChargeVoid, charge=charge.id, reason=reason, by=unit.person.id)


def settle_nights(unit: Unit, encounter: UUID) -> None:
    """Where histories met: each night of a visit is charged once, for the bed in which the midnight found the patient.

    What a person took off the bill stays off it.
    """
    drop_nights(unit, encounter)
    stays = stays_of(unit, encounter)
    for night in nights_of(unit, encounter):
        lying = lies_at(stays, night.night, unit.clinic.zone)
        if lying is not None:
            _settle(unit, night, lying, stays)


def _settle(unit: Unit, night: Row[Any], lying: Lying, stays: Sequence[Lying]) -> None:
    code, standing = lying.price_code or BED_CODE, _standing(unit, night.id)
    right = [charge for charge in standing if charge.code == code]
    for charge in standing:
        if charge.code != code:
            reason = _("the patient was in another bed that night")
            unit.add(ChargeVoid, id=_by_rule(charge.id, lying), charge=charge.id, reason=reason, by=lying.by)
    if not right and not _taken_off(unit, night.id, stays):
        _raise(unit, night.id, night, code, _first_free(unit, night.id, code))


def _raise(unit: Unit, night: UUID, of: Any, code: str, ordinal: int) -> None:
    raise_charge(
        unit, rule=_rule(code), source=night, source_table="bed_night", patient=of.patient, encounter=of.encounter,
        code=code, served=of.night, ordinal=ordinal,
    )  # fmt: skip


def _rule(code: str) -> str:
    return f"{NIGHT}:{code}"


def _by_rule(charge: UUID, lying: Lying) -> UUID:
    return rule_id(charge, f"other-bed:{lying.stay.hex}")


def _first_free(unit: Unit, night: UUID, code: str) -> int:
    """A charge that was void by rule and is due after all is made anew under the next ordinal."""
    return next(n for n in count() if unit.find(Charge, charge_id(night, _rule(code), n)) is None)


def _taken_off(unit: Unit, night: UUID, stays: Sequence[Lying]) -> bool:
    voids = unit.rows(
        select(ChargeVoid.id, ChargeVoid.charge)
        .join(Charge, Charge.id == ChargeVoid.charge)
        .where(Charge.source == night)
    )
    return any(row.id not in {_by_rule(row.charge, stay) for stay in stays} for row in voids)


def _standing(unit: Unit, night: UUID) -> list[Row[Any]]:
    void = select(ChargeVoid.id).where(ChargeVoid.charge == Charge.id).exists()
    return unit.rows(select(Charge.__table__).where(Charge.source == night, ~void).order_by(Charge.id))

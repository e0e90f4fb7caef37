# SPDX-License-Identifier: Apache-2.0
"""Two visits that were one, on the bill: what both were charged for stays on it once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.billing.model import Charge, ChargeVoid
from hms_desktop.clinic.billing.service import charge_id
from hms_desktop.clinic.ehr.model_visits import VisitLink
from hms_desktop.clinic.ehr.queries_standing import joined_visits
from hms_desktop.clinic.ehr.queries_stays import nights_of
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.storage.unit import Unit


def charge_once(unit: Unit, link: UUID) -> list[UUID]:
    """Void, by rule from the link, the visit and the nights of the visit that was joined to another one.

    What only that one was charged for stays: tests, medicines, procedures, and nights that the other one does not have.
    Returns the voids that were made.
    """
    row = unit.get(VisitLink, link)
    if row.replaced not in joined_visits(unit, [row.replaced]):
        return []
    kept = {night.night for night in nights_of(unit, row.survivor)}
    twice = [night.id for night in nights_of(unit, row.replaced) if night.night in kept]
    void = select(ChargeVoid.id).where(ChargeVoid.charge == Charge.id).exists()
    visit = charge_id(row.replaced, "visit") if unit.find(Charge, charge_id(row.survivor, "visit")) else None
    both = unit.rows(select(Charge.id).where((Charge.id == visit) | Charge.source.in_(twice), ~void))
    reason = _("one visit, charged with the one that went on")
    return [
        unit.add(ChargeVoid, id=_void(charge, link), charge=charge, reason=reason, by=row.by)
        for charge in sorted(found.id for found in both)
    ]


def charge_again(unit: Unit, link: UUID) -> None:
    """They were two visits after all: what `charge_once` took off the bill is on it anew, by rule from its charge."""
    row = unit.get(VisitLink, link)
    for charge in unit.rows(select(Charge.__table__).where(Charge.encounter == row.replaced).order_by(Charge.id)):
        if unit.find(ChargeVoid, _void(charge.id, link)) is not None:
            unit.add(
                Charge, id=rule_id(charge.id, f"two-visits:{link.hex}"), patient=charge.patient,
                encounter=charge.encounter, source=charge.source, source_table=charge.source_table, code=charge.code,
                quantity=charge.quantity, served=charge.served,
            )  # fmt: skip


def _void(charge: UUID, link: UUID) -> UUID:
    return rule_id(charge, f"one-visit:{link.hex}")

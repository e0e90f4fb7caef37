# SPDX-License-Identifier: Apache-2.0
"""Procedures (FHIR Procedure): the clinic's list of them, what was done, and what was entered in error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.events import ProcedurePerformed, ProcedureTakenBack
from hms_desktop.clinic.ehr.model import Procedure, ProcedureType, ProcedureVoid
from hms_desktop.clinic.ehr.service_visits import chart_of
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.editions import publish, today
from hms_desktop.storage.unit import Unit


@action("ehr.publish_procedures", needs="procedure.catalogue")
def publish_procedures(unit: Unit, procedures: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of procedures on the clinic's list, each from its day on; returns how many are new.

    One without a price code is recorded and not charged.
    """
    return sum(_publish_type(unit, values)[1] for values in procedures)


@action("ehr.add_procedure_type", needs="procedure.catalogue")
def add_procedure_type(
    unit: Unit, *, code: str, display: str, price_code: str | None = None, system: str | None = None
) -> UUID:
    """Put a procedure on the clinic's list from today on; without a price code it is recorded and not charged."""
    said = {"code": code, "display": display, "price_code": price_code, "system": system, "valid_from": today(unit)}
    return _publish_type(unit, said)[0]


def _publish_type(unit: Unit, said: Mapping[str, Any]) -> tuple[UUID, bool]:
    named = {field: said[field].strip() for field in ("code", "display")}
    for field, value in named.items():
        if not value:
            raise BadInput(_("A procedure needs a code and a name."), field)
    price_code = (said.get("price_code") or "").strip() or None
    return publish(unit, ProcedureType, {**said, **named, "price_code": price_code}, named["display"])


@action("ehr.record_procedure", needs="procedure.record")
def record_procedure(
    unit: Unit, patient: UUID, *, type: UUID, encounter: UUID | None = None, at: datetime | None = None,
    reason: str | None = None,
) -> UUID:  # fmt: skip
    """Record that a procedure of the list was done, now or earlier; returns it."""
    kind = unit.get(ProcedureType, type)
    done = at or unit.now
    if done > unit.now:
        raise BadInput(_("That is still to come: type a day and time that have passed."), "day")
    chart = chart_of(unit, patient)
    id = unit.add(
        Procedure, patient=chart, encounter=encounter, code=kind.code, system=kind.system, display=kind.display,
        status="completed", at=done, reason=(reason or "").strip() or None, by=unit.person.id, type=type,
    )  # fmt: skip
    unit.announce(ProcedurePerformed(id, chart, encounter, kind.display, kind.price_code, done))
    return id


@action("ehr.void_procedure", needs="entry.void")
def void_procedure(unit: Unit, *, procedure: UUID, reason: str) -> UUID:
    """A procedure was entered in error: it stays readable with the reason, and its charge is void."""
    if not reason.strip():
        raise BadInput(_("Say why the entry is a mistake."), "reason")
    row = unit.get(Procedure, procedure)
    if unit.scalar(select(ProcedureVoid.id).where(ProcedureVoid.procedure == procedure)):
        raise Refused(_("{name} is marked as a mistake already.").format(name=row.display))
    if row.source is not None:
        raise Refused(_("{name} came from elsewhere: ask where it was recorded.").format(name=row.display))
    void = unit.add(ProcedureVoid, procedure=procedure, reason=reason.strip(), at=unit.now, by=unit.person.id)
    kind = unit.find(ProcedureType, row.type) if row.type else None
    charged = bool(kind and kind.price_code)
    unit.announce(ProcedureTakenBack(void, procedure, row.patient, row.display, reason.strip(), charged, unit.now))
    return void

# SPDX-License-Identifier: Apache-2.0
"""Procedures (FHIR Procedure): the clinic's list of them, what was done, and what was entered in error."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.events import ProcedurePerformed, ProcedureTakenBack
from hms_desktop.clinic.ehr.model import Procedure, ProcedureType, ProcedureVoid
from hms_desktop.clinic.ehr.service_visits import chart_of
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("ehr.add_procedure_type", needs="procedure.catalogue")
def add_procedure_type(
    unit: Unit, *, code: str, display: str, price_code: str | None = None, system: str | None = None
) -> UUID:
    """Put a procedure on the clinic's list; without a price code it is recorded and not charged."""
    for field, value in (("code", code), ("display", display)):
        if not value.strip():
            raise BadInput(_("A procedure needs a code and a name."), field)
    return unit.add(
        ProcedureType, code=code.strip(), system=system, display=display.strip(),
        price_code=(price_code or "").strip() or None, active=True,
    )  # fmt: skip


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

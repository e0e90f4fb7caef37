# SPDX-License-Identifier: Apache-2.0
"""Who pays a part of a patient's bills: recorded, corrected with the reason, ended, never deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from hms_desktop.clinic.patients.events import CoverageRecorded
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.clinic.patients.queries import covers
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.patients.rules_cover import CoverTerms, Standing, check_cover, kept
from hms_desktop.clinic.patients.service_details import amend
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("patients.record_coverage", needs="coverage.record")
def record_coverage(unit: Unit, *, patient: UUID, terms: CoverTerms) -> UUID:
    """Record who pays a part, on which terms; BadInput names the field of a term that can't be meant."""
    check_cover(terms, _others(unit, patient))
    made = unit.add(Coverage, patient=patient, active=True, **_columns(terms))
    unit.announce(CoverageRecorded(made, patient, unit.now))
    return made


@action("patients.change_coverage", needs="coverage.record")
def change_coverage(unit: Unit, *, coverage: UUID, terms: CoverTerms, reason: str) -> None:
    """Correct the terms of a cover, with the reason: drafts follow at once, invoices made with it stay as they are."""
    row = unit.get(Coverage, coverage)
    if not row.active:
        raise Refused(_("The cover by {payer} was ended. Add it anew.").format(payer=row.payer))
    check_cover(terms, [other for other in _others(unit, row.patient) if other.id != coverage])
    columns = _columns(terms)
    before = {name: _plain(getattr(row, name)) for name, value in columns.items() if getattr(row, name) != value}
    if not before:
        raise BadInput(_("Nothing is changed. Change a term, or go back."), "reason")
    amend(unit, row.patient, "cover", {"id": str(coverage), **before}, reason)
    unit.change(Coverage, coverage, **columns)
    unit.announce(CoverageRecorded(coverage, row.patient, unit.now))


@action("patients.end_coverage", needs="coverage.record")
def end_coverage(unit: Unit, *, coverage: UUID, reason: str) -> None:
    """End a cover, with the reason; invoices made with it stay as they are."""
    row = unit.get(Coverage, coverage)
    amend(unit, row.patient, "cover", {"id": str(coverage), "payer": row.payer, "member_id": row.member_id}, reason)
    unit.change(Coverage, coverage, active=False)
    unit.announce(CoverageRecorded(coverage, row.patient, unit.now))


def _others(unit: Unit, patient: UUID) -> list[Standing]:
    held = covers(unit, one_person(unit, patient).charts)
    return [Standing(one.id, one.payer, one.order, one.valid_from, one.valid_to) for one in held]


def _columns(terms: CoverTerms) -> dict[str, Any]:
    """The terms as the table keeps them; a period is kept only beside its amount."""
    return {
        "payer": terms.payer.strip(),
        "plan": terms.plan,
        "member_id": terms.member_id,
        "order": terms.order,
        "valid_from": terms.valid_from,
        "valid_to": terms.valid_to,
        "patient_share_percent": terms.patient_share_percent,
        "copay": terms.copay,
        "deductible": terms.deductible,
        "deductible_period": terms.deductible_period if terms.deductible is not None else None,
        "cap": terms.cap,
        "cap_period": terms.cap_period if terms.cap is not None else None,
        "excluded": kept(terms.excluded),
        "package": kept(terms.package),
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value

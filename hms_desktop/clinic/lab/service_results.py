# SPDX-License-Identifier: Apache-2.0
"""Results: entering values, taking them back, verifying them twice, correcting what was released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.ehr.queries_people import age_and_sex, clinic_day
from hms_desktop.clinic.lab.events import CriticalValueSeen, ResultCorrected, ResultEntered, ResultVerified
from hms_desktop.clinic.lab.model import LabResult, LabResultVoid, ResultVerification, Specimen, SpecimenOrder
from hms_desktop.clinic.lab.queries_catalogue import LabTestRow, definition, ordered_tests
from hms_desktop.clinic.lab.queries_results import ResultRow, result, results, value_before
from hms_desktop.clinic.lab.rules_results import (
    MEDICAL,
    TECHNICAL,
    Judgement,
    answer_flag,
    judge,
    may_verify,
    refuse_absurd,
    refuse_bulk,
    rounded,
)
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.accounts import setting
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

SEPARATE_DUTIES = "lab.separate_duties"
"""Site setting: nobody verifies what they entered, nor both levels of one result."""
Value = Decimal | str


@action("lab.enter_results", needs="result.enter")
def enter_results(
    unit: Unit, specimen: UUID, order: UUID, values: Mapping[str, Value], *, comment: str | None = None
) -> tuple[UUID, ...]:
    """Enter values by test code: numbers in the test's unit, or one of its answers. Returns the versions made.

    The range of this sex and age, flag and change since last are kept with each. An impossible value raises BadInput;
    a value that stands and was not released is replaced by a new version; a released one must be corrected instead.
    """
    tube = unit.get(Specimen, specimen)
    if tube.status != "available":
        raise Refused(_("{code} is not received at a bench yet. Scan it in first.").format(code=tube.accession))
    asked = unit.get(Order, order)
    _require_served(unit, tube, order)
    _ordered, tests = ordered_tests(unit, asked)
    known = {test.code: test for test in tests}
    if lost := next((code for code in values if code not in known), None):
        raise BadInput(_("{code} was not asked for in this order.").format(code=lost), lost)
    standing = {r.test: r for r in results(unit, [order])[order] if r.stands}
    made = []
    for code, value in values.items():
        before = standing.get(code)
        if before is not None and before.released:
            raise Refused(
                _("{test} is already released. Correct it instead, with a reason.").format(test=known[code].display)
            )
        if before is not None and (before.value if isinstance(value, Decimal) else before.text) == value:
            continue
        made.append(_add(unit, tube, asked, known[code], value, before, comment=comment))
    return tuple(made)


@action("lab.correct_result", needs="result.correct")
def correct_result(unit: Unit, result_id: UUID, value: Value, reason: str) -> UUID:
    """Replace a released value by a new version: the old one stays visible, everyone who got it is told again.

    The new version is verified and released like any other, and phoned first if it is critical.
    """
    old = result(unit, result_id)
    if not reason.strip():
        raise BadInput(_("Say why the result is corrected: it is shown beside the old value."), "reason")
    if not old.stands:
        raise Refused(_("This version was replaced already. Correct the newest one."))
    if not old.released:
        raise Refused(_("This value is not released yet. Type the right one over it."))
    row = unit.get(LabResult, result_id)
    test = definition(unit, row.definition)
    if (old.value if isinstance(value, Decimal) else old.text) == value:
        raise BadInput(_("This is the value that was released. Type the right one."), test.code)
    tube, asked = unit.get(Specimen, row.specimen), unit.get(Order, row.order)
    id = _add(unit, tube, asked, test, value, old, reason=reason.strip())
    unit.announce(
        ResultCorrected(id, result_id, row.order, row.patient, row.test, test.display, reason.strip(), unit.now)
    )
    return id


@action("lab.void_result", needs="result.enter")
def void_result(unit: Unit, result_id: UUID, reason: str) -> None:
    """Mark a value that is not released as entered in error: it stands for nothing and stays readable."""
    old = result(unit, result_id)
    if not reason.strip():
        raise BadInput(_("Say what was wrong with the value."), "reason")
    if old.released:
        raise Refused(_("This value is released. Correct it instead, with a reason."))
    if old.voided is None:
        unit.add(LabResultVoid, result=result_id, reason=reason.strip(), by=unit.person.id, at=unit.now)


@action("lab.verify", needs="result.verify")
def verify(unit: Unit, result_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Verify values technically; many at once only when all of them are normal."""
    return _verify(unit, result_ids, TECHNICAL)


@action("lab.validate", needs="result.validate")
def validate(unit: Unit, result_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Verify values medically, after the technical verification; many at once only when all of them are normal."""
    return _verify(unit, result_ids, MEDICAL)


def _verify(unit: Unit, result_ids: Sequence[UUID], level: str) -> tuple[UUID, ...]:
    rows = [result(unit, id) for id in dict.fromkeys(result_ids)]
    if not rows:
        raise BadInput(_("Choose at least one result to verify."), "results")
    standing = [row.as_standing for row in rows]
    separate = bool(setting(unit, SEPARATE_DUTIES, True))
    for one in standing:
        may_verify(one, level, unit.person.id, separate)
    refuse_bulk(standing)
    for row in rows:
        _refuse_rival(unit, row)
    return tuple(_add_verification(unit, row, level) for row in rows)


def _refuse_rival(unit: Unit, row: ResultRow) -> None:
    others = results(unit, [row.order])[row.order]
    if any(r.test == row.test and r.stands and r.id != row.id for r in others):
        raise Refused(
            _("{test} was entered on two benches. Mark the wrong value as a mistake first.").format(test=row.display)
        )


def _add_verification(unit: Unit, row: ResultRow, level: str) -> UUID:
    id = unit.add(ResultVerification, result=row.id, level=level, by=unit.person.id, at=unit.now)
    patient = unit.get(LabResult, row.id).patient
    unit.announce(ResultVerified(id, row.id, row.order, patient, level, unit.now))
    return id


def _display(unit: Unit, id: UUID) -> str:
    return definition(unit, unit.get(LabResult, id).definition).display


def _require_served(unit: Unit, tube: Row[Any], order: UUID) -> None:
    question = select(SpecimenOrder.id).where(SpecimenOrder.specimen == tube.id, SpecimenOrder.order == order)
    if unit.first(question) is None:
        raise Refused(_("{code} was not collected for this order.").format(code=tube.accession))


def _add(
    unit: Unit,
    tube: Row[Any],
    asked: Row[Any],
    test: LabTestRow,
    value: Value,
    before: ResultRow | None,
    *,
    reason: str | None = None,
    comment: str | None = None,
) -> UUID:
    number, words, found = _judged(unit, tube.patient, test, value, before)
    if reason is None and before is not None and before.status == "corrected" and not before.released:
        reason = before.reason
    id = unit.add(
        LabResult,
        order=asked.id,
        specimen=tube.id,
        patient=tube.patient,
        test=test.code,
        definition=test.id,
        version=before.version + 1 if before else 1,
        value=number,
        text_value=words,
        unit=test.limits.unit,
        reference_low=found.reference.low if found.reference else None,
        reference_high=found.reference.high if found.reference else None,
        flag=found.flag,
        critical=found.critical,
        delta_exceeded=found.delta_exceeded,
        status="corrected" if reason else "preliminary",
        replaces=before.id if before else None,
        reason=reason,
        comment=(comment or "").strip() or None,
        entered_by=unit.person.id,
        resulted_at=unit.now,
    )
    unit.announce(ResultEntered(id, asked.id, tube.patient, test.code, found.critical, unit.now))
    if found.critical:
        unit.announce(CriticalValueSeen(id, asked.id, tube.patient, test.code, test.display, asked.requester, unit.now))
    return id


def _judged(
    unit: Unit, patient: UUID, test: LabTestRow, value: Value, before: ResultRow | None
) -> tuple[Decimal | None, str | None, Judgement]:
    if test.answers:
        flag = answer_flag(test.answers, value) if isinstance(value, str) else None
        if not isinstance(value, str) or flag is None:
            raise BadInput(_("{test}: choose one of the answers.").format(test=test.display), test.code)
        return None, value.strip(), Judgement(flag or None, None, False, None, False)
    if not isinstance(value, Decimal):
        raise BadInput(_("{test}: type a number.").format(test=test.display), test.code)
    number = rounded(test.limits, value)
    refuse_absurd(test.limits, number)
    age, sex = age_and_sex(unit, patient, clinic_day(unit))
    earlier = value_before(unit, patient, test, [before.id] if before else [])
    return number, None, judge(test.limits, number, sex, age, earlier, unit.now)

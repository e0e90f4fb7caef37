# SPDX-License-Identifier: Apache-2.0
"""Refused changes of what stands in a chart as the forms that a person had filled in: doses, problems, marks, addenda.

The name of such a draft says which form it belongs to and what it changes: `kind:number:table:record`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.queries_marks import MISTAKE, chart_of_entry
from hms_desktop.clinic.ehr.queries_medicines import dose_of, medicine
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.ehr.refill_asked import dose_content, known_item
from hms_desktop.ui.ehr.refill_stopped import RUNNING
from hms_desktop.ui.routes import PatientChart

DOSE, PROBLEM_STATE, MARK, ADDENDUM = "dose", "problem-state", "mark", "addendum"
"""What the name of a draft begins with: it says which of these forms it belongs to."""

_VOIDS = {
    "observation_void": "observation", "note_void": "note", "procedure_void": "procedure",
    "visit_link_void": "visit_link",
}  # fmt: skip
"""What each mark marks: the column of that name holds which."""
_STATED = ("prescription", "service_order", "encounter")


def refill_dose(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for another dose of a medicine that is still taken."""
    for one in written:
        if one.table != "prescription" or one.new or "dose" not in one.values or dose_of(one.values) is None:
            continue
        patient = chart_of_entry(reader, one.table, one.record)
        if patient is None or (row := medicine(reader, one.record)).status not in RUNNING:
            continue
        known = known_item(reader, row.medicine)
        content = {**dose_content(one.values, known), "why": one.values.get("reason") or ""}
        return _named(DOSE, number, one.table, one.record, patient, _("Change the dose"), content, "medicine.dose")
    return None


def refill_problem_state(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for how a problem stands now."""
    for one in written:
        clinical, verification = one.values.get("clinical_status"), one.values.get("verification_status")
        if one.table != "condition" or one.new or not clinical or not verification:
            continue
        patient = chart_of_entry(reader, one.table, one.record)
        if patient is not None:
            content = {"state": f"{clinical}/{verification}", "reason": one.values.get("reason") or ""}
            title = _("How it stands now")
            return _named(PROBLEM_STATE, number, one.table, one.record, patient, title, content, "problem.record")
    return None


def refill_mark(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form by which an entry is said to be a mistake; None when it is marked already."""
    for one in reversed(written):  # of a reading with parts the last is a part, which the chart lists
        named = _marked(one)
        patient = chart_of_entry(reader, *named[:2]) if named is not None else None
        if named is not None and patient is not None:
            table, record, reason = named
            return _named(
                MARK, number, table, record, patient, _("Mark as a mistake"), {"reason": reason}, "entry.void"
            )
    return None


def _marked(one: WrittenRecord) -> tuple[str, UUID, str] | None:
    """Which entry this marks as a mistake, and why."""
    if one.table in _VOIDS and one.new:
        table = _VOIDS[one.table]
        return table, one.values[table], one.values.get("reason") or ""
    if one.table in _STATED and not one.new and one.values.get("status") == MISTAKE:
        return one.table, one.record, one.values.get("stop_reason") or ""
    return None


def refill_addendum(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for words that were added to a signed note."""
    added = next((one.values for one in written if one.table == "note_addendum" and one.new), None)
    patient = chart_of_entry(reader, "note", added["note"]) if added is not None else None
    if added is None or patient is None:
        return None
    content = {"text": added["text"]}
    return _named(ADDENDUM, number, "note", added["note"], patient, _("Add to the signed note"), content, "note.sign")


def _named(
    kind: str, number: int, table: str, record: UUID, patient: UUID, title: str, content: Mapping[str, Any], needs: str
) -> Refilled:
    key = f"{kind}:{number}:{table}:{record.hex}"
    return Refilled(key, title, content, PatientChart(patient, draft=key), needs=needs)

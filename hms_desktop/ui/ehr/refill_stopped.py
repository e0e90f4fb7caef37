# SPDX-License-Identifier: Apache-2.0
"""Refused stops as the forms that a person had filled in, and refused signatures: what to do is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.queries import OrderRow, order
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow, medicine
from hms_desktop.clinic.ehr.queries_note_places import visit_of_note
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.ehr.stopping import HOLD, REVOKE, STOP, stop_key
from hms_desktop.ui.routes import PatientChart

RUNNING = ("active", "on-hold")
_KINDS = {("prescription", "stopped"): STOP, ("prescription", "on-hold"): HOLD, ("service_order", "revoked"): REVOKE}


def refill_stopped(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for a medicine that was stopped or held, or an order that was cancelled; None when it ended already."""
    for one in written:
        kind = _KINDS.get((one.table, one.values.get("status") or ""))
        row = _running(reader, one) if kind is not None and not one.new else None
        if kind is not None and row is not None and row.status != one.values["status"]:
            key = stop_key(kind, number, row.id)
            content = {"reason": one.values.get("stop_reason") or ""}
            title = {STOP: _("Stop the medicine"), HOLD: _("Hold the medicine"), REVOKE: _("Cancel the order")}[kind]
            needs = "order.revoke" if kind == REVOKE else "medicine.stop"
            return Refilled(key, title, content, PatientChart(row.patient, draft=key), needs=needs)
    return None


def refill_signature(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """What to do after a refused signature, over the visit whose note or orders it was; None when it is not here."""
    place = _signed(reader, written)
    if place is None:
        return None
    advice = _(
        "This was signed here, and the server has not taken the signature: the note is open again, and orders and "
        "medicines that went with it wait in the visit and have not gone out. Open the visit, read what stands there "
        "and sign it again; then put this away."
    )
    patient, encounter = place
    route = PatientChart(patient, encounter=encounter)
    return Refilled(f"sign:{number}", _("Open the visit"), {}, route, advice=advice, needs="note.sign")


def _signed(reader: Any, written: Sequence[WrittenRecord]) -> tuple[UUID, UUID | None] | None:
    signature = next((one.values for one in written if one.table == "note_signature" and one.new), None)
    if signature is not None:
        return visit_of_note(reader, signature["note"])
    placed = [one for one in written if not one.new and one.values.get("status") == "active"]
    row = next((row for one in placed if (row := _row(reader, one)) is not None and row.status == "draft"), None)
    return (row.patient, row.encounter) if row is not None else None


def _running(reader: Any, one: WrittenRecord) -> MedicineRow | OrderRow | None:
    row = _row(reader, one)
    return row if row is not None and row.status in RUNNING else None


def _row(reader: Any, one: WrittenRecord) -> MedicineRow | OrderRow | None:
    try:
        if one.table == "prescription":
            return medicine(reader, one.record)
        return order(reader, one.record) if one.table == "service_order" else None
    except NotFound:
        return None

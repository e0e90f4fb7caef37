# SPDX-License-Identifier: Apache-2.0
"""Hand-overs that the server refused, as they had been picked at the counter."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from hms_desktop.clinic.inventory.queries import batch_line
from hms_desktop.clinic.inventory.rules import Pick
from hms_desktop.clinic.pharmacy.queries import fill
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.pharmacy.kept import as_draft, draft_key
from hms_desktop.ui.pharmacy.prepared import Prepared
from hms_desktop.ui.routes import PharmacyQueue


def refill_hand_over(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The lines of a refused hand-over picked again, from the same batches; None when nothing of it is still owed."""
    handed = [one.values for one in written if one.table == "dispense" and one.new]
    picked = {values["prescription"]: line for values in handed if (line := _picked(reader, values)) is not None}
    if not picked:
        return None
    patient, prescription = handed[0]["patient"], next(iter(picked))
    return Refilled(
        draft_key(patient), _("Dispensing"), as_draft(picked), PharmacyQueue(prescription), needs="dispense.supply",
        says_why=False, also=_("The medicine left the counter then: record it again, and hand nothing over twice."),
    )  # fmt: skip


def _picked(reader: Any, values: Any) -> Prepared | None:
    try:
        if fill(reader, values["prescription"]).owing <= 0:
            return None
        picks = tuple(_pick(reader, values["place"], one) for one in values["batches"])
    except NotFound:
        return None
    return Prepared(values["quantity"], picks, values.get("batch_reason") or "")


def _pick(reader: Any, place: UUID, batch: Any) -> Pick:
    line = batch_line(reader, UUID(batch["batch"]), place)
    return Pick(line.batch, line.lot, Decimal(batch["quantity"]))

# SPDX-License-Identifier: Apache-2.0
"""Payments that the server refused: the money is taken, so nothing is filled in again; what to do is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hms_desktop.clinic.billing.rules import way_word
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.routes import BillingDesk


def refill_payment(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """What a person must know of a refused payment before anything else is done, and the way to its invoice."""
    paid = [one.values for one in written if one.table == "payment" and one.new]
    if not paid:
        return None
    first = paid[0]
    taken = ", ".join(f"{Money(row['amount'], row['currency'])} {way_word(row['way'])}" for row in paid)
    advice = _(
        "The money of receipt {number} was taken ({taken}) and the server has not booked it. Take nothing from the "
        "patient again. Open the invoice, record the same amount and way once more, and give the new receipt in "
        "place of {number}; then put this away with the number of the new one. If the money went back to the "
        "patient, put this away with that reason."
    ).format(number=first["number"], taken=taken)
    route = BillingDesk(invoice=first.get("invoice"), patient=None if first.get("invoice") else first["patient"])
    return Refilled(f"payment:{number}", _("Open the invoice"), {}, route, advice=advice, needs="invoice.read")

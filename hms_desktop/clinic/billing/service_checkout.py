# SPDX-License-Identifier: Apache-2.0
"""Issue an invoice and take the money for it in one act, as the cash desk does at the end of a visit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from hms_desktop.clinic.billing.rules import Tender
from hms_desktop.clinic.billing.service import issue_invoice
from hms_desktop.clinic.billing.service_payments import take_payment
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("billing.issue_and_take", needs="payment.take")
def issue_and_take(
    unit: Unit,
    *,
    patient: UUID,
    charges: Collection[UUID],
    tenders: Sequence[Tender],
    use_cover: bool = True,
    keep: bool = False,
    invoices: Sequence[UUID] = (),
) -> str:
    """Freeze the charges as an invoice and take money for it and then for `invoices`; returns the receipt number.

    Both hold or neither does: when the money is refused, nothing was issued. Amounts are in minor units.
    """
    unit.check("invoice.issue")
    made = issue_invoice(unit, patient=patient, charges=charges, use_cover=use_cover)
    return take_payment(unit, patient=patient, tenders=tenders, invoices=[made, *invoices], keep=keep)

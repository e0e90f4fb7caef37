# SPDX-License-Identifier: Apache-2.0
"""What an invoice says of money that nobody was lent: it is provisional until the server has confirmed it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from hms_desktop.clinic.billing.model import InvoiceShare
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@query("invoice.read")
def counts_on_others(reader: Reader, invoice: UUID) -> bool:
    """Whether an invoice that the server has not confirmed yet was split by what a cover had paid before.

    A cap and a deductible are used up at every workstation, and nobody is lent a part of them.
    """
    if not reader.local_only([invoice]):
        return False
    used = or_(Coverage.cap.is_not(None), Coverage.deductible > 0)
    question = select(InvoiceShare.id).join(Coverage, Coverage.id == InvoiceShare.coverage)
    return reader.first(question.where(InvoiceShare.invoice == invoice, used)) is not None

# SPDX-License-Identifier: Apache-2.0
"""The history of one document of an account: issued or taken, taken back or void, by whom, when, where and why.

It is told by the documents themselves, so a device that was filled by a snapshot and holds no log tells it too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.billing.model import Charge, ChargeVoid, CreditNote, Invoice, Payment, PaymentVoid
from hms_desktop.core.clock import instant, stamp_author, stamp_ms
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.security.queries import query
from hms_desktop.security.versions import VersionRow, station_names, station_word
from hms_desktop.storage.reader import Reader


@query("invoice.read")
def document_versions(reader: Reader, kind: str, subject: UUID) -> tuple[VersionRow, ...]:
    """What happened to a document, newest first; `kind` and `subject` as an AccountDocument has them."""
    told = _Told(reader)
    if kind == "receipt":
        found = told.receipt(reader.get(Payment, subject).number)
    elif kind == "charge":
        found = told.charge(subject)
    else:
        found = told.invoice(reader.get(CreditNote, subject).invoice if kind == "credit-note" else subject)
    return tuple(sorted(dict.fromkeys(found), key=lambda row: row.at, reverse=True))


class _Told:
    """Tells documents, with the names of people and stations read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._people = {row.id: row.name for row in reader.rows(select(Account.id, Account.name))}
        self._stations = station_names(reader)

    def invoice(self, invoice: UUID) -> list[VersionRow]:
        """Issued, taken back by a credit note, written anew."""
        head = self._reader.get(Invoice, invoice)
        found = [self._row(head, head.issued_at, "invoice", "total", after=str(Money(head.total, head.currency)))]
        for note in self._reader.rows(select(CreditNote.__table__).where(CreditNote.invoice == invoice)):
            said = _("Taken back by {note}").format(note=note.number)
            found.append(self._row(note, note.at, "invoice", "state", _("Issued"), said, note.reason))
        for new in self._reader.rows(select(Invoice.__table__).where(Invoice.replaces == invoice)):
            found.append(self._row(new, new.issued_at, "invoice", "number", head.number, new.number))
        return found

    def receipt(self, number: str) -> list[VersionRow]:
        """Each way of paying, as it was taken, and as it was voided."""
        found = []
        for paid in self._reader.rows(select(Payment.__table__).where(Payment.number == number)):
            amount = str(Money(paid.amount, paid.currency))
            said = ", ".join(part for part in (amount, paid.reference) if part)
            found.append(self._row(paid, paid.at, "payment", paid.way, after=said))
            for void in self._reader.rows(select(PaymentVoid.__table__).where(PaymentVoid.payment == paid.id)):
                found.append(self._row(void, void.at, "payment", paid.way, said, _("Void"), void.reason))
        return found

    def charge(self, charge: UUID) -> list[VersionRow]:
        """Work that was taken off before it stood on an invoice."""
        code = self._reader.get(Charge, charge).code
        voids = self._reader.rows(select(ChargeVoid.__table__).where(ChargeVoid.charge == charge))
        return [
            self._row(void, instant(stamp_ms(void.k)), "charge", "code", code, _("Taken off"), void.reason)
            for void in voids
        ]

    def _row(
        self, row: Row[Any], at: datetime, part: str, field: str, before: str | None = None, after: str = "",
        why: str | None = None,
    ) -> VersionRow:  # fmt: skip
        where = station_word(self._stations, stamp_author(row.k))
        return VersionRow(at, self._people.get(row.by, ""), where, "", part, field, before, after, why)

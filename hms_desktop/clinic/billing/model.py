# SPDX-License-Identifier: Apache-2.0
"""Tables of the money: prices, charges, invoices with their frozen split, credit notes and payments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.billing.rules import WAYS
from hms_desktop.storage.columns import choice, day, exact, instant, link, minor, ref, text, whole
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.editions import Edition
from hms_desktop.storage.records import Fact


class Price(Edition, table="price"):
    """What one unit of a code costs from a day on; `payer` narrows it to one payer's tariff."""

    KEY = ("code", "payer", "currency")
    display: Mapped[str] = text()
    amount: Mapped[int] = minor()
    currency: Mapped[str] = text()
    payer: Mapped[str | None] = text(optional=True)


class Charge(Fact, table="charge", phi=True):
    """Work done that may be billed once (FHIR ChargeItem): source, code and quantity, never a price.

    `served` is the clinic's day of the service when it is known to be another than that of the row.
    """

    patient: Mapped[UUID] = link(index=True)
    encounter: Mapped[UUID | None] = link(optional=True, index=True)
    source: Mapped[UUID] = link(index=True)
    source_table: Mapped[str] = text()
    code: Mapped[str] = text(phi=True)
    quantity: Mapped[Decimal] = exact()
    served: Mapped[date | None] = day(optional=True)


class ChargeVoid(Fact, table="charge_void"):
    """A charge that is not to be billed, and why.

    It names its charge without binding it: a station that only appends here need not hold the charge.
    """

    charge: Mapped[UUID] = link(index=True)
    reason: Mapped[str] = text()
    by: Mapped[UUID] = link()


class Invoice(Fact, table="invoice", phi=True):
    """An issued invoice; totals in minor units of `currency`, payer_total + patient_total = total."""

    patient: Mapped[UUID] = link(index=True)
    number: Mapped[str] = text(index=True)
    issued_at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    currency: Mapped[str] = text()
    total: Mapped[int] = minor()
    payer_total: Mapped[int] = minor()
    patient_total: Mapped[int] = minor()
    coverage: Mapped[UUID | None] = link(optional=True)
    payer: Mapped[str | None] = text(phi=True, optional=True)
    replaces: Mapped[UUID | None] = ref("invoice", optional=True)


class InvoiceLine(Fact, table="invoice_line", phi=True):
    """One line as it was priced and split on the day of issue; `price_id` names the price that was used."""

    invoice: Mapped[UUID] = ref("invoice")
    charge: Mapped[UUID] = link(index=True)
    ordinal: Mapped[int] = whole()
    code: Mapped[str] = text(phi=True)
    display: Mapped[str] = text(phi=True)
    quantity: Mapped[Decimal] = exact()
    unit_price: Mapped[int] = minor()
    amount: Mapped[int] = minor()
    payer_amount: Mapped[int] = minor()
    patient_amount: Mapped[int] = minor()
    cover: Mapped[str] = text()
    price_id: Mapped[UUID] = link()


class InvoiceShare(Fact, table="invoice_share", phi=True):
    """One payer's part of an invoice, in minor units; `deductible` is what the patient paid towards its deductible."""

    invoice: Mapped[UUID] = ref("invoice")
    coverage: Mapped[UUID] = link(index=True)
    payer: Mapped[str] = text(phi=True)
    amount: Mapped[int] = minor()
    deductible: Mapped[int] = minor()


class CreditNote(Fact, table="credit_note", phi=True):
    """An invoice taken back as a whole; its charges may be billed again."""

    invoice: Mapped[UUID] = ref("invoice")
    patient: Mapped[UUID] = link(index=True)
    number: Mapped[str] = text(index=True)
    amount: Mapped[int] = minor()
    reason: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()


class Payment(Fact, table="payment", phi=True):
    """Money for one invoice by one way; rows with the same `number` are one receipt.

    Without an invoice it is the patient's credit. The way `credit` spends that credit on an invoice, and with a
    negative amount gives it back. `tendered` and `change` are of cash, on the first row of its tender. `drawer` is the
    session that the money came in.
    """

    invoice: Mapped[UUID | None] = ref("invoice", optional=True)
    patient: Mapped[UUID] = link(index=True)
    number: Mapped[str] = text(index=True)
    ordinal: Mapped[int] = whole()
    way: Mapped[str] = choice(*WAYS)
    amount: Mapped[int] = minor()
    currency: Mapped[str] = text()
    tendered: Mapped[int | None] = minor(optional=True)
    change: Mapped[int | None] = minor(optional=True)
    reference: Mapped[str | None] = text(optional=True, index=True)
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    drawer: Mapped[UUID | None] = ref("cash_session", optional=True)


class PaymentVoid(Fact, table="payment_void"):
    """A payment that did not happen or was given back, and why; `drawer` is the one that cash was given back from."""

    payment: Mapped[UUID] = ref("payment")
    reason: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    drawer: Mapped[UUID | None] = ref("cash_session", optional=True)


class CashSession(Fact, table="cash_session", owner="station"):
    """A drawer opened with a float, in minor units, by one cashier at one station, which alone may post into it."""

    station: Mapped[UUID] = link(index=True)
    place: Mapped[UUID] = link()
    opened_at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    float_amount: Mapped[int] = minor()
    currency: Mapped[str] = text()


class CashClose(Fact, table="cash_close"):
    """The blind count that closed a drawer, and why it differs when it does."""

    session: Mapped[UUID] = ref("cash_session")
    counted: Mapped[int] = minor()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    reason: Mapped[str | None] = text(optional=True)


class BillingConflict(ConflictFact, table="billing_conflict", phi=True):
    """An invoice paid twice, or two prices that stand together."""


class BillingConflictMember(MemberFact, table="billing_conflict_member", phi=True):
    """A record or head that stands against the others of its conflict."""


class BillingConflictSettlement(SettlementFact, table="billing_conflict_settlement", phi=True):
    """What a person decided about it."""

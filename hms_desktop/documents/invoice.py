# SPDX-License-Identifier: Apache-2.0
"""The invoice, and the estimate before it: every line split between payers and patient, exact to the minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from reportlab.platypus import Flowable, KeepTogether

from hms_desktop.core.errors import Refused
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, roll, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet
from hms_desktop.documents.tables import Column

_ROOMY = 400
"""The width in points from which the columns stand as they like; on less, words get what the numbers can spare."""


@dataclass(frozen=True)
class InvoiceLine:
    """One charge: `total` = what payer and patient pay together; `cover` says why in a word ('Part', 'Not covered')."""

    code: str
    item: str
    quantity: Decimal
    price: Money
    total: Money
    payer: Money
    patient: Money
    detail: str = ""
    cover: str = ""


@dataclass(frozen=True)
class PaymentLine:
    """A payment taken: receipt number, day, tender in words, amount."""

    number: str
    day: date
    tender: str
    amount: Money


@dataclass(frozen=True)
class Share:
    """What one payer pays of the whole."""

    payer: str
    amount: Money


@dataclass(frozen=True)
class Invoice:
    """An invoice as issued; sums are those frozen at issue and must agree with the lines.

    With `valid_until` it is an estimate made on the day of the run: it has no number and asks for no money. `shares`
    are told one by one when there are several payers; `sheet` None prints on the 80 mm roll.
    """

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    number: str
    issued: date | None
    lines: tuple[InvoiceLine, ...]
    total: Money
    payer_total: Money
    patient_total: Money
    due: Money
    payer: str = ""
    member: str = ""
    visit: str = ""
    prices: str = ""
    tax: str = ""
    payments: tuple[PaymentLine, ...] = ()
    credits: str = ""
    mark: Mark = Mark.NONE
    provisional: str = ""
    shares: tuple[Share, ...] = ()
    valid_until: date | None = None
    sheet: Sheet | None = Sheet.A4

    def __post_init__(self) -> None:
        for line in self.lines:
            self._same(line.payer + line.patient, line.total, line.item)
        for shown, parts in (
            (self.total, [line.total for line in self.lines]),
            (self.payer_total, [line.payer for line in self.lines]),
            (self.patient_total, [line.patient for line in self.lines]),
            *([(self.payer_total, [share.amount for share in self.shares])] if self.shares else []),
        ):
            self._same(_sum(parts, self.total.currency), shown, _("total"))

    def _same(self, found: Money, said: Money, where: str) -> None:
        if found != said:
            raise Refused(
                _(
                    "Invoice {number} does not add up at “{where}”: {found} is not {said}. "
                    "It was not printed; recalculate it."
                ).format(
                    number=self.number, where=where, found=wording.full_amount(found), said=wording.full_amount(said)
                )
            )


def render(invoice: Invoice) -> bytes:
    """The invoice or estimate as PDF."""
    title = _("Credit note") if invoice.credits else _("Invoice")
    if invoice.valid_until is not None:
        title = _("Estimate, not an invoice")
    notes = (_("Cancels {number}").format(number=invoice.credits),) if invoice.credits else ()
    cover = Cover(
        title, invoice.number, invoice.clinic, invoice.run, invoice.patient, invoice.mark, invoice.provisional, notes
    )
    if invoice.sheet is None:
        return roll.compose(cover, lambda width: _slip(invoice, width))
    return layout.compose(cover, invoice.sheet, lambda width: _body(invoice, width))


def _body(invoice: Invoice, width: float) -> list[Flowable]:
    blocks = [
        tables.facts(_facts(invoice), width),
        styles.gap(3),
        _lines(invoice, width),
        styles.gap(2),
        KeepTogether([tables.totals(_sums(invoice), width)]),
    ]
    if invoice.payments:
        blocks.append(KeepTogether([styles.gap(2), styles.heading(_("Payments")), _payments(invoice, width)]))
    return blocks + _small_print(invoice)


def _slip(invoice: Invoice, width: float) -> list[Flowable]:
    """The same on narrow paper: what the patient pays stands beside each line, how it comes about below it."""
    blocks = [tables.facts(_facts(invoice), width, 1), roll.Ruled()]
    blocks.append(_pair(_("Item"), _("Patient pays"), width, fonts.STRONG, 7.5))
    for line in invoice.lines:
        blocks += _slip_line(line, width)
    blocks.append(roll.Ruled())
    for label, amount, main in _sums(invoice):
        blocks.append(_pair(label, amount, width, fonts.BOLD if main else fonts.TEXT, 10.5 if main else 9))
    if invoice.payments:
        blocks.append(_pair(_("Payments"), "", width, fonts.STRONG))
        for paid in invoice.payments:
            blocks.append(_pair(paid.number, wording.amount(paid.amount), width))
            blocks.append(styles.text(f"{wording.day(paid.day)} \N{BULLET} {paid.tender}", 7.5, ink=styles.QUIET))
    return blocks + _small_print(invoice)


def _slip_line(line: InvoiceLine, width: float) -> list[Flowable]:
    told = _("{quantity} at {price}: {total}, scheme pays {scheme}").format(
        quantity=wording.quantity(line.quantity),
        price=wording.amount(line.price),
        total=wording.amount(line.total),
        scheme=wording.amount(line.payer),
    )
    below = " \N{BULLET} ".join(part for part in (line.code, line.detail, line.cover) if part)
    made: list[Flowable] = [_pair(line.item, wording.amount(line.patient), width, fonts.MEDIUM, share=0.74)]
    return made + [styles.text(words, 7.5, ink=styles.QUIET) for words in (told, below) if words]


def _pair(
    label: str, amount: str, width: float, font: str = fonts.TEXT, size: float = 9, share: float = 0.6
) -> Flowable:
    left, right = styles.text(label, size, font), styles.text(amount, size, font, align=styles.RIGHT)
    return tables.line(left, right, width, share=share)


def _small_print(invoice: Invoice) -> list[Flowable]:
    said = (invoice.tax, _reservation() if invoice.valid_until else "")
    return [block for words in said if words for block in (styles.gap(3), styles.text(words, 8, ink=styles.QUIET))]


def _reservation() -> str:
    return _(
        "This is what the work listed here would cost today. It asks for no money. The invoice follows the work that "
        "is done, and the prices and the cover when it is issued."
    )


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    issued = wording.day(invoice.issued) if invoice.issued else _("not issued yet")
    dates = [(_("Issued"), issued)]
    if invoice.valid_until is not None:
        dates = [(_("Made"), wording.day(invoice.run.at.date())), (_("Valid until"), wording.day(invoice.valid_until))]
    payers = ", ".join(share.payer for share in invoice.shares) or invoice.payer
    return [
        *dates,
        (_("Scheme"), payers or _("Patient pays")),
        (_("Visit"), invoice.visit),
        (_("Member"), invoice.member),
        (_("Prices"), invoice.prices),
        (_("Currency"), invoice.total.currency),
    ]


def _lines(invoice: Invoice, width: float) -> Flowable:
    right = styles.RIGHT
    shares = (13, 29, 9, 12, 12, 13, 13) if width >= _ROOMY else (9, 30, 12, 11, 12, 12, 14)
    code, item, quantity, price, total, scheme, patient = shares
    columns = (
        Column(_("Code"), code, font=fonts.CODE, size=8),
        Column(_("Item"), item),
        Column(_("Quantity"), quantity, right),
        Column(_("Price"), price, right),
        Column(_("Total"), total, right),
        Column(_("Scheme pays"), scheme, right),
        Column(_("Patient pays"), patient, right, fonts.STRONG),
    )
    return tables.listing(columns, [_line(line) for line in invoice.lines], width)


def _line(line: InvoiceLine) -> tuple[tables.Cell, ...]:
    below = " \N{BULLET} ".join(part for part in (line.detail, line.cover) if part)
    item: list[Flowable] = [styles.text(line.item, 9, fonts.MEDIUM)]
    if below:
        item.append(styles.text(below, 7.5, ink=styles.QUIET))
    return (
        line.code,
        item,
        wording.quantity(line.quantity),
        wording.amount(line.price),
        wording.amount(line.total),
        wording.amount(line.payer),
        wording.amount(line.patient),
    )


def _sums(invoice: Invoice) -> list[tuple[str, str, bool]]:
    """The sums at the foot: words, amount, whether it is one to look at."""
    rows = [
        (_("Total"), wording.full_amount(invoice.total), False),
        *_shares(invoice),
        (_("Patient pays"), wording.full_amount(invoice.patient_total), True),
    ]
    if invoice.payments:
        paid = _sum([payment.amount for payment in invoice.payments], invoice.total.currency)
        rows.append((_("Paid"), wording.full_amount(paid), False))
    if invoice.payments or invoice.due != invoice.patient_total:
        rows.append((_("Still to pay"), wording.full_amount(invoice.due), True))
    return rows


def _shares(invoice: Invoice) -> list[tuple[str, str, bool]]:
    """What each payer pays; one line when there is one at most."""
    if len(invoice.shares) < 2:
        return [(_("Scheme pays"), wording.full_amount(invoice.payer_total), False)]
    words = _("{payer} pays")
    return [(words.format(payer=one.payer), wording.full_amount(one.amount), False) for one in invoice.shares]


def _payments(invoice: Invoice, width: float) -> Flowable:
    columns = (
        Column(_("Receipt"), 30, font=fonts.CODE),
        Column(_("Day"), 20),
        Column(_("Paid by"), 30),
        Column(_("Amount"), 20, styles.RIGHT, fonts.STRONG),
    )
    rows = [(paid.number, wording.day(paid.day), paid.tender, wording.amount(paid.amount)) for paid in invoice.payments]
    return tables.listing(columns, rows, width)


def _sum(parts: list[Money], currency: str) -> Money:
    return list(accumulate(parts, initial=Money(0, currency)))[-1]

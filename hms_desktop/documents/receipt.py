# SPDX-License-Identifier: Apache-2.0
"""The receipt: what was paid, how, towards which invoices, what was given back and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from hms_desktop.core.errors import Refused
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, roll, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet


@dataclass(frozen=True)
class TenderLine:
    """One tender: its name ('Cash', 'Card'), the amount kept, what was handed over and given back (cash only)."""

    name: str
    amount: Money
    tendered: Money | None = None
    change: Money | None = None
    reference: str = ""


@dataclass(frozen=True)
class SettledLine:
    """How much of the payment went to an invoice (or 'Credit' for what was paid over)."""

    what: str
    amount: Money


@dataclass(frozen=True)
class Receipt:
    """A payment taken; `sheet` None prints on the 80 mm roll."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    number: str
    taken_at: datetime
    taken_by: str
    tenders: tuple[TenderLine, ...]
    settled: tuple[SettledLine, ...]
    total: Money
    balance: Money
    mark: Mark = Mark.NONE
    provisional: str = ""
    sheet: Sheet | None = None

    def __post_init__(self) -> None:
        kept = sum(tender.amount.minor for tender in self.tenders)
        used = sum(line.amount.minor for line in self.settled)
        short = any(
            tender.tendered is not None
            and tender.change is not None
            and tender.tendered - tender.change != tender.amount
            for tender in self.tenders
        )
        if kept != self.total.minor or used != self.total.minor or short:
            raise Refused(
                _(
                    "Receipt {number} does not add up, so it was not printed. Check the tenders and the "
                    "invoices it pays."
                ).format(number=self.number)
            )


def render(receipt: Receipt) -> bytes:
    """The receipt as PDF."""
    cover = Cover(
        _("Receipt"), receipt.number, receipt.clinic, receipt.run, receipt.patient, receipt.mark, receipt.provisional
    )
    if receipt.sheet is None:
        return roll.compose(cover, lambda width: _body(receipt, width))
    return layout.compose(cover, receipt.sheet, lambda width: _body(receipt, width))


def _body(receipt: Receipt, width: float) -> list[Flowable]:
    blocks: list[Flowable] = [_row(_("Paid for"), "", width, fonts.STRONG)]
    blocks += [_row(line.what, wording.amount(line.amount), width) for line in receipt.settled]
    blocks += [
        styles.gap(1.5),
        _row(_("Paid"), wording.full_amount(receipt.total), width, fonts.BOLD, 12),
        styles.gap(1.5),
    ]
    for tender in receipt.tenders:
        blocks += _tender(tender, width)
    blocks += [
        styles.gap(1.5),
        _row(_("Left to pay"), wording.full_amount(receipt.balance), width, fonts.STRONG),
        styles.gap(2),
        styles.text(_taken(receipt), 8),
    ]
    return blocks


def _tender(tender: TenderLine, width: float) -> list[Flowable]:
    name = f"{tender.name}, {tender.reference}" if tender.reference else tender.name
    rows: list[Flowable] = [_row(name, wording.amount(tender.amount), width)]
    if tender.tendered is not None:
        rows.append(_row(_("Handed over"), wording.amount(tender.tendered), width))
    if tender.change is not None:
        rows.append(_row(_("Change given"), wording.amount(tender.change), width))
    return rows


def _taken(receipt: Receipt) -> str:
    return _("Taken by {person}, {moment}").format(person=receipt.taken_by, moment=wording.moment(receipt.taken_at))


def _row(label: str, amount: str, width: float, font: str = fonts.TEXT, size: float = 9) -> Flowable:
    return tables.line(styles.text(label, size, font), styles.text(amount, size, font, align=styles.RIGHT), width)

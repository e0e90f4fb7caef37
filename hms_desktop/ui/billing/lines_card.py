# SPDX-License-Identifier: Apache-2.0
"""The lines of a draft or an issued invoice with who pays what, and the totals beneath, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.billing.queries import Cover, EstimateLine
from hms_desktop.clinic.billing.queries_documents import InvoiceLineRow
from hms_desktop.core.dates import show_day
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.billing.split_bar import SplitBar
from hms_desktop.ui.billing.words import cover_chip, figures, source_words
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.halves import Halves
from hms_desktop.ui.widgets.labels import Rule, Text
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class BillRow:
    """A line as it is shown, of a draft or of an issued invoice; amounts in minor units, `price` None if unknown."""

    charge: UUID
    code: str
    display: str
    sub: str
    quantity: Decimal
    price: int | None
    amount: int
    payers: int
    patient: int
    chip: ChipFace
    left_out: bool = False

    @property
    def id(self) -> UUID:
        """The charge that it bills."""
        return self.charge


@dataclass(frozen=True)
class Bill:
    """What the card shows: heading, chips, lines and totals in minor units."""

    title: str
    about: str
    chips: tuple[ChipFace, ...]
    rows: tuple[BillRow, ...]
    total: int
    payers: int
    patient: int
    currency: str
    payer: str = ""


def draft_rows(lines: Sequence[EstimateLine], aside: Sequence[EstimateLine], covers: Sequence[Cover]) -> list[BillRow]:
    """The lines of what is not invoiced yet, and below them those left out, which count for nothing."""
    out = []
    for line, gone in [*((line, False) for line in lines), *((line, True) for line in aside)]:
        charge = line.charge
        excluded = any(cover.terms.leaves_out(charge.code, charge.source_table) for cover in covers)
        chip = cover_chip(line.split.cover, priced=line.price is not None, excluded=excluded)
        out.append(
            BillRow(
                charge.id, charge.code, line.display, f"{source_words(charge.source_table)}, {show_day(charge.day)}",
                charge.quantity, line.price.amount if line.price else None, line.split.amount, line.split.payers,
                line.split.patient, ChipFace("neutral", _("Left out"), "minus") if gone else chip, gone,
            )
        )  # fmt: skip
    return out


def issued_rows(lines: Sequence[InvoiceLineRow]) -> list[BillRow]:
    """The frozen lines of an issued invoice."""
    return [
        BillRow(
            line.charge, line.code, line.display, source_words(line.source_table), line.quantity, line.unit_price,
            line.amount, line.payer_amount,
            line.patient_amount, cover_chip(line.cover),
        )
        for line in lines
    ]  # fmt: skip


class LinesCard(Card):
    """Heading with chips and buttons, the table of lines, and the totals."""

    def __init__(self, currency: str, parent: QWidget | None = None) -> None:
        super().__init__("", flush=True, parent=parent)
        self._bill: Bill | None = None
        self.title = Text("", "heading", figures="identifiers")
        self.about = Text("", "body", "secondary", wrap=True)
        self.chips = FlowRow(theme.space(3), theme.space(2))
        self.buttons = QHBoxLayout()
        self.table = self._make_table(currency)
        self.bar = SplitBar()
        self.foot = QWidget()
        self._totals = QVBoxLayout()
        self._sums: QWidget | None = None
        self._lay_out()

    def _lay_out(self) -> None:
        pad = theme.space(5)
        words = QVBoxLayout()
        words.setSpacing(theme.space(1))
        line = QHBoxLayout()
        line.setSpacing(theme.space(4))
        line.addWidget(self.title)
        line.addWidget(self.chips, 1)
        words.addLayout(line)
        words.addWidget(self.about)
        head = Halves(words, self.buttons, needs=lambda: line.sizeHint().width())
        head.set_margins(pad, theme.space(4), theme.space(4), theme.space(3))
        foot = QHBoxLayout(self.foot)
        foot.setContentsMargins(pad, theme.space(4), pad, theme.space(4))
        foot.setSpacing(theme.space(7))
        foot.addWidget(self.bar, 3)
        foot.addLayout(self._totals, 2)
        self.body.setSpacing(0)
        self.add(head)
        self.add(Rule())
        self.add(self.table, 1)
        self.add(Rule())
        self.add(self.foot)

    def _make_table(self, currency: str) -> Table:
        def money(minor: int | None, row: BillRow, *, strong: bool = False) -> Cell:
            if minor is None:
                return Cell("", spoken=_("no price"))
            tone = "tertiary" if row.left_out else "primary"
            return Cell(figures(minor, currency), tone=tone, strong=strong and not row.left_out)

        columns = [
            Column("code", _("Code"), lambda n: Cell(n.code, tone="secondary"), 112, figures="identifiers"),
            Column("item", _("Item"), _item_cell, 128, 1, fixed=True, wraps=True),
            Column("quantity", _("Qty"), lambda n: show_decimal(n.quantity), 46, end=True, figures="tables"),
            Column("price", _("Price"), lambda n: money(n.price, n), 80, end=True, figures="tables"),
            Column("total", _("Total"), lambda n: money(n.amount, n), 84, end=True, figures="tables"),
            Column("payers", _("Scheme pays"), lambda n: money(n.payers, n), 96, end=True, figures="tables"),
            Column(
                "patient", _("Patient pays"), lambda n: money(n.patient, n, strong=True), 96, end=True,
                figures="tables",
            ),
            Column("cover", _("Cover"), lambda n: Cell(chip=n.chip), 114),
        ]  # fmt: skip
        rows = from_list(lambda: self._bill.rows if self._bill else ())
        nothing = Notice("invoice", _("Nothing to invoice. Work that is done appears here by itself."))
        return Table(columns, rows, lambda n: n.id, name=_("Lines of the invoice"), two_lines=True, nothing_yet=nothing)

    def hasHeightForWidth(self) -> bool:
        """It fills the room it is given, and its table scrolls."""
        return False

    def show_bill(self, bill: Bill) -> None:
        """Show a draft or an invoice."""
        self._bill = bill
        self.title.setText(bill.title)
        self.about.setText(bill.about)
        self.chips.fill([Chip.of(face) for face in bill.chips])
        self.setAccessibleName(bill.title)
        currency = bill.currency
        scheme, patient = Money(bill.payers, currency), Money(bill.patient, currency)
        self.bar.show_shares(
            _("Scheme {amount}").format(amount=scheme), _("Patient {amount}").format(amount=patient), bill.payers,
            bill.total,
        )  # fmt: skip
        self._show_sums(bill)
        self.table.reload()

    def _show_sums(self, bill: Bill) -> None:
        if self._sums is not None:
            self._totals.removeWidget(self._sums)
            self._sums.hide()
            self._sums.deleteLater()
        self._sums = QWidget()
        column = QVBoxLayout(self._sums)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        total, payers = Money(bill.total, bill.currency), Money(bill.payers, bill.currency)
        column.addWidget(Pairs([(_("Total"), str(total)), (_("Scheme pays"), str(payers))], ends=True))
        column.addWidget(Rule())
        last = QHBoxLayout()
        last.addWidget(Text(_("Patient pays"), "subheading"))
        last.addStretch(1)
        amount = Text(str(Money(bill.patient, bill.currency)), "title", figures="tables")
        amount.setAccessibleName(_("Patient pays {amount}").format(amount=amount.text()))
        self.patient_pays = amount
        last.addWidget(amount)
        column.addLayout(last)
        self._totals.addWidget(self._sums)

    def current(self) -> BillRow | None:
        """The line that the keyboard is on."""
        row: Any = self.table.current_row()
        return row if isinstance(row, BillRow) else None


def _item_cell(row: BillRow) -> Cell:
    tone = "tertiary" if row.left_out else "primary"
    return Cell(row.display, sub=row.sub, tone=tone, strong=not row.left_out)

# SPDX-License-Identifier: Apache-2.0
"""Every document of the account below the invoice: invoices, receipts and credit notes, with their state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing.queries_account import AccountDocument
from hms_desktop.core.dates import show_day
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.ui.billing.account_facts import Account
from hms_desktop.ui.billing.words import document_chip, document_words, figures
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column


class EarlierCard(Card):
    """A small table of documents; Enter on one does its main act (see `table.chosen`)."""

    def __init__(
        self, zone: ZoneInfo, currency: str, history: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(_("Account"), flush=True, parent=parent)
        self._zone, self._currency = zone, currency
        self._account: Account | None = None
        columns = [
            Column("day", _("Date"), lambda n: self._day(n.at), 118, sort="day", figures="tables"),
            Column("number", _("Document"), lambda n: n.number, 150, sort="number", figures="identifiers"),
            Column("what", _("What"), lambda n: document_words(n, zone), 160, 1),
            Column("amount", _("Amount"), self._amount, 92, end=True, figures="tables"),
            Column("state", _("State"), lambda n: Cell(chip=document_chip(n, currency)), 150),
        ]
        sorts = {"day": lambda n: n.at, "number": lambda n: n.number}
        self.table = Table(
            columns, from_list(self._documents, sorts), lambda n: n.subject, name=_("Documents of the account"),
            nothing_yet=Notice("receipt", _("No invoice and no receipt so far.")),
        )  # fmt: skip
        self.body.setSpacing(0)
        self.add(self.table, 1)
        self.history = Button(_("History"), "quiet", icon="clock-counter-clockwise", key="H", clicked=history)
        self.history.setToolTip(_("What it said before, who changed it, when, where and why"))
        self.add_to_head(self.history)

    def hasHeightForWidth(self) -> bool:
        """It fills the room it is given, and its table scrolls."""
        return False

    def show_account(self, account: Account) -> None:
        """Show the documents of an account."""
        self._account = account
        owed = Money(account.outstanding, account.currency)
        self.set_heading(_("Account"), _("{amount} owed on invoices").format(amount=owed))
        if self.table.rows.total is None:
            self.table.reload()
        else:
            self.table.notice_changes()

    def current(self) -> AccountDocument | None:
        """The document that the keyboard is on."""
        row: Any = self.table.current_row()
        return row if isinstance(row, AccountDocument) else None

    def _documents(self) -> tuple[AccountDocument, ...]:
        return self._account.documents if self._account else ()

    def _amount(self, document: AccountDocument) -> str:
        return figures(document.amount, self._currency) if document.kind != "charge" else ""

    def _day(self, at: datetime) -> str:
        return show_day(at.astimezone(self._zone).date())

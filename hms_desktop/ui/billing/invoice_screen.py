# SPDX-License-Identifier: Apache-2.0
"""The cash desk: who is to be billed, and one account at a time from estimate to receipt (picture 07)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hms_desktop.clinic.billing import service, service_account, service_checkout, service_payments
from hms_desktop.clinic.billing.queries_documents import InvoiceRow, invoice_row
from hms_desktop.clinic.billing.queries_drawer import Drawer, drawer
from hms_desktop.clinic.billing.rules import CARD, CASH, Tender, way_word
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.money import Money
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.billing import dialogs
from hms_desktop.ui.billing.account_facts import ACCOUNT_TABLES, LISTED_TABLES, Account, read_account
from hms_desktop.ui.billing.account_view import AccountActs, AccountView
from hms_desktop.ui.billing.document_history import show_document_history
from hms_desktop.ui.billing.lines_card import BillRow
from hms_desktop.ui.billing.list_view import ListView
from hms_desktop.ui.billing.paper import show_receipt
from hms_desktop.ui.billing.pay_parts import OTHER, Outcome
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.routes import BillingDesk, ConflictInbox, Route
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.patient_amended import list_name


class BillingPage(Page):
    """The list until somebody is chosen; then their account, with the banner above it."""

    def __init__(self, desk: Desk, route: BillingDesk) -> None:
        super().__init__(desk)
        self.title, self.context = _("Billing"), _("Invoices to finish")
        self._invoice: UUID | None = None
        self._way = ""
        self._fresh = self._behind = False
        self._later: Callable[[], object] | None = None
        self.list = ListView(desk, lambda patient: desk.routes.open(BillingDesk(patient=patient)))
        self.view = AccountView(desk, self._acts())
        self.view.pay.take_wanted.connect(self._ask_to_take)
        self.view.draft_wanted.connect(self._keep_draft)
        self.view.earlier.table.chosen.connect(lambda _row: self.open_document())
        self.list.table.current_changed.connect(lambda _line: self.tell())
        self._panes = QStackedWidget()
        self._panes.addWidget(self.list)
        self._panes.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._panes)
        self.setFocusProxy(self.list)
        desk.tasks.changed.connect(self._changed)
        self.list.refresh()
        self.visit(route)

    def _acts(self) -> AccountActs:
        may, knows = self.desk.may, self.desk.routes.knows
        return AccountActs(
            preview=self.preview,
            history=self.show_history,
            add_item=self.add_item if may("invoice.issue") else None,
            issue=self.issue if may("invoice.issue") else None,
            credit_note=self.credit_note if may("invoice.credit") else None,
            open_drawer=self.drawer if may("drawer.use") else None,
            close_drawer=self.drawer if may("drawer.use") else None,
            take_over=self.take_over if may("drawer.close_any") else None,
            settle=(lambda: self.desk.routes.open(ConflictInbox())) if knows(ConflictInbox) else None,
            show_draft=self.show_draft,
            alert=self._alert,
        )

    def keys(self) -> Sequence[Key]:
        """The acts of the list, or of the account that is open."""
        return self._account_keys() if self.patient is not None else self._list_keys()

    def _list_keys(self) -> list[Key]:
        some = lambda: self.list.line() is not None  # noqa: E731
        keys = [Key("E", _("Open the account"), self.list.open_current, "arrow-right", hint=True, enabled=some)]
        if self.desk.may("payment.take"):
            take = partial(self.open_and_take, CASH)
            keys.append(Key("F7", _("Take cash"), take, "money", hint=True, enabled=some))
        if self.desk.may("drawer.use"):
            keys.append(Key("D", _("Cash drawer"), self.drawer, "calculator"))
        return keys

    def _account_keys(self) -> list[Key]:
        view, may = self.view, self.desk.may
        draft, issued = (lambda: view.is_draft), (lambda: self._shown() is not None)
        line = lambda: view.lines.current() is not None and self._shown() is None  # noqa: E731
        keys = [
            Key(
                "Ctrl+P",
                _("Preview the invoice or the estimate"),
                self.preview,
                "eye",
                enabled=lambda: view.is_draft or self._shown() is not None,
            ),
            Key("]", _("Next patient"), lambda: self._go(1), "caret-right"),
            Key("[", _("Patient before"), lambda: self._go(-1), "caret-left"),
            Key("H", _("History of the document"), self.show_history, "clock-counter-clockwise"),
            Key("N", _("Show what is not invoiced"), self.show_draft, "note-pencil"),
        ]
        if may("invoice.issue"):
            keys.insert(0, Key("I", _("Issue the invoice"), self.issue, "invoice", hint=True, enabled=draft))
            adding = Key("A", _("Add an item"), self.add_item, "plus", hint=True, enabled=lambda: self._shown() is None)
            keys.insert(1, adding)
            keys.append(Key("L", _("Leave the line out, or take it in"), self.leave_out, "minus", enabled=line))
        if may("charge.void"):
            keys.append(Key("Del", _("Take the line off for good"), self.void_charge, "trash", enabled=line))
        if may("invoice.credit"):
            keys.append(Key("C", _("Take the invoice back"), self.credit_note, "arrow-u-up-left", enabled=issued))
        if may("payment.void"):
            keys.append(Key("V", _("Void the receipt"), self.void_receipt, "prohibit"))
        if may("drawer.use"):
            keys.append(Key("D", _("Cash drawer"), self.drawer, "calculator"))
        return keys + (self._pay_keys() if may("payment.take") else [])

    def _pay_keys(self) -> list[Key]:
        pay = self.view.pay
        due = lambda: not pay.form.isHidden()  # noqa: E731
        return [
            Key("F7", _("Cash"), partial(pay.choose_way, CASH), "money", hint=True, enabled=due),
            Key("F8", _("Card"), partial(pay.choose_way, CARD), "credit-card", enabled=due),
            Key("F9", _("Mobile money"), partial(pay.choose_way, "mobile"), "device-mobile", enabled=due),
            Key("F11", _("Another way"), partial(pay.choose_way, OTHER), "wallet", enabled=due),
            Key("Ctrl+M", _("Pay the rest another way"), pay.add_tender, "plus", enabled=due),
            Key("Ctrl+Return", _("Take the payment"), pay.finish, "printer", enabled=due),
        ]

    # places

    def visit(self, route: Route) -> bool:
        """The list, a patient's account, or one invoice."""
        if not isinstance(route, BillingDesk):
            return False
        self._keep_draft()
        if route.patient is not None:
            self._open(route.patient, route.invoice)
        elif route.invoice is not None:
            query = partial(invoice_row, invoice=route.invoice)
            self.desk.tasks.read(query, self._open_invoice, self.desk.show_error, owner=self)
        else:
            self._close()
        return True

    def _open_invoice(self, row: InvoiceRow) -> None:
        self._open(row.patient, row.id)

    def open_and_take(self, way: str) -> None:
        """Open the current line's account with the keyboard in the amount."""
        self._way = way
        self.list.open_current()

    def _open(self, patient: UUID, invoice: UUID | None) -> None:
        """The look is written down first; then the account is read."""
        self._later = None
        self._invoice, self._fresh = invoice, True
        self.view.left_out, self.view.use_cover = frozenset(), True
        self.desk.tasks.run(
            partial(service_account.open_account, patient=patient), self._opened, self._not_opened, owner=self
        )

    def _opened(self, patient: UUID) -> None:
        self.patient = patient
        self.view.pay.start_over()
        self.tell()
        self.desk.drafts.load(_draft_key(patient), self._put_back, owner=self)

    def _not_opened(self, error: ClinicError) -> None:
        self._way = ""
        self.desk.show_error(error)

    def _put_back(self, kept: dict[str, Any] | None) -> None:
        if kept:
            self.view.left_out = frozenset(UUID(charge) for charge in kept.get("left_out", ()))
            self.view.pay.put_back(kept.get("pay", {}))
        self._read()

    def _close(self) -> None:
        self._later = None
        self.patient, self._invoice = None, None
        self.context = _("Invoices to finish")
        self._panes.setCurrentWidget(self.list)
        self.setFocusProxy(self.list)
        self.list.table.setFocus()
        self.list.refresh()
        self.tell()

    def _go(self, by: int) -> None:
        if self.patient is not None and (other := self.list.beside(self.patient, by)) is not None:
            self.desk.routes.open(BillingDesk(patient=other))

    # what is shown

    def refresh(self) -> None:
        """Read again what is shown."""
        self._read()
        self.list.refresh()

    def _read(self) -> None:
        if self.patient is None:
            return
        self._behind = True
        query = partial(
            read_account, patient=self.patient, invoice=self._invoice, left_out=self.view.left_out,
            use_cover=self.view.use_cover,
        )  # fmt: skip
        self.desk.tasks.read(query, self._show, lambda e: self.desk.show_error(e, self._read), owner=self,
                             replaces="account")  # fmt: skip

    def _show(self, account: Account) -> None:
        if self.patient != account.name.patient:
            return
        first, self._fresh = self._fresh, False
        self._behind = False
        self.view.show_account(account, self.desk.now())
        self._panes.setCurrentWidget(self.view)
        self.setFocusProxy(self.view)
        head = self._shown()
        self.context = _("Invoice {number}").format(number=head.number) if head else _("New invoice")
        if first:
            self.view.take_focus()
        if self._way and not self.view.pay.form.isHidden():
            self.view.pay.choose_way(self._way)
        self._way = ""
        self.tell()
        later, self._later = self._later, None
        if later is not None:
            later()

    def _changed(self, changes: Changes) -> None:
        if self.patient is not None and changes.touch(*ACCOUNT_TABLES):
            self._read()
        if changes.touch(*LISTED_TABLES):
            self.list.refresh()

    def _shown(self) -> InvoiceRow | None:
        """The issued invoice that is shown, or None while it is a draft."""
        account = self.view.account
        return account.page.head if account is not None and account.page is not None else None

    # acts on the bill

    def issue(self) -> None:
        """Ask, then freeze the draft as an invoice."""
        account = self.view.account
        if self._behind:  # what is shown may be an invoice by now: asked once it was read again
            self._later = self.issue
            return
        if account is None or not self.view.is_draft:
            return
        bill = self.view.bill(account)
        count = len(self.view.chosen)
        title = ngettext("Issue an invoice over {n} line for {name}?", "Issue an invoice over {n} lines for {name}?",
                         count).format(n=count, name=list_name(account.name))  # fmt: skip
        money = partial(Money, currency=account.currency)
        facts = [(_("Total"), str(money(bill.total))), (_("Scheme pays"), str(money(bill.payers))),
                 (_("Patient pays"), str(money(bill.patient)))]  # fmt: skip
        text = _("It gets its number on this station and can't be changed afterwards, only taken back.")
        act = partial(service.issue_invoice, patient=account.name.patient, charges=self.view.chosen,
                      use_cover=self.view.use_cover)  # fmt: skip
        ask_first(
            self, title, text, _("Issue the invoice"), partial(self._issue, account.name.patient, act), facts=facts
        )

    def _issue(self, patient: UUID, act: Callable[[Any], UUID]) -> None:
        """Do what was asked, also when the account has changed since."""
        self.desk.tasks.run(act, partial(self._issued, patient), self.desk.show_error, owner=self)

    def _issued(self, patient: UUID, invoice: UUID) -> None:
        self.desk.toast(_("Invoice issued"))
        if self.patient == patient:  # else somebody else's account was opened meanwhile
            self._invoice = invoice
            self._read()

    def show_draft(self) -> None:
        """Show what is not invoiced yet."""
        self._invoice = None
        self._read()

    def add_item(self) -> None:
        """Add something that no event raised; the draft shows it."""
        assert self.patient is not None  # the key is one of an open account
        dialogs.ask_item(self.desk, self, self.patient, self._added)

    def _added(self, _charge: UUID) -> None:
        self.desk.toast(_("Item added"))
        self.show_draft()

    def leave_out(self) -> None:
        """Leave the current line out of the invoice, or take it in again."""
        self._leave(self._row().charge)

    def _row(self) -> BillRow:
        """The current line; the keys on it work only while there is one."""
        row = self.view.lines.current()
        assert row is not None
        return row

    def _leave(self, charge: UUID) -> None:
        self.view.left_out = self.view.left_out ^ {charge}
        self._keep_draft()
        self._read()

    def void_charge(self) -> None:
        """Take the current line off for good, with a reason."""
        dialogs.ask_void_charge(self.desk, self, self._row(), lambda _none: self.desk.toast(_("Taken off")))

    def credit_note(self) -> None:
        """Take the shown invoice back."""
        head = self._shown()
        if head is not None and not head.credit_note:
            dialogs.ask_credit_note(self.desk, self, head, self._credited)

    def _credited(self, _note: UUID) -> None:
        self.desk.toast(_("Credit note issued. The lines can be invoiced anew."))
        self.show_draft()

    def _alert(self, name: str) -> None:
        if name.startswith("leave:"):
            self._leave(UUID(name.removeprefix("leave:")))
        elif name == "settle":
            self.desk.routes.open(ConflictInbox())
        else:
            self.view.use_cover = name == "cover"
            self._read()

    # money

    def _ask_to_take(self, tenders: tuple[Tender, ...], keep: bool, seen: Outcome) -> None:
        account = self.view.account
        if account is None or self.view.pay.go.busy:
            return
        if self._behind:
            self._later = self.view.pay.finish
            return
        money = partial(Money, currency=account.currency)
        facts = [(way_word(tender.way), str(money(tender.given))) for tender in tenders]
        if seen.change:
            facts.append((_("Change to give"), str(money(seen.change))))
        if seen.credit:
            facts.append((_("More than is due, kept as credit"), str(money(seen.credit))))
        if seen.left:
            facts.append((_("Stays due"), str(money(seen.left))))
        amount = money(seen.taken + seen.credit)
        title = _("Take {amount} from {name}?").format(amount=amount, name=list_name(account.name))
        text = _("This also issues the invoice, which can't be changed afterwards.") if self.view.is_draft else ""
        take = partial(self._take, account.name.patient, self._taking(account.name.patient, tenders, keep))
        ask_first(self, title, text, _("Take {amount} and print").format(amount=amount), take, facts=facts)

    def _taking(self, patient: UUID, tenders: tuple[Tender, ...], keep: bool) -> Callable[[Any], str]:
        head = self._shown()
        if head is not None:
            return partial(service_payments.take_payment, patient=patient, tenders=tenders,
                           invoices=[head.id, *self.view.paid_too], keep=keep)  # fmt: skip
        return partial(service_checkout.issue_and_take, patient=patient, charges=self.view.chosen, tenders=tenders,
                       use_cover=self.view.use_cover, keep=keep, invoices=self.view.paid_too)  # fmt: skip

    def _take(self, patient: UUID, act: Callable[[Any], str]) -> None:
        """Do what was asked, also when the account has changed since."""
        self.view.pay.go.set_busy(True)
        forget = partial(self.desk.drafts.drop, _draft_key(patient))  # in any case: it must not be taken twice
        done, failed = partial(self._taken, patient, forget), partial(self._not_taken, patient)
        self.desk.tasks.run(act, done, failed, owner=self, left=forget)

    def _taken(self, patient: UUID, forget: Callable[[], object], number: str) -> None:
        self.view.pay.go.set_busy(False)
        forget()
        self.desk.toast(_("Receipt {number}").format(number=number))
        if self.patient == patient:  # else somebody else's account was opened meanwhile
            self.view.pay.start_over()
            self._read()
        show_receipt(self.desk, self, number)

    def _not_taken(self, patient: UUID, error: ClinicError) -> None:
        self.view.pay.go.set_busy(False)
        shown = self.patient == patient
        if not (shown and isinstance(error, BadInput) and self.view.pay.show_refusal(error)):
            self.desk.show_error(error)

    def void_receipt(self) -> None:
        """Void the receipt that is chosen under the invoice."""
        document = self.view.earlier.current()
        if document is not None and document.kind == "receipt" and document.state == "taken":
            dialogs.ask_void_receipt(self.desk, self, document, lambda _none: self.desk.toast(_("Receipt void")))
        else:
            self.desk.hint(_("Choose a receipt under Account first (F6 goes there)."))

    def drawer(self) -> None:
        """Open the drawer of this station, or count and close it."""
        self.desk.tasks.read(drawer, self._show_drawer, self.desk.show_error, owner=self)

    def take_over(self, other: Drawer) -> None:
        """Have the drawer of a station that is out of use belong to this one, with why."""
        dialogs.ask_take_over(self.desk, self, other, lambda _none: self.desk.toast(_("Drawer taken over: count it")))

    def _show_drawer(self, held: Drawer | None) -> None:
        if held is None:
            dialogs.ask_open_drawer(self.desk, self, lambda _session: self.desk.toast(_("Drawer open")))
        else:
            dialogs.ask_close_drawer(self.desk, self, held, self._drawer_closed)

    def _drawer_closed(self, difference: int) -> None:
        amount = Money(difference, self.desk.place.currency)
        exact = _("Drawer closed, the count is exact")
        self.desk.toast(_("Drawer closed, it differs by {amount}").format(amount=amount) if difference else exact)

    # paper

    def preview(self) -> None:
        """Show the invoice as it prints, or what the draft would come to as an estimate."""
        head = self._shown()
        if head is not None:
            show_paper(self.desk, self, "invoice", head.id)
        elif self.patient is not None:
            show_paper(self.desk, self, "estimate", self.patient, charges=self.view.chosen,
                       use_cover=self.view.use_cover)  # fmt: skip

    def open_document(self) -> None:
        """Show the chosen invoice above, or the chosen receipt in the preview."""
        document = self.view.earlier.current()
        assert document is not None  # one of them was chosen
        if document.kind == "receipt":
            show_paper(self.desk, self, "receipt", document.subject)
        else:
            self._invoice = document.invoice
            self._read()

    def show_history(self) -> None:
        """Show what happened to the chosen document, or to the invoice above: who, when, where and why."""
        document, shown = self.view.earlier.current(), self._shown()
        if document is not None:
            show_document_history(self.desk, self, document.kind, document.subject, document.number)
        elif shown is not None:
            show_document_history(self.desk, self, "invoice", shown.id, shown.number)
        else:
            self.desk.hint(_("Choose a document under Account first (F6 goes there)."))

    # drafts

    def _keep_draft(self) -> None:
        if self.patient is None:
            return
        pay, left_out = self.view.pay.kept(), [str(charge) for charge in self.view.left_out]
        if pay or left_out:
            self.desk.drafts.save(_draft_key(self.patient), {"pay": pay, "left_out": left_out}, _("Payment"))
        elif not self._fresh:
            self.desk.drafts.drop(_draft_key(self.patient))

    def has_unsaved(self) -> bool:
        """Nothing is lost on leaving: what is typed is kept as a draft at once."""
        return self.patient is not None and self.view.pay.form.has_unsaved()

    def save_draft(self) -> None:
        """Keep what is typed, now."""
        self.view.pay.form.save_draft()
        self._keep_draft()


def _draft_key(patient: UUID) -> str:
    return f"billing {patient}"

# SPDX-License-Identifier: Apache-2.0
"""One person's account as the cash desk works on it (picture 07): the bill left, cover, payment and drawer right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.billing.queries_account import AccountDocument
from hms_desktop.clinic.billing.queries_documents import InvoicePage
from hms_desktop.clinic.billing.queries_drawer import Drawer
from hms_desktop.core.dates import show_day
from hms_desktop.core.money import Money
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.billing.account_facts import Account
from hms_desktop.ui.billing.earlier_card import EarlierCard
from hms_desktop.ui.billing.lines_card import Bill, LinesCard, draft_rows, issued_rows
from hms_desktop.ui.billing.pay_card import Due, PayCard
from hms_desktop.ui.billing.side_cards import Refilled, cover_card, credit_card, drawer_card
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.rolling import Rolling
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import WorklistDetail

Act = Callable[[], object]


@dataclass(frozen=True)
class AccountActs:
    """What the buttons do; None leaves a button out because the person may not."""

    preview: Act
    history: Act
    add_item: Act | None
    issue: Act | None
    credit_note: Act | None
    open_drawer: Act | None
    close_drawer: Act | None
    take_over: Callable[[Drawer], object] | None
    settle: Act | None
    show_draft: Act
    alert: Callable[[str], object]


class AccountView(QWidget):
    """Shows an account; `left_out` are charges of the draft that stay off this invoice. `draft_wanted` when what a
    person chose or typed is to be kept."""

    draft_wanted = Signal()

    def __init__(self, desk: Desk, acts: AccountActs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._acts = desk, acts
        self.account: Account | None = None
        self.left_out: frozenset[UUID] = frozenset()
        self.use_cover = True
        currency = desk.place.currency
        self.alert = Refilled()
        self.lines = LinesCard(currency)
        self.earlier = EarlierCard(desk.place.zone, currency, acts.history)
        self.cover, self.credit, self.drawer = Refilled(), Refilled(), Refilled()
        self.pay = PayCard(currency)
        self.pay.draft_wanted.connect(self.draft_wanted)
        self.preview = Button(_("Preview"), icon="eye", key="Ctrl+P", clicked=acts.preview)
        self.add = Button(_("Add item"), icon="plus", key="A", clicked=acts.add_item)
        self.issue = Button(_("Issue invoice"), icon="invoice", key="I", clicked=acts.issue)
        self.credit_note = Button(_("Take back"), icon="arrow-u-up-left", key="C", clicked=acts.credit_note)
        self.to_draft = Button("", icon="note-pencil", key="N", clicked=acts.show_draft)
        for button in (self.to_draft, self.preview, self.credit_note, self.add, self.issue):
            self.lines.buttons.addWidget(button)
        self._lay_out()

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        column.addWidget(self.alert)
        column.addWidget(self.lines, 1)
        column.addWidget(self.earlier, 1)
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(theme.space(4))
        for part in (self.pay, self.cover, self.credit, self.drawer):
            side.addWidget(part)
        side.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.split = WorklistDetail(left, right, share=72)
        whole.addWidget(Rolling(self.split, together=True))
        self.setFocusProxy(self.lines.table)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "split"):
            self._fit()

    def _fit(self) -> None:
        self.lines.setMinimumHeight(theme.grow(340))
        self.earlier.setMinimumHeight(theme.grow(150))
        if (side := self.split.splitter.widget(1)) is not None:
            side.setMinimumWidth(theme.grow(352))

    # what is shown

    @property
    def chosen(self) -> tuple[UUID, ...]:
        """The charges of the draft that go on the invoice."""
        return tuple(line.charge.id for line in self.account.draft.lines) if self.account else ()

    @property
    def is_draft(self) -> bool:
        """Whether the bill shown is not issued yet and has lines."""
        return self.account is not None and self.account.page is None and bool(self.account.draft.lines)

    @property
    def due(self) -> int:
        """What the bill shown asks of the patient, in minor units."""
        account = self.account
        if account is None:
            return 0
        if account.page is not None:
            return account.page.head.outstanding
        return account.draft.patient_pays

    def show_account(self, account: Account, now: datetime) -> None:
        """Show what was read."""
        self.account = account
        self.left_out = frozenset(line.charge.id for line in account.aside)
        bill = self.bill(account)
        self.lines.show_bill(bill)
        self.earlier.show_account(account)
        acts = self._acts
        self.cover.fill(cover_card(account, now, acts.settle))
        self.credit.fill(credit_card(account))
        may = self._desk.may("drawer.use")
        station = self._desk.place.station
        held = (account.drawer, account.elsewhere, station, acts.open_drawer, acts.close_drawer, acts.take_over)
        self.drawer.fill(drawer_card(*held) if may else None)
        self.alert.fill(self._alert(account))
        self._show_buttons(account)
        self._show_due(account)

    def bill(self, account: Account) -> Bill:
        """The bill of an account as the card shows it."""
        page = account.page
        return self._issued(account, page) if page is not None else self._draft(account)

    def _draft(self, account: Account) -> Bill:
        draft = account.draft
        rows = draft_rows(draft.lines, account.aside, draft.covers)
        days = sorted({line.charge.day for line in (*draft.lines, *account.aside)})
        about = _("Work of {day}. Prices of the day of service.").format(day=show_day(days[-1])) if days else ""
        chips = [ChipFace("neutral", _("Draft"), "circle-dashed")] if rows else []
        if account.saved_here & {row.id for row in rows}:
            chips.append(saved_here())
        return Bill(_("New invoice"), about, tuple(chips), tuple(rows), draft.total, draft.payers,
                    draft.patient_pays, account.currency)  # fmt: skip

    def _issued(self, account: Account, page: InvoicePage) -> Bill:
        head = page.head
        day = show_day(head.issued_at.astimezone(self._desk.place.zone).date())
        about = _("Issued {day}. It can't be changed: take it back by a credit note instead.").format(day=day)
        state = {
            "issued": ChipFace("info", _("Issued"), "lock-simple"),
            "balanced": ChipFace("success", _("Paid")),
            "overpaid": ChipFace("conflict", _("Paid twice"), "git-merge"),
            "cancelled": ChipFace("neutral", _("Taken back by {note}").format(note=head.credit_note or ""),
                                  "arrow-u-up-left"),
        }[head.state]  # fmt: skip
        chips = [state, *([saved_here()] if head.id in account.saved_here else [])]
        rows = tuple(issued_rows(page.lines))
        return Bill(_("Invoice {number}").format(number=head.number), about, tuple(chips), rows, head.total,
                    head.payer_total, head.patient_total, head.currency, head.payer or "")  # fmt: skip

    def _show_buttons(self, account: Account) -> None:
        page, acts = account.page, self._acts
        count = len(account.draft.lines)
        waiting = count + len(account.aside)
        words = ngettext("{n} line not invoiced", "{n} lines not invoiced", waiting).format(n=waiting)
        self.to_draft.set_words(words)
        self.to_draft.setVisible(page is not None and waiting > 0)
        self.preview.set_words(_("Estimate") if page is None else _("Preview"))
        self.preview.setVisible(page is not None or count > 0)
        self.add.setVisible(page is None and acts.add_item is not None)
        self.issue.setVisible(page is None and acts.issue is not None and count > 0)
        can = page is not None and not page.head.credit_note
        self.credit_note.setVisible(can and acts.credit_note is not None)

    def _show_due(self, account: Account) -> None:
        others = sum(document.outstanding for document in self._others(account))
        self.pay.show_due(Due(self.due, account.currency, account.credit, others, self._why_not(account)))

    @property
    def paid_too(self) -> list[UUID]:
        """The other invoices that the money is for, the oldest first; none unless that is ticked."""
        if self.account is None or not self.pay.pays_others:
            return []
        return [document.subject for document in reversed(self._others(self.account))]

    def _others(self, account: Account) -> list[AccountDocument]:
        shown = account.page.head.id if account.page is not None else None
        return [d for d in account.documents if d.outstanding and d.subject != shown]

    def _why_not(self, account: Account) -> str:
        if not self._desk.may("payment.take"):
            return _("View only: taking money needs the cashier's right.")
        if self.is_draft and not self._desk.may("invoice.issue"):
            return _("A cashier issues the invoice first.")
        return ""

    def _alert(self, account: Account) -> QWidget | None:
        """What stands in the way of the invoice, with the ways on."""
        if account.page is not None:
            return self._overpaid(account.page)
        unpriced = account.draft.unpriced
        if unpriced:
            first = unpriced[0].charge
            title = _("{code} has no price on {day}").format(code=first.code, day=show_day(first.day))
            face = AlertFace(title, _("A manager adds it to the price list, or it stays off this invoice."),
                             acts=(AlertAct(f"leave:{first.id}", _("Leave out")),))  # fmt: skip
            return self._bar(face)
        doubted = next((cover for cover in account.covers if cover.contested), None)
        if doubted is not None and self.use_cover:
            acts = [AlertAct("patient", _("Patient pays"))]
            if self._acts.settle is not None:
                acts.insert(0, AlertAct("settle", _("Compare")))
            title = _("Two versions of the cover by {payer} stand").format(payer=doubted.payer)
            return self._bar(AlertFace(title, _("Settle it before the scheme is billed."), acts=tuple(acts)))
        if not self.use_cover:
            face = AlertFace(_("The patient pays all of it"), _("The cover is left aside for this invoice."),
                             acts=(AlertAct("cover", _("Use the cover")),))  # fmt: skip
            return self._bar(face)
        return None

    def _overpaid(self, page: InvoicePage) -> QWidget | None:
        head = page.head
        if head.state != "overpaid":
            return None
        over = Money(head.paid - head.patient_total, head.currency)
        title = _("Invoice {number} was paid {amount} too much").format(number=head.number, amount=over)
        acts = (AlertAct("settle", _("Settle")),) if self._acts.settle is not None else ()
        return self._bar(AlertFace(title, _("Void one payment, or keep it as the patient's credit."), acts=acts))

    def _bar(self, face: AlertFace) -> CheckBar:
        bar = CheckBar(face)
        bar.acted.connect(self._acts.alert)
        return bar

    def take_focus(self) -> None:
        """The keyboard starts on the lines."""
        self.lines.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.lines.table.current_row() is None:
            self.lines.table.view.go_to(0)

# SPDX-License-Identifier: Apache-2.0
"""Taking payment (picture 07): the way, what was given, the change, several tenders, and the button that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing.rules import CASH, CREDIT, Tender
from hms_desktop.core.errors import BadInput
from hms_desktop.core.money import MINOR_DIGITS, Money, parse_money
from hms_desktop.core.text import _
from hms_desktop.ui.billing.pay_parts import OTHER, Outcome, TenderList, other_ways, outcome, way_faces
from hms_desktop.ui.billing.words import figures
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.choice_field import RadioField
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.number_field import Limits, NumberField, UnitLine
from hms_desktop.ui.widgets.text_fields import TextField, TickField
from hms_desktop.ui.widgets.tile import Tiles


@dataclass(frozen=True)
class Due:
    """What there is to pay, in minor units; `others` is owed on the patient's other invoices."""

    amount: int
    currency: str
    credit: int = 0
    others: int = 0
    why_not: str = ""


class PayCard(Card):
    """`take_wanted(tenders, keep, outcome)` when everything is in order; `draft_wanted` when there is text to keep."""

    take_wanted = Signal(object, bool, object)
    draft_wanted = Signal()

    def __init__(self, currency: str, parent: QWidget | None = None) -> None:
        super().__init__(_("Take payment"), parent=parent)
        self._due = Due(0, currency)
        self.tenders: list[Tender] = []
        self.sum = Text("", "heading", figures="tables")
        self.add_to_head(self.sum)
        self.note = Text("", "label", "warning", wrap=True)
        self.form = Form(on_draft=lambda _typed: self.draft_wanted.emit())
        self.tiles = Tiles(way_faces(), _("How it is paid"))
        self.other = RadioField("other", _("Which way"), other_ways(), required=True)
        digits = MINOR_DIGITS.get(currency, 2)
        least = Decimal(1).scaleb(-digits)
        self.given = NumberField(
            "given", _("Cash &received"), currency, Limits(lowest=least, decimals=digits), required=True
        )
        self.change = ChangeField(currency)
        self.reference = TextField("reference", _("Re&ference"), optional=True, longest=60, figures="identifiers")
        self.keep = TickField("keep", _("Change"), _("Keep it as the patient's credit"))
        self.others = TickField("others", _("Other invoices"), "")
        self.held = TenderList(currency)
        self.more = Button(_("Pay the rest another way"), icon="plus", key="Ctrl+M", clicked=self.add_tender)
        self.go = Button("", "primary", icon="printer", key="Ctrl+Enter", large=True, clicked=self.form.finish)
        self.foot = Text(
            _("Invoice and receipt are numbered on this station, so it works offline."), "label", "secondary",
            wrap=True,
        )  # fmt: skip
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.body.setSpacing(self.form.column.spacing())
        self.add(self.note)
        self.add(self.form)
        self.form.add_widget(self.tiles)
        self.form.add_widget(self.held)
        self.form.add(self.others)
        self.form.add(self.other)
        self.form.add_row(self.given, self.change)
        self.form.add(self.reference)
        self.form.add(self.keep)
        self.form.add_widget(self.more)
        self.form.add_widget(self.go)
        self.add(self.foot)

    def _connect(self) -> None:
        self.tiles.chosen.connect(self._way_chosen)
        self.form.edited.connect(self._reckon)
        self.form.finished.connect(lambda _values: self._finish())
        self.held.removed.connect(self._take_out)

    # what is due

    def show_due(self, due: Due) -> None:
        """Show what there is to pay; what was typed stays."""
        self._due = due
        self.form.setVisible(due.amount > 0 and not due.why_not)
        self.foot.setVisible(due.amount > 0 and not due.why_not)
        words = _("Pay {amount} owed on them too").format(amount=Money(due.others, due.currency))
        self.others.box.setText(words)
        self.others.box.setAccessibleName(words)
        self.others.setVisible(due.others > 0)
        self.other.buttons[-1].setVisible(due.credit > 0)
        self.note.setVisible(bool(due.why_not))
        self.note.setText(due.why_not)
        self._reckon()

    @property
    def amount(self) -> int:
        """What is to be paid now, in minor units: the bill, and the other invoices when that is ticked."""
        return self._due.amount + (self._due.others if self.pays_others else 0)

    @property
    def pays_others(self) -> bool:
        """Whether the money is for the patient's other invoices too."""
        return self._due.others > 0 and bool(self.others.typed())

    def choose_way(self, way: str) -> None:
        """Choose a way by its key; the keyboard goes to the amount."""
        self.tiles.choose(way)

    def start_over(self) -> None:
        """Nothing is typed any more."""
        self.tenders = []
        self.held.show_tenders(())
        self.form.clear()
        with QSignalBlocker(self.tiles):
            self.tiles.choose(CASH)
        self._show_fields(CASH)
        self._reckon()

    def _way_chosen(self, way: str) -> None:
        self._show_fields(way)
        if way != CASH and self.given.is_empty() and self._left() > 0:
            self.form.set_values({"given": Money(self._left(), self._due.currency).decimal()})
        elif way == CASH and not self.form.changed:
            self.form.set_values({"given": None})
        self._reckon()
        self.draft_wanted.emit()
        if way == OTHER:
            self.other.take_focus()
        else:
            self.given.take_focus()
            self.given.line.selectAll()

    def _show_fields(self, way: str) -> None:
        words = _("Cash &received") if way == CASH else _("&Amount")
        self.given.label.setText(words)
        self.given.name = words.replace("&", "")
        self.given.line.setAccessibleName(f"{self.given.name}, {self.given.mark.text()}, {self._due.currency}")
        self.other.setVisible(way == OTHER)
        self.reference.setVisible(way != CASH)
        self.change.setVisible(way == CASH)

    # what was given

    @property
    def way(self) -> str:
        """The way that is chosen now; behind “Other” the one picked there, or ""."""
        chosen = self.tiles.current() or CASH
        return str(self.other.typed() or "") if chosen == OTHER else chosen

    def _left(self) -> int:
        return self.amount - sum(tender.given for tender in self.tenders)

    def _typed(self) -> Tender | None:
        """The tender that stands in the fields, or None while it can't be read."""
        if self.given.is_empty():
            return None
        try:
            given = parse_money(self.given.typed(), self._due.currency)
        except BadInput:
            return None
        reference = None if self.way in (CASH, CREDIT) else self.reference.typed().strip() or None
        return Tender(self.way, given.minor, reference)

    def _outcome(self) -> Outcome | None:
        typed = self._typed()
        every = [*self.tenders, *([typed] if typed else [])]
        if not every:
            return None
        try:
            return outcome(every, self.amount, keep=bool(self.keep.typed()))
        except BadInput:
            return None

    def _reckon(self) -> None:
        """Change, the words of the button, and what is unusual about the sum."""
        due, seen = self._due, self._outcome()
        owed = Money(self.amount, due.currency)
        self.sum.setText(_("{amount} due").format(amount=owed) if self.amount else _("Nothing due"))
        self.given.required = self._left() > 0
        self.change.show_minor(seen.change if seen else None, due.currency)
        cash_over = self.way == CASH and (typed := self._typed()) is not None and typed.given > self._left()
        self.keep.setVisible(bool(cash_over))
        amount = Money(seen.taken if seen else self.amount, due.currency)
        self.go.set_words(_("Take {amount} and print").format(amount=amount))
        self.more.setVisible(bool(seen and seen.left > 0))
        self._tell_beneath(seen)

    def _tell_beneath(self, seen: Outcome | None) -> None:
        if self.given.error or seen is None:
            return
        if seen.credit and self.way != CREDIT:
            over = Money(seen.credit, self._due.currency)
            self.given.show_warning(_("{amount} more than is due: it becomes the patient's credit").format(amount=over))
        elif seen.left > 0:
            left = Money(seen.left, self._due.currency)
            self.given.show_note(_("Part payment: {amount} stays due").format(amount=left))
        else:
            self.given.clear_message()

    def add_tender(self) -> None:
        """Put what is typed on the list and pay the rest another way."""
        typed = self._typed()
        if typed is None or typed.given <= 0 or not typed.way:
            self.given.check(finishing=True)
            return
        self.tenders.append(typed)
        self.held.show_tenders(self.tenders)
        self.form.set_values({"given": None, "reference": None, "other": None})
        self.draft_wanted.emit()
        self._reckon()
        self.tiles.tiles[CASH].setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_out(self, at: int) -> None:
        self.tenders.pop(at)
        self.held.show_tenders(self.tenders)
        self.draft_wanted.emit()
        self._reckon()
        self.given.take_focus()

    def finish(self) -> None:
        """Ctrl+Enter: check the form and ask to take the money."""
        if not self.form.isHidden():
            self.form.finish()

    def _finish(self) -> None:
        typed = self._typed()
        keep = bool(self.keep.typed()) and not self.keep.isHidden()
        every = tuple([*self.tenders, *([typed] if typed else [])])
        try:
            seen = outcome(every, self.amount, keep=keep)
        except BadInput as error:
            self.show_refusal(error)
            return
        self.take_wanted.emit(every, keep, seen)

    def show_refusal(self, error: BadInput) -> bool:
        """Show what the act refused, at its field; False when it belongs to none."""
        fields: dict[str, Field] = {"amount": self.given, "way": self.other}
        field = fields.get(error.field)
        if field is None:
            return self.form.show_refusal(error)
        field.show_error(str(error))
        field.take_focus()
        return True

    # drafts

    def kept(self) -> dict[str, Any]:
        """What is typed, as JSON values; empty when there is nothing to keep."""
        typed = self.form.typed()
        if not typed and not self.tenders:
            return {}
        given = [[tender.way, tender.given, tender.reference] for tender in self.tenders]
        return {"form": typed, "way": self.tiles.current(), "tenders": given}

    def put_back(self, kept: Mapping[str, Any]) -> None:
        """Put back what was typed before."""
        self.tenders = [Tender(str(way), int(given), ref) for way, given, ref in kept.get("tenders", ())]
        self.held.show_tenders(self.tenders)
        way = str(kept.get("way") or CASH)
        with QSignalBlocker(self.tiles):
            self.tiles.choose(way if way in self.tiles.tiles else CASH)
        self._show_fields(self.tiles.current())
        self.form.load_draft(kept.get("form", {}))
        self._reckon()


class ChangeField(Field):
    """The change to give, reckoned and never typed."""

    def __init__(self, currency: str) -> None:
        self.line = UnitLine(currency)
        self.line.setReadOnly(True)
        self.line.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        super().__init__("change", _("Change to give"), self.line)
        dress(self.line, state="")

    def show_minor(self, minor: int | None, currency: str) -> None:
        """Show an amount in minor units; None while nothing was given."""
        self.line.setText("" if minor is None else figures(minor, currency))

    def typed(self) -> None:
        """Nothing of it is kept."""
        return

    def type_in(self, typed: Any) -> None:
        """It can't be typed."""

    def read(self) -> None:
        """It has no value of its own."""
        return

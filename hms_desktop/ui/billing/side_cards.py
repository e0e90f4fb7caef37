# SPDX-License-Identifier: Apache-2.0
"""The cards beside an invoice: the cover as it is known here, the credit of the patient, the cash drawer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.billing.queries import Cover
from hms_desktop.clinic.billing.queries_drawer import Drawer
from hms_desktop.clinic.patients.rules_cover import entry_word, period_word
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.billing.account_facts import Account
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace, as_of, conflict
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.labels import Rule, Text, appear
from hms_desktop.ui.widgets.theme import theme

Act = Callable[[], object]


class Refilled(QWidget):
    """A place for one card that is made anew each time; with `top` it keeps its height and room is left below."""

    def __init__(self, *, top: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._top = top
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._card: QWidget | None = None

    def fill(self, card: QWidget | None) -> None:
        """Show this card instead; None shows nothing."""
        if self._card is not None:
            self._column.removeWidget(self._card)
            self._card.hide()
            self._card.deleteLater()
        self._card = card
        appear(self, card is not None)
        if card is not None:
            self._column.insertWidget(0, card)
        if self._top and self._column.count() < 2:
            self._column.addStretch(1)


def cover_card(account: Account, now: datetime, settle: Act | None) -> Card:
    """Who pays a part, as last written down on this device: nobody asks the payer live."""
    card = Card(_("Cover"))
    if not account.covers:
        card.add(Text(_("No cover recorded: the patient pays."), "body", "secondary", wrap=True))
        return card
    oldest = min(account.known_since.values(), default=None)
    if oldest is not None:
        at = oldest.astimezone(now.tzinfo)
        card.add_to_head(Chip.of(as_of(show_time(at.time()) if at.date() == now.date() else show_day(at.date()))))
    for cover in account.covers:
        if len(account.covers) > 1:
            card.add(Text(cover.payer, "subheading", wrap=True))
        card.add(Pairs(cover_pairs(cover, account.currency, account.items)))
        if cover.contested:
            card.add(_contested(settle))
    note = _("Cover as last known here: the scheme is not asked live.")
    card.add(Text(note, "label", "secondary", wrap=True))
    return card


def _contested(settle: Act | None) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.addWidget(Chip.of(conflict(_("Two versions of this cover"))))
    line.addStretch(1)
    if settle is not None:
        line.addWidget(Button(_("Compare"), clicked=settle))
    return row


def cover_pairs(cover: Cover, currency: str, items: Mapping[str, str]) -> list[tuple[str, str]]:
    """The terms of a cover as label and value; `items` are the words of price codes."""
    terms = cover.terms
    pairs = [(_("Scheme"), ", ".join(part for part in (cover.payer, cover.plan) if part))]
    if cover.member:
        pairs.append((_("Member"), cover.member))
    if cover.cap is not None and terms.cap_left is not None:
        left = _left(terms.cap_left, cover.cap, currency, cover.cap_period)
        pairs.append((_("Pays at most"), left))
    if cover.deductible:
        left = _left(terms.deductible_left, cover.deductible, currency, cover.deductible_period)
        pairs.append((_("Deductible"), left))
    if terms.copay:
        pairs.append((_("Co-payment"), _("{amount} an invoice").format(amount=Money(terms.copay, currency))))
    pairs.append((_("Patient pays"), _("{percent} %").format(percent=show_decimal(terms.patient_percent))))
    for label, entries in ((_("Excluded"), terms.excluded), (_("Paid whole"), terms.package)):
        if entries:
            pairs.append((label, ", ".join(sorted(items.get(entry, entry_word(entry)) for entry in entries))))
    return pairs


def _left(left: int, whole: int, currency: str, period: str | None) -> str:
    """What is left of a deductible or of the most that is paid, and how long it counts."""
    words = _("{left} left of {whole} {period}")
    return words.format(left=Money(left, currency), whole=Money(whole, currency), period=period_word(period))


def drawer_card(
    drawer: Drawer | None,
    elsewhere: Sequence[Drawer],
    station: str,
    open_it: Act | None,
    close_it: Act | None,
    take_over: Callable[[Drawer], object] | None = None,
) -> Card:
    """The drawer of this station: what should be in it, and how to count it; drawers of other stations are named."""
    card = Card(_("Cash drawer, {station}").format(station=station))
    foot = QHBoxLayout()
    if drawer is None:
        card.add_to_head(Chip.of(ChipFace("neutral", _("Closed"), "lock-simple")))
        card.add(Text(_("Cash is taken without a drawer until you open one."), "body", "secondary", wrap=True))
        if open_it is not None:
            foot.addWidget(Button(_("Open the drawer"), icon="lock-simple-open", key="D", clicked=open_it))
    else:
        card.add_to_head(Chip.of(ChipFace("success", _("Open"), "lock-simple-open")))
        card.add(Text(_("Opened by {cashier}").format(cashier=drawer.cashier), "label", "secondary", wrap=True))
        if drawer.taken_from:
            words = _("Taken over from {station}: {reason}")
            words = words.format(station=drawer.taken_from, reason=drawer.why_taken)
            card.add(Text(words, "label", "secondary", wrap=True))
        receipts = ngettext("Float and {n} cash receipt", "Float and {n} cash receipts", drawer.receipts)
        inside, came = Money(drawer.expected, drawer.currency), drawer.float_amount + drawer.taken
        card.add(Pairs([(receipts.format(n=drawer.receipts), str(Money(came, drawer.currency)))], ends=True))
        if drawer.back:
            card.add(Pairs([(_("Given back"), str(Money(-drawer.back, drawer.currency)))], ends=True))
        card.add(Rule())
        card.add(Pairs([(_("Should be in drawer"), str(inside))], ends=True))
        if close_it is not None:
            foot.addStretch(1)
            foot.addWidget(Button(_("Count and close"), icon="calculator", key="D", clicked=close_it))
    for other in elsewhere:
        said = _("Open at {station} with {cashier}: only that station posts into it.")
        if not other.in_use:
            said = _("Open at {station} with {cashier}, and {station} is out of use: a supervisor takes it over.")
            if take_over is not None:
                said = _("Open at {station} with {cashier}, and {station} is out of use: take it over and count it.")
        words = said.format(station=other.station_name, cashier=other.cashier)
        card.add(Text(words, "label", "secondary", wrap=True))
        if not other.in_use and take_over is not None:
            verb = _("Take over the drawer of {station}").format(station=other.station_name)
            card.add(Button(verb, icon="lock-simple-open", clicked=partial(take_over, other)))
    if foot.count():
        foot.setContentsMargins(0, theme.space(2), 0, 0)
        card.add(foot)
    return card


def credit_card(account: Account) -> Card | None:
    """What the clinic holds of the patient's money; None when there is none."""
    if account.credit <= 0:
        return None
    card = Card(_("Patient's credit"))
    held = Money(account.credit, account.currency)
    card.add(Pairs([(_("Can be used for a bill"), str(held))], ends=True))
    return card

# SPDX-License-Identifier: Apache-2.0
"""The small forms of the cash desk: add an item, take an invoice back, void a receipt, open and count the drawer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing import service, service_drawer, service_payments
from hms_desktop.clinic.billing.queries import find_prices
from hms_desktop.clinic.billing.queries_account import AccountDocument
from hms_desktop.clinic.billing.queries_documents import InvoiceRow
from hms_desktop.clinic.billing.queries_drawer import Drawer
from hms_desktop.clinic.staff import queries as staff
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.ui.billing.lines_card import BillRow
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Found, Option, RadioField, finds_in
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.money_field import minor_of, money_field
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]


def ask_item(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Charge something that no event raised."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.add_item, patient=patient, code=values["code"], quantity=values["quantity"])

    dialog = FormDialog(desk, parent, _("Add an item to the bill"), _("Add item"), acts, done)
    dialog.form.add(ChoiceField("code", _("&Item"), _finds_items(desk, dialog), required=True))
    limits = Limits(lowest=Decimal("0.001"), high=Decimal(100), decimals=3)
    dialog.form.add(NumberField("quantity", _("&Quantity"), "", limits, required=True))
    dialog.form.set_values({"quantity": Decimal(1)})
    return dialog.ask()


def _finds_items(desk: Desk, owner: QWidget) -> Callable[[str, Found], object]:
    def find(typed: str, found: Found) -> None:
        def show(rows: Any) -> None:
            found([Option(p.code, p.display, f"{p.code}, {Money(p.amount, desk.place.currency)}") for p in rows])

        query = partial(find_prices, typed=typed, on=desk.now().date())
        desk.tasks.read(query, show, desk.show_error, owner=owner, replaces="items")

    return find


def ask_credit_note(desk: Desk, parent: QWidget, invoice: InvoiceRow, done: Done) -> FormDialog:
    """Take an issued invoice back whole; what was paid on it becomes credit."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.credit_invoice, invoice=invoice.id, reason=values["reason"])

    title = _("Take back invoice {number}?").format(number=invoice.number)
    words = _("A credit note over {amount} is issued. The invoice stays readable, its lines can be invoiced anew.")
    if invoice.paid > 0:
        words = _("A credit note over {amount} is issued and what was paid becomes the patient's credit. The invoice "
                  "stays readable, its lines can be invoiced anew.")  # fmt: skip
    text = words.format(amount=Money(invoice.total, invoice.currency))
    dialog = FormDialog(desk, parent, title, _("Issue the credit note"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()


def ask_void_receipt(desk: Desk, parent: QWidget, receipt: AccountDocument, done: Done) -> FormDialog:
    """Say that a receipt's payments did not happen or were given back."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service_payments.void_receipt, number=receipt.number, reason=values["reason"])

    amount = Money(receipt.amount, desk.place.currency)
    title = _("Void receipt {number} over {amount}?").format(number=receipt.number, amount=amount)
    text = _("The number stays used. What it paid is owed again.")
    dialog = FormDialog(desk, parent, title, _("Void the receipt"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()


def ask_void_charge(desk: Desk, parent: QWidget, row: BillRow, done: Done) -> FormDialog:
    """Take a charge off for good; the event that raised it will not raise it again."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.void_charge, charge=row.charge, reason=values["reason"])

    title = _("Take “{item}” off for good?").format(item=row.display)
    text = _("It stays in the history with your reason and is not charged again by itself.")
    dialog = FormDialog(desk, parent, title, _("Take it off"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()


def ask_open_drawer(desk: Desk, parent: QWidget, done: Done) -> None:
    """Open the drawer of this station with a float."""

    def open_with(places: tuple[staff.PlaceRow, ...]) -> None:
        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            amount = minor_of(values["float"], desk.place.currency)
            return partial(service_drawer.open_drawer, place=UUID(values["place"]), float_amount=amount)

        dialog = FormDialog(
            desk,
            parent,
            _("Open the cash drawer of {station}").format(station=desk.place.station),
            _("Open the drawer"),
            acts,
            done,
        )
        options = [Option(str(place.id), place.name) for place in places]
        few = len(options) <= 4
        field = RadioField("place", _("Where"), options, required=True) if few else ChoiceField(
            "place", _("&Where"), finds_in(options), required=True)  # fmt: skip
        dialog.form.add(field)
        dialog.form.add(money_field("float", _("&Float"), desk.place.currency))
        if len(options) == 1:
            dialog.form.set_values({"place": options[0].key})
        dialog.ask()

    desk.tasks.read(staff.places, open_with, desk.show_error, owner=parent)


def ask_close_drawer(desk: Desk, parent: QWidget, drawer: Drawer, done: Done) -> FormDialog:
    """Count blind: what should be inside is said only when the count differs."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        counted = minor_of(values["counted"], drawer.currency)
        return partial(service_drawer.close_drawer, session=drawer.session, counted=counted, reason=values["reason"])

    dialog = FormDialog(desk, parent, _("Count the cash drawer of {station}").format(station=drawer.station_name),
                        _("Close the drawer"), acts, done,
                        text=_("Count everything inside, the float too."))  # fmt: skip
    dialog.form.add(money_field("counted", _("&Counted"), drawer.currency))
    dialog.form.add(TextField("reason", _("&Reason, if it differs"), optional=True, longest=200))
    return dialog.ask()


def ask_take_over(desk: Desk, parent: QWidget, drawer: Drawer, done: Done) -> FormDialog:
    """Take over the drawer of a computer that is out of use, with the reason; what is inside is counted afterwards."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service_drawer.take_over_drawer, session=drawer.session, reason=values["reason"])

    title = _("Take over the cash drawer of {station}").format(station=drawer.station_name)
    text = _("It belongs to {station} from then on, which counts and closes it. Both stations and the reason are kept.")
    dialog = FormDialog(desk, parent, title, _("Take it over"), acts, done,
                        text=text.format(station=desk.place.station))  # fmt: skip
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()

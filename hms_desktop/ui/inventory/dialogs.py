# SPDX-License-Identifier: Apache-2.0
"""The small forms of the stock room: receive, count, move, issue, hold, release, recall, write off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.inventory import service
from hms_desktop.clinic.inventory.queries import ItemRow, MoveRow, StockLine, find_items
from hms_desktop.clinic.inventory.rules import ON_HOLD, RECALLED, USABLE, read_pack
from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.inventory.words import amount, item_words, many, move_words
from hms_desktop.ui.widgets.choice_field import ChoiceField, Finds, Found, Option, RadioField, finds_in
from hms_desktop.ui.widgets.confirm import Confirm, ask_first
from hms_desktop.ui.widgets.date_field import DateField, reads_day
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.second_person import add_second_person, witnessed
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]
MAY_WITNESS = frozenset({"dispense.supply", "register.keep"})
ABOVE_ZERO = Limits(lowest=Decimal("0.01"))


def finds_items(desk: Desk, owner: QWidget, controlled: set[str]) -> Finds:
    """Items by name, brand or code, read as the person types; the keys of controlled ones go into `controlled`."""

    def finds(typed: str, found: Found) -> None:
        def offer(items: list[ItemRow]) -> None:
            controlled.update(str(i.id) for i in items if i.controlled)
            found([Option(str(i.id), f"{tall_man(i.display)} {i.strength}", i.form) for i in items])

        desk.tasks.read(
            partial(find_items, typed=typed, limit=20), offer, desk.show_error, owner=owner, replaces="item"
        )

    return finds


def ask_receive(
    desk: Desk, parent: QWidget, place: UUID, place_name: str, done: Done, item: ItemRow | None = None, scan: str = ""
) -> FormDialog:
    """Take a delivery in; a scanned pack fills lot and expiry."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(
            service.receive_stock, item=UUID(values["item"]), lot=values["lot"],
            expires=date.fromisoformat(values["expires"]), quantity=values["quantity"], place=place,
        )  # fmt: skip
        return witnessed(act, values if values["item"] in controlled else {}, MAY_WITNESS)

    def look() -> None:
        chosen = field.chosen
        for part in second:
            part.setVisible(chosen is not None and chosen.key in controlled)

    title = _("Receive at {place}").format(place=place_name)
    dialog = FormDialog(desk, parent, title, _("Receive"), acts, done)
    controlled = {str(item.id)} if item is not None and item.controlled else set()
    field = ChoiceField("item", _("&Item"), finds_items(desk, dialog, controlled), required=True)
    dialog.form.add(field)
    dialog.form.add(TextField("lot", _("&Lot"), required=True, longest=20, figures="identifiers"))
    dialog.form.add(
        DateField("expires", _("&Expires"), reads_day(lambda: desk.now().date(), lean="future"), required=True)
    )
    dialog.form.add(NumberField("quantity", _("&Quantity"), many(item) if item else "", ABOVE_ZERO, required=True))
    second = add_second_person(dialog.form)
    field.edited.connect(look)
    if item is not None:
        dialog.form.set_values({"item": Option(str(item.id), f"{tall_man(item.display)} {item.strength}")})
    if scan:
        pack = read_pack(scan)
        dialog.form.set_values({"lot": pack.lot or "", "expires": pack.expires.isoformat() if pack.expires else ""})
    look()
    return dialog.ask()


def ask_count(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    """Write what was counted, without showing what is expected."""
    reasons = {
        "count": _("Count"), "damaged": _("Damaged"), "lost": _("Lost"), "found": _("Found"),
        "entry error": _("Entry error"),
    }  # fmt: skip

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(
            service.adjust_stock, batch=line.batch, place=line.place, counted=values["counted"],
            reason=values["reason"], note=values["note"],
        )  # fmt: skip
        return witnessed(act, values, MAY_WITNESS)

    dialog = FormDialog(desk, parent, _about(line, _("Count {item}, batch {lot}")), _("Write the count"), acts, done)
    dialog.form.add(NumberField("counted", _("&Counted"), many(line.item), Limits(lowest=Decimal(0)), required=True))
    options = [Option(code, words) for code, words in reasons.items()]
    dialog.form.add(RadioField("reason", _("Why"), options, required=True))
    dialog.form.add(TextField("note", _("&Note"), optional=True))
    return _signed(dialog, line)


def ask_transfer(
    desk: Desk, parent: QWidget, line: StockLine, places: Sequence[tuple[UUID, str]], done: Done
) -> FormDialog:
    """Move stock to another place."""
    options = [Option(str(id), name) for id, name in places if id != line.place]

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(
            service.transfer_stock, batch=line.batch, origin=line.place, target=UUID(values["target"]),
            quantity=values["quantity"],
        )  # fmt: skip
        return witnessed(act, values, MAY_WITNESS)

    dialog = FormDialog(desk, parent, _about(line, _("Move {item}, batch {lot}")), _("Move"), acts, done)
    dialog.form.add(ChoiceField("target", _("&To"), finds_in(options), required=True))
    dialog.form.add(_quantity(line))
    return _signed(dialog, line)


def ask_issue(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    """Give stock out without a patient."""
    acts = _moves(service.issue_stock, line)
    dialog = FormDialog(desk, parent, _about(line, _("Issue {item}, batch {lot}")), _("Issue"), acts, done)
    dialog.form.add(_quantity(line))
    dialog.form.add(TextField("reason", _("&Where it goes"), required=True))
    return _signed(dialog, line)


def ask_state(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    """Hold, release or recall a batch everywhere."""
    steps = {ON_HOLD: _("Hold"), USABLE: _("Release"), RECALLED: _("Recall, for good")}
    options = [Option(state, words) for state, words in steps.items() if state != line.state]

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.change_batch_state, batch=line.batch, state=values["state"], reason=values["reason"])

    title = _about(line, _("Hold or release {item}, batch {lot}?"))
    text = _("Every station sees it as soon as it syncs. A recall can't be taken back.")
    dialog = FormDialog(desk, parent, title, _("Save the state"), acts, done, text=text, kind="danger")
    dialog.form.add(RadioField("state", _("What"), options, required=True))
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return dialog.ask()


def ask_write_off(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    """Take a part of a batch out for good, with a reason."""
    acts = _moves(service.destroy_stock, line)
    title = _about(line, _("Write off {item}, batch {lot}?"))
    dialog = FormDialog(desk, parent, title, _("Write off"), acts, done, kind="danger")
    dialog.form.add(_quantity(line))
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return _signed(dialog, line)


def ask_take_back(desk: Desk, parent: QWidget, line: StockLine, move: MoveRow, done: Done) -> FormDialog:
    """The latest move by hand was a mistake; a contra move takes it back."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return witnessed(partial(service.take_back_move, move=move.id, reason=values["reason"]), values, MAY_WITNESS)

    title = _about(line, _("Take back a move of {item}, batch {lot}?"))
    text = _("{move}, {quantity}: both lines stay in the ledger.")
    text = text.format(move=move_words(move.kind), quantity=amount(move.quantity, line))
    dialog = FormDialog(desk, parent, title, _("Take it back"), acts, done, text=text, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return _signed(dialog, line)


def ask_return(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    """Take back what was issued and not used."""
    acts = _moves(service.return_stock, line)
    dialog = FormDialog(desk, parent, _about(line, _("Return {item}, batch {lot}")), _("Return"), acts, done)
    dialog.form.add(NumberField("quantity", _("&Quantity"), many(line.item), ABOVE_ZERO, required=True))
    dialog.form.add(TextField("reason", _("&Where it comes from"), required=True))
    return _signed(dialog, line)


def ask_repack(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    """Put a part of a batch into packs under a lot of one's own."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(
            service.repack, batch=line.batch, place=line.place, quantity=values["quantity"], lot=values["lot"]
        )
        return witnessed(act, values, MAY_WITNESS)

    dialog = FormDialog(desk, parent, _about(line, _("Repack {item}, batch {lot}")), _("Repack"), acts, done)
    dialog.form.add(_quantity(line))
    dialog.form.add(TextField("lot", _("&Lot of the new packs"), required=True, longest=20, figures="identifiers"))
    return _signed(dialog, line)


def ask_write_off_expired(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> Confirm | FormDialog:
    """Take everything of an expired batch out of this place."""
    if line.item.controlled:
        return _write_off_controlled(desk, parent, line, done)
    act = partial(service.write_off_expired, batch=line.batch, place=line.place, seen=line.on_hand)
    text = _("It expired on {day}. All of it here leaves the stock for good.").format(day=show_day(line.expires))
    return ask_first(
        parent, _about(line, _("Write off {item}, batch {lot}?")), text, _("Write off"),
        lambda: desk.tasks.run(act, done, desk.show_error, owner=parent),
        facts=[(_("Expired, in all"), amount(line.on_hand, line))], kind="destroy",
    )  # fmt: skip


def _write_off_controlled(desk: Desk, parent: QWidget, line: StockLine, done: Done) -> FormDialog:
    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(service.write_off_expired, batch=line.batch, place=line.place, seen=line.on_hand)
        return witnessed(act, values, MAY_WITNESS)

    title = _about(line, _("Write off {item}, batch {lot}?"))
    text = _("It expired on {day}. All of it here leaves the stock for good.").format(day=show_day(line.expires))
    dialog = FormDialog(desk, parent, title, _("Write off"), acts, done, text=text, kind="danger")
    return _signed(dialog, line)


def _moves(move: Callable[..., Any], line: StockLine) -> Callable[[dict[str, Any]], Callable[[Any], Any]]:
    """A quantity of a line's batch at its place, moved with a reason; a controlled medicine with a witness."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        quantity, reason = values["quantity"], values["reason"]
        act = partial(move, batch=line.batch, place=line.place, quantity=quantity, reason=reason)
        return witnessed(act, values, MAY_WITNESS)

    return acts


def _signed(dialog: FormDialog, line: StockLine) -> FormDialog:
    """Open the form; a controlled medicine needs a second person."""
    if line.item.controlled:
        add_second_person(dialog.form)
    return dialog.ask()


def pack_or_nothing(code: str) -> str | None:
    """The product number of a scanned pack; None when the code is no pack's."""
    try:
        return read_pack(code).gtin
    except BadInput:
        return None


def _about(line: StockLine, words: str) -> str:
    return words.format(item=item_words(line), lot=line.lot)


def _quantity(line: StockLine) -> NumberField:
    limits = Limits(lowest=Decimal("0.01"), highest=line.free if line.free > 0 else None)
    return NumberField("quantity", _("&Quantity"), many(line.item), limits, required=True)

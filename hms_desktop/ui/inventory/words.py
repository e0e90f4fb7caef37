# SPDX-License-Identifier: Apache-2.0
"""How batches and moves are said: chips and cells of the stock screen."""

from __future__ import annotations

from decimal import Decimal

from hms_desktop.clinic.inventory.queries import ItemRow, MoveRow, StockLine
from hms_desktop.clinic.inventory.rules import ON_HOLD, RECALLED, unit_words
from hms_desktop.core.dates import show_day
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.inventory.stock_facts import StockRow
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.table_cells import Cell


def item_words(line: StockLine) -> str:
    """`amLODIPine 5 mg tablet`."""
    parts = (tall_man(line.item.display), line.item.strength, line.item.form)
    return " ".join(part for part in parts if part)


def many(item: ItemRow) -> str:
    """The unit as it stands behind a field for a number: `tablets`, `mL`."""
    return unit_words(item.unit, Decimal(2))


def item_cell(row: StockRow) -> Cell:
    """Name over strength and form."""
    item = row.line.item
    return Cell(tall_man(item.display), f"{item.strength} {item.form}", strong=True)


def amount(quantity: Decimal, line: StockLine) -> str:
    """`28 tablets`."""
    return f"{show_decimal(quantity)} {unit_words(line.item.unit, quantity)}"


def batch_cell(row: StockRow) -> Cell:
    """Lot over shelf."""
    shelf = row.line.item.shelf
    return Cell(row.line.lot, _("Shelf {shelf}").format(shelf=shelf) if shelf else "")


def expiry_cell(row: StockRow) -> Cell:
    """The last day, with how near it is."""
    day = show_day(row.line.expires)
    if row.days_left < 0:
        return Cell(day, _("expired"), tone="critical", sub_tone="critical", icon="warning-octagon-fill")
    left = ngettext("{days} day left", "{days} days left", row.days_left).format(days=row.days_left)
    return Cell(day, left, tone="warning" if "soon" in row.stages else "primary")


def quantity_cell(row: StockRow) -> Cell:
    """What is there; below zero stands out."""
    wrong = row.line.on_hand < 0
    unit = unit_words(row.line.item.unit, row.line.on_hand)
    return Cell(show_decimal(row.line.on_hand), unit, tone="critical" if wrong else "primary", strong=True)


def free_cell(row: StockRow) -> Cell:
    """What of it is not kept for another station."""
    return Cell(show_decimal(row.line.free))


def state_chip(line: StockLine, expired: bool) -> ChipFace:
    """Whether it may leave the shelf."""
    if line.state == RECALLED:
        return ChipFace("critical", _("Recalled"))
    if expired:
        return ChipFace("critical", _("Expired"), "calendar-x")
    if line.state == ON_HOLD:
        return ChipFace("warning", _("On hold"), "pause")
    return ChipFace("success", _("Usable"))


def state_cell(row: StockRow) -> Cell:
    """Whether it may leave the shelf, marked when somebody changed that."""
    anew = _("changed: {why}").format(why=row.line.state_reason) if row.line.state_reason else ""
    return Cell(chip=state_chip(row.line, row.days_left < 0), amended=anew)


def ledger_words(move: MoveRow) -> str:
    """A line of a batch's ledger: what was taken back says so, and so does what takes it back."""
    if move.taken_back:
        return _("{move} (taken back)").format(move=move_words(move.kind))
    return _("Taken back, entered in error") if move.takes_back else move_words(move.kind)


def register_words(kind: str) -> str:
    """A line of the register of controlled medicines."""
    return {"opening": _("Opening balance"), "dispense": _("Supplied")}.get(kind, move_words(kind))


def move_words(kind: str) -> str:
    """A kind of move."""
    return {
        "receipt": _("Received"),
        "issue": _("Issued"),
        "transfer": _("Moved"),
        "dispense": _("Dispensed"),
        "return": _("Returned"),
        "adjust": _("Adjusted"),
        "count": _("Counted"),
        "expire": _("Written off, expired"),
        "destroy": _("Destroyed"),
        "repack": _("Repacked"),
    }.get(kind, kind)


def part_word(_table: str) -> str:
    """The word for a batch, as its history names it."""
    return _("Batch")


def field_word(column: str) -> str:
    """The word for a column of a batch."""
    return {"lot": _("Batch"), "expires": _("Expires"), "state": _("State")}.get(column, column)

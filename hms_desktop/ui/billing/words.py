# SPDX-License-Identifier: Apache-2.0
"""How the cash desk says things: amounts, ways to pay, states of documents, who covers a line."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hms_desktop.clinic.billing.queries_account import AccountDocument
from hms_desktop.clinic.billing.rules import way_word
from hms_desktop.core.dates import show_minutes, show_moment
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_every_digit
from hms_desktop.core.text import _
from hms_desktop.ui.billing.account_facts import BillLine
from hms_desktop.ui.widgets.chip import ChipFace


def figures(minor: int, currency: str) -> str:
    """An amount for a column whose heading names the currency: `1 321.86`."""
    return show_every_digit(Money(minor, currency).decimal())


def cover_chip(cover: str, *, priced: bool = True, excluded: bool = False) -> ChipFace:
    """Whether the scheme pays a line."""
    if not priced:
        return ChipFace("warning", _("No price"))
    if cover == "covered":
        return ChipFace("success", _("Covered"))
    if cover == "part":
        return ChipFace("info", _("Part"), "circle-half-fill")
    return ChipFace("neutral", _("Excluded") if excluded else _("Not covered"), "prohibit")


def line_chip(line: BillLine) -> ChipFace:
    """What is to be done for a person in the list."""
    if line.charges:
        return ChipFace("warning", _("To invoice"), "invoice")
    return ChipFace("info", _("To pay"), "coins")


def document_chip(document: AccountDocument, currency: str) -> ChipFace:
    """The state of a document of the account."""
    if document.state == "issued" and document.kind == "invoice":
        owed = Money(document.outstanding, currency)
        return ChipFace("warning", _("{amount} due").format(amount=owed), "coins")
    return {
        "balanced": ChipFace("success", _("Paid")),
        "overpaid": ChipFace("conflict", _("Paid twice"), "git-merge"),
        "cancelled": ChipFace("neutral", _("Taken back"), "arrow-u-up-left"),
        "taken": ChipFace("success", _("Taken")),
        "void": ChipFace("neutral", _("Void"), "prohibit"),
    }.get(document.state, ChipFace("neutral", _("Issued"), "file-text"))


def document_words(document: AccountDocument, zone: ZoneInfo | None = None) -> str:
    """What a document is about; what was taken back with why, by whom and when."""
    if document.kind == "invoice":
        if document.about:
            return _("Invoice, taken back by {note}").format(note=document.about)
        return _("Invoice")
    at = show_moment(document.said_at.astimezone(zone)) if document.said_at and zone else ""
    said = ", ".join(part for part in (document.reason, document.said_by, at) if part)
    if document.kind == "charge":
        return _("{item}, taken off: {reason}").format(item=document.about, reason=said)
    if document.kind == "credit-note":
        return _("Credit note for {invoice}: {reason}").format(invoice=document.about, reason=said)
    if document.state == "void":
        return _("Receipt, void: {reason}").format(reason=said)
    return _("Receipt for {invoice}").format(invoice=document.about) if document.about else _("Kept as credit")


def field_word(field: str) -> str:
    """What changed of a document: its sum, its state, or the way in which something was paid."""
    return {"total": _("Amount"), "state": _("State"), "number": _("Number"), "code": _("Item")}.get(
        field, way_word(field)
    )


def part_word(part: str) -> str:
    """The kind of a document."""
    return {"invoice": _("Invoice"), "payment": _("Receipt"), "charge": _("Line")}.get(part, part)


def source_words(source_table: str) -> str:
    """What raised a charge."""
    return {
        "encounter": _("Visit"),
        "service_order": _("Laboratory"),
        "dispense": _("Pharmacy"),
        "procedure": _("Procedure"),
        "bed_night": _("Night in a bed"),
        "charge": _("Added at the desk"),
    }.get(source_table, source_table.replace("_", " "))


def waiting_words(since: datetime | None, now: datetime) -> str:
    """How long something has waited."""
    if since is None:
        return ""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 24 * 60:
        return show_minutes(minutes)
    return _("{days} d").format(days=minutes // (24 * 60))

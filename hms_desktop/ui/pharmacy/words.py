# SPDX-License-Identifier: Apache-2.0
"""How lines, fills and queue rows are said: chips, cells and medicine lines of the counter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hms_desktop.clinic.ehr.rules_doses import dose_amount, frequency_words, route_words
from hms_desktop.clinic.inventory.rules import Pick, unit_words
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine
from hms_desktop.clinic.pharmacy.rules import COMPLETE, EXPIRED, OVER, PARTIAL, treatment_outlasts
from hms_desktop.core.dates import show_day
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.medicine_line import Medicine


def medicine_of(line: CounterLine) -> Medicine:
    """The line's medicine as the NHS medicine line shows it."""
    row, dose = line.medicine, line.medicine.dose
    brand = (line.item.brand if line.item else None) or ""
    if dose is None:
        return Medicine(row.display, row.form or "", "", (row.dose_line,), brand)
    rest = [route_words(dose.route), frequency_words(dose.frequency)]
    if dose.prn:
        rest.append(_("only when needed"))
    if dose.frequency != "once":
        rest.append(ngettext("for {days} day", "for {days} days", dose.days).format(days=dose.days))
    if row.amended:
        rest.append(_("dose changed"))
    return Medicine(row.display, row.form or "", dose_amount(dose), tuple(rest), brand)


def amount(quantity: Decimal, line: CounterLine) -> str:
    """`28 tablets`."""
    unit = line.item.unit if line.item else line.medicine.quantity_unit or ""
    return f"{show_decimal(quantity)} {unit_words(unit, quantity)}".strip()


def line_chip(line: CounterLine, picked: bool) -> ChipFace:
    """Where a line stands, the gravest first."""
    if picked and line.state not in ("conflict", "stopped", "reason"):
        return ChipFace("success", _("Picked"), "check-circle-fill")
    return {
        "conflict": ChipFace("conflict", _("Two versions"), "git-merge"),
        "stopped": ChipFace("critical", _("Stopped by alert")),
        "held": ChipFace("neutral", _("On hold"), "pause"),
        "reason": ChipFace("warning", _("Needs a reason")),
        "short": ChipFace("warning", _("Stock short")),
        PARTIAL: ChipFace("info", _("Owing {amount}").format(amount=amount(line.fill.owing, line)), "barcode"),
        COMPLETE: ChipFace("success", _("Collected")),
        OVER: ChipFace("warning", _("Supplied over")),
        EXPIRED: ChipFace("neutral", _("Run out"), "calendar-x"),
    }.get(line.state, ChipFace("info", _("Scan to pick"), "barcode"))


def queue_chip(state: str) -> ChipFace:
    """Where a patient's prescriptions stand, by the gravest line."""
    return {
        "conflict": ChipFace("conflict", _("Two versions"), "git-merge"),
        "stopped": ChipFace("critical", _("Alert")),
        "held": ChipFace("neutral", _("On hold"), "pause"),
        "reason": ChipFace("warning", _("To check")),
        "short": ChipFace("warning", _("Stock short")),
        PARTIAL: ChipFace("info", _("Owing"), "clock"),
        COMPLETE: ChipFace("success", _("Collected")),
    }.get(state, ChipFace("info", _("Ready to pick"), "barcode"))


def batch_words(line: CounterLine, pick: Pick, first: bool) -> str:
    """Shelf, batch, expiry and what is left, of one pick; "first to expire" when it is."""
    stock = next((s for s in line.stock if s.batch == pick.batch), None)
    if stock is None:
        return _("batch {lot}").format(lot=pick.lot)
    parts = [_("Shelf {shelf}").format(shelf=stock.item.shelf)] if stock.item.shelf else []
    parts.append(_("batch {lot}").format(lot=stock.lot))
    parts.append(_("expires {day}").format(day=show_day(stock.expires)))
    parts.append(_("{left} left").format(left=show_decimal(stock.on_hand)))
    if first:
        parts.append(_("first to expire"))
    return ", ".join(parts)


def outlasting(line: CounterLine, picks: tuple[Pick, ...], on: date) -> str:
    """A warning when the treatment goes on after a picked batch expires, or nothing."""
    for pick in picks:
        stock = next((s for s in line.stock if s.batch == pick.batch), None)
        days = line.medicine.dose.days if line.medicine.dose else None
        if stock and treatment_outlasts(stock.as_shelf, on, days):
            return _("Batch {lot} expires on {day}, before the treatment ends.").format(
                lot=stock.lot, day=show_day(stock.expires)
            )
    return ""

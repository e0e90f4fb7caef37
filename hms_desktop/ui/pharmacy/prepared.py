# SPDX-License-Identifier: Apache-2.0
"""What is picked and checked so far for one patient, before anything is handed over: plain values, no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.inventory.rules import Pick, read_pack
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine
from hms_desktop.clinic.pharmacy.rules import Scan, Supply, check_scan, judge, other_batches, proposal
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _


@dataclass(frozen=True)
class Prepared:
    """One line that was picked: how much, from which batches, why another batch, and what the scan proved."""

    quantity: Decimal
    picks: tuple[Pick, ...]
    batch_reason: str = ""
    scan: Scan | None = None


def open_lines(lines: Sequence[CounterLine]) -> list[CounterLine]:
    """The lines that something can still be done with."""
    return [line for line in lines if line.fill.owing > 0]


def can_be_picked(line: CounterLine) -> bool:
    """Whether nothing stands in the way of picking: no alert, no conflict, not on hold, something on the shelf."""
    return line.item is not None and line.state in ("not-started", "partial", "short") and bool(line.picks)


def pick_proposed(line: CounterLine, quantity: Decimal, on: date) -> Prepared:
    """The batches that expire first for a quantity; BadInput when the shelf has less."""
    picks, short = proposal([s.as_shelf for s in line.stock], quantity, on)
    if short:
        raise BadInput(_("The shelf has less than that. Type a smaller quantity."), "quantity")
    return Prepared(quantity, picks)


def largest_part(line: CounterLine) -> Decimal:
    """What can be supplied now of what is owed."""
    return line.fill.owing - line.short


def pick_scanned(line: CounterLine, code: str, quantity: Decimal, on: date) -> tuple[Scan, Prepared | None]:
    """What a scanned pack proves for a line, and the line picked from that batch when it may be."""
    gtin = line.item.gtin if line.item else None
    scan = check_scan(read_pack(code), gtin, line.medicine.display, [s.as_shelf for s in line.stock], on)
    if scan.problem or scan.found is None:
        return scan, None
    stock = next(s for s in line.stock if s.batch == scan.found)
    proposed = pick_proposed(line, quantity, on)
    if any(pick.batch == scan.found for pick in proposed.picks):
        return scan, replace(proposed, scan=scan)
    taken = min(quantity, stock.free)
    return scan, Prepared(taken, (Pick(stock.batch, stock.lot, taken),), scan=scan)


def leaves_order(line: CounterLine, prepared: Prepared, on: date) -> bool:
    """Whether another batch expires first, so that a reason is needed."""
    picks, _short = proposal([s.as_shelf for s in line.stock], prepared.quantity, on)
    return other_batches(prepared.picks, picks)


def judged(line: CounterLine, prepared: Prepared) -> Supply:
    """Whether handing this over would be firm."""
    return judge(prepared.quantity, line.fill, line.lent, line.item.unit if line.item else "")


def hand_over_of(
    prescription: UUID, prepared: Prepared, override_reason: str | None, counselling: str | None
) -> HandOver:
    """What the service is asked to do for one line."""
    return HandOver(
        prescription, prepared.quantity, prepared.picks, override_reason, prepared.batch_reason or None, counselling
    )

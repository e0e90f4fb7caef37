# SPDX-License-Identifier: Apache-2.0
"""The nightly check: balances are rebuilt from the signed log and held against the moves; a difference is a task.

Nothing is ever corrected silently: a person counts the shelf and writes what they find.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.inventory import queries
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.rules import stock_subject
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.ids import rule_id
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit

PAIRED = ("transfer", "repack")
STOCK_CHECK = "stock_check"


@dataclass(frozen=True)
class Mismatch:
    """A batch at a place whose moves don't add up: `said` is the balance shown, `rebuilt` the one from the log."""

    batch: UUID
    place: UUID
    said: Decimal
    rebuilt: Decimal


@action("inventory.check_stock", needs="stock.adjust")
def check_stock(unit: Unit) -> list[UUID]:
    """Check every balance and give the pharmacy a task for each that is wrong; the same one is told once a day."""
    return tell_mismatches(unit, mismatches(unit))


def tell_mismatches(unit: Unit, found: Sequence[Mismatch]) -> list[UUID]:
    """A task, by rule, for each balance that is wrong."""
    return [_tell(unit, one) for one in found]


@query("stock.read")
def mismatches(reader: Reader) -> list[Mismatch]:
    """Balances that differ from what the log says, are below zero, or stand on half a transfer."""
    shown, rebuilt = queries.balances(reader), _rebuilt(reader)
    halves = _halves(reader)
    wrong = [
        Mismatch(batch, place, shown.get((batch, place), Decimal(0)), rebuilt.get((batch, place), Decimal(0)))
        for batch, place in sorted({*shown, *rebuilt})
    ]
    return [m for m in wrong if m.said != m.rebuilt or m.said < 0 or (m.batch, m.place) in halves]


def _rebuilt(reader: Reader) -> dict[tuple[UUID, UUID], Decimal]:
    """Balances from the signed change sets; a move older than the log counts as its row says."""
    sums: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    for row in reader.rows(select(StockMove.id, StockMove.batch, StockMove.place, StockMove.quantity)):
        written = next((v.values for v in reader.history(StockMove, row.id) if "quantity" in v.values), None)
        quantity = written["quantity"] if written else row.quantity
        sums[written["batch"] if written else row.batch, written["place"] if written else row.place] += quantity
    return dict(sums)


def _halves(reader: Reader) -> set[tuple[UUID, UUID]]:
    """Where a pair of moves does not add up to nothing: half of it is missing."""
    pairs: dict[UUID, list[tuple[UUID, UUID, Decimal]]] = defaultdict(list)
    question = select(StockMove.source, StockMove.batch, StockMove.place, StockMove.quantity)
    for row in reader.rows(question.where(StockMove.kind.in_(PAIRED))):
        pairs[row.source].append((row.batch, row.place, row.quantity))
    return {
        (batch, place)
        for moves in pairs.values()
        if sum((quantity for _batch, _place, quantity in moves), Decimal(0))
        for batch, place, _quantity in moves
    }


def _tell(unit: Unit, found: Mismatch) -> UUID:
    subject = stock_subject(found.batch, found.place)
    place = unit.find(Place, found.place)
    title = _("Stock check: batch {lot} at {place} shows {said}, its moves say {rebuilt}. Count the shelf.").format(
        lot=unit.get(Batch, found.batch).lot,
        place=place.name if place else _("a place not on this device"),
        said=show_decimal(found.said),
        rebuilt=show_decimal(found.rebuilt),
    )
    day = queries.today(unit).toordinal()
    return unit.add(
        Task, id=rule_id(subject, "task:stock-check", day), kind=STOCK_CHECK, title=title, role="pharmacist",
        status="requested", subject=found.batch, subject_table="batch",
    )  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""Which stock may leave the shelf, in which order, and what a scanned pack says (GS1 General Specifications)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _, ngettext

USABLE, ON_HOLD, RECALLED = "usable", "on-hold", "recalled"
BATCH_STATES = (USABLE, ON_HOLD, RECALLED)
# Which of two standing states shows: the safer one, so a batch is never released by a device that had not heard.
BATCH_MEETS: Mapping[frozenset[str], str | None] = {
    frozenset({USABLE, ON_HOLD}): ON_HOLD,
    frozenset({USABLE, RECALLED}): RECALLED,
    frozenset({ON_HOLD, RECALLED}): RECALLED,
}
BATCH_STEPS: Mapping[str, frozenset[str]] = {
    USABLE: frozenset({ON_HOLD, RECALLED}),
    ON_HOLD: frozenset({USABLE, RECALLED}),
    RECALLED: frozenset(),
}
MOVE_KINDS = (
    "receipt", "issue", "transfer", "dispense", "return", "adjust", "count", "expire", "destroy", "repack",
)  # fmt: skip
ENTRY_KINDS = ("opening", *MOVE_KINDS)
ADJUST_REASONS = ("count", "damaged", "expired", "lost", "found", "entry error")


@dataclass(frozen=True)
class Shelf:
    """One batch at one place as a picker sees it; `free` is what is there and not kept for somebody else."""

    batch: UUID
    lot: str
    expires: date
    state: str
    free: Decimal


@dataclass(frozen=True)
class Pick:
    """How much to take from which batch."""

    batch: UUID
    lot: str
    quantity: Decimal


@dataclass(frozen=True)
class PackCode:
    """What a scanned pack says: GTIN (01), expiry (17), lot (10) and serial (21); what it doesn't say is None."""

    gtin: str | None = None
    expires: date | None = None
    lot: str | None = None
    serial: str | None = None


def stock_subject(batch: UUID, place: UUID) -> UUID:
    """The id under which the stock of a batch at a place is lent."""
    return rule_id(batch, f"stock:{place.hex}")


def why_not(shelf: Shelf, today: date) -> str | None:
    """Why nothing may be taken from this batch today, as a sentence with its remedy; None when it is usable."""
    if shelf.expires < today:
        return _("Batch {lot} expired on {day}: pick another batch and destroy or return this one.").format(
            lot=shelf.lot, day=show_day(shelf.expires)
        )
    if shelf.state == RECALLED:
        return _("Batch {lot} is recalled: pick another batch and send this one back.").format(lot=shelf.lot)
    if shelf.state == ON_HOLD:
        return _("Batch {lot} is on hold: release it or pick another.").format(lot=shelf.lot)
    return None


def first_to_expire(shelves: Sequence[Shelf], today: date) -> list[Shelf]:
    """The batches that may be used today, the first to expire first; equal days by lot."""
    usable = [s for s in shelves if why_not(s, today) is None and s.free > 0]
    return sorted(usable, key=lambda s: (s.expires, s.lot, s.batch.bytes))


def allocate(shelves: Sequence[Shelf], quantity: Decimal, today: date) -> tuple[list[Pick], Decimal]:
    """Picks for a quantity by first expiry, and what is short; expired, held, recalled and kept stock is left alone."""
    picks: list[Pick] = []
    short = quantity
    for shelf in first_to_expire(shelves, today):
        if short <= 0:
            break
        taken = min(short, shelf.free)
        picks.append(Pick(shelf.batch, shelf.lot, taken))
        short -= taken
    return picks, short


def outlasts(expires: date, today: date, days: int) -> bool:
    """Whether a treatment of this many days, begun today, goes on after the batch expires."""
    return today + timedelta(days=max(days - 1, 0)) > expires


def may_become(state: str, wanted: str) -> bool:
    """Whether a batch in one state may be put into another."""
    return wanted in BATCH_STEPS[state]


_GROUP_SEPARATOR = "\x1d"
_FIXED = {"01": 14, "17": 6}
_OPEN = {"10": 20, "21": 20}


def read_pack(scanned: str) -> PackCode:
    """A GS1 DataMatrix or GS1-128 text, plain `]d2…` with FNC1 or with brackets `(01)…`; BadInput when it is broken."""
    parts = _bracketed(scanned) if scanned.lstrip().startswith("(") else _elements(scanned)
    gtin = parts.get("01")
    if gtin is not None and not gtin_is_right(gtin):
        raise BadInput(_("The pack's product number {gtin} has a wrong check digit: scan again.").format(gtin=gtin))
    return PackCode(gtin, _expiry(parts.get("17")), parts.get("10"), parts.get("21"))


def gtin_is_right(gtin: str) -> bool:
    """Whether a 14-digit GTIN ends in its check digit (GS1 mod 10)."""
    if len(gtin) != 14 or not gtin.isdigit():
        return False
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:13]))
    return (10 - total % 10) % 10 == int(gtin[13])


def _bracketed(scanned: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in scanned.strip().split("(")[1:]:
        identifier, closed, value = piece.partition(")")
        if not closed:
            raise BadInput(_("The pack code can't be read: scan again or pick the batch from the list."))
        parts[identifier] = value
    return parts


def _elements(scanned: str) -> dict[str, str]:
    rest = scanned.strip(" \r\n")
    rest = rest[3:] if rest[:1] == "]" else rest
    rest = rest.lstrip(_GROUP_SEPARATOR)
    parts: dict[str, str] = {}
    while rest:
        identifier, rest = rest[:2], rest[2:]
        if identifier in _FIXED:
            value, rest = rest[: _FIXED[identifier]], rest[_FIXED[identifier] :].lstrip(_GROUP_SEPARATOR)
        elif identifier in _OPEN:
            value, _end, rest = rest.partition(_GROUP_SEPARATOR)
        else:
            raise BadInput(_("The pack code can't be read: scan again or pick the batch from the list."))
        parts[identifier] = value
    return parts


def _expiry(six: str | None) -> date | None:
    """YYMMDD by GS1: day 00 is the last day of the month; years 51 to 99 back are read as this century's."""
    if six is None:
        return None
    try:
        year, month, day = 2000 + int(six[:2]), int(six[2:4]), int(six[4:6])
        if day:
            return date(year, month, day)
        return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    except ValueError:
        raise BadInput(_("The pack's expiry {text} is not a date: read it from the print.").format(text=six)) from None


def unit_words(unit: str, count: Decimal) -> str:
    """The unit as it is said after a number: `1 tablet`, `28 tablets`, `100 mL`."""
    several = {
        "tablet": ngettext("tablet", "tablets", int(count) if count == 1 else 2),
        "capsule": ngettext("capsule", "capsules", int(count) if count == 1 else 2),
        "sachet": ngettext("sachet", "sachets", int(count) if count == 1 else 2),
        "puff": ngettext("puff", "puffs", int(count) if count == 1 else 2),
        "drop": ngettext("drop", "drops", int(count) if count == 1 else 2),
        "ampoule": ngettext("ampoule", "ampoules", int(count) if count == 1 else 2),
        "vial": ngettext("vial", "vials", int(count) if count == 1 else 2),
        "patch": ngettext("patch", "patches", int(count) if count == 1 else 2),
        "suppository": ngettext("suppository", "suppositories", int(count) if count == 1 else 2),
        "pessary": ngettext("pessary", "pessaries", int(count) if count == 1 else 2),
        "dose": ngettext("dose", "doses", int(count) if count == 1 else 2),
    }
    return several.get(unit, unit)

# SPDX-License-Identifier: Apache-2.0
"""What a cover may say: who pays first, how long its deductible and cap count, what it leaves out or pays whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

YEAR, MONTH, INVOICE, COVER = "year", "month", "invoice", "cover"
PERIODS = (YEAR, MONTH, INVOICE, COVER)
"""How long a deductible or a most counts before it begins anew; one that is not said counts for a calendar year."""
KIND = "kind:"
"""Begins an entry of `excluded` or `package` that means every charge of a source instead of one code."""
KINDS = ("encounter", "service_order", "dispense", "procedure", "bed_night")
"""The sources of charges that a cover can leave out or pay whole altogether."""


@dataclass(frozen=True, kw_only=True)
class CoverTerms:
    """A cover as it is written down: money in minor units, `order` 1 pays first, days as far as they are known.

    `excluded` and `package` hold price codes and `kind:` entries.
    """

    payer: str
    patient_share_percent: Decimal
    plan: str | None = None
    member_id: str | None = None
    order: int = 1
    valid_from: str | None = None
    valid_to: str | None = None
    copay: int | None = None
    deductible: int | None = None
    deductible_period: str | None = None
    cap: int | None = None
    cap_period: str | None = None
    excluded: tuple[str, ...] = ()
    package: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Another cover of the same person: who pays as which number, in which time."""

    id: UUID
    payer: str
    order: int
    valid_from: str | None
    valid_to: str | None


def same_period(period: str | None, then: date, now: date) -> bool:
    """Whether what was paid on a day still counts now: what a cover says for each invoice never does."""
    if period == MONTH:
        return (then.year, then.month) == (now.year, now.month)
    return period == COVER or (period != INVOICE and then.year == now.year)


def period_word(period: str | None) -> str:
    """How long a deductible or a most counts, in words that follow the amount: `a month`."""
    return {
        MONTH: _("a month"),
        INVOICE: _("an invoice"),
        COVER: _("in all"),
    }.get(period or YEAR, _("a year"))


def kind_word(kind: str) -> str:
    """Every charge of a source, in words: `All medicines`."""
    return {
        "encounter": _("All visits"),
        "service_order": _("All laboratory tests"),
        "dispense": _("All medicines"),
        "procedure": _("All procedures"),
        "bed_night": _("All nights in a bed"),
    }.get(kind, kind)


def last_day(known: str) -> date:
    """The last day of a day, month or year that is known as far as that."""
    year, month, day = (*(int(part) for part in known.split("-")), 0, 0)[:3]
    if day:
        return date(year, month, day)
    following = date(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    return following - timedelta(days=1)


def listed(said: str | None) -> tuple[str, ...]:
    """The entries of a list as it is kept, parted by semicolons."""
    return tuple(part.strip() for part in (said or "").split(";") if part.strip())


def kept(entries: Iterable[str]) -> str | None:
    """A list as it is kept; None when it is empty."""
    return ";".join(dict.fromkeys(entries)) or None


def check_cover(terms: CoverTerms, others: Collection[Standing]) -> None:
    """Refuse terms that can't be meant, each with its field and what to do; `others` are the person's other covers."""
    if not terms.payer.strip():
        raise BadInput(_("Type who pays."), "payer")
    if not 0 <= terms.patient_share_percent <= 100:
        raise BadInput(_("The patient's share is 0 to 100 percent."), "patient_share_percent")
    _check_amounts(terms)
    if terms.order < 1:
        raise BadInput(_("Who pays first is number 1. Type 1 or more."), "order")
    if terms.valid_from and terms.valid_to and terms.valid_to < terms.valid_from[: len(terms.valid_to)]:
        raise BadInput(_("The cover ends before it begins. Check both days."), "valid_to")
    for entry in terms.package:
        if entry in terms.excluded:
            words = _("{item} can't be both not covered and paid whole. Take it off one of the two lists.")
            raise BadInput(words.format(item=entry_word(entry)), "package")
    for other in others:
        if other.order == terms.order and _overlap(terms, other):
            words = _("{payer} pays as number {order} already. Give one of the two another number.")
            raise BadInput(words.format(payer=other.payer, order=other.order), "order")


def _check_amounts(terms: CoverTerms) -> None:
    if terms.copay is not None and terms.copay < 0:
        raise BadInput(_("A co-pay can't be below zero. Leave it empty when there is none."), "copay")
    if terms.deductible is not None and terms.deductible <= 0:
        raise BadInput(_("A deductible is more than zero. Leave it empty when there is none."), "deductible")
    if terms.cap is not None and terms.cap <= 0:
        raise BadInput(_("What is paid at most is more than zero. Leave it empty when there is no limit."), "cap")
    for field, period in (("deductible_period", terms.deductible_period), ("cap_period", terms.cap_period)):
        if period is not None and period not in PERIODS:
            raise BadInput(_("Choose how long it counts: a year, a month, an invoice or in all."), field)


def entry_word(entry: str) -> str:
    """An entry of a list without the price list: the words of its kind, or its code."""
    return kind_word(entry.removeprefix(KIND)) if entry.startswith(KIND) else entry


def _overlap(terms: CoverTerms, other: Standing) -> bool:
    """Whether two covers hold on one day; a day that is not known is no limit."""
    return _begins_by(terms.valid_from, other.valid_to) and _begins_by(other.valid_from, terms.valid_to)


def _begins_by(begin: str | None, end: str | None) -> bool:
    return begin is None or end is None or begin[: len(end)] <= end

# SPDX-License-Identifier: Apache-2.0
"""Judging a value: range by sex and age, flags, absurd values, change since last, verification and read-back.

Flags are those of HL7 v2 table 0078 that a bench uses: N, L, H, and LL or HH beyond the critical limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _

FLAGS = ("LL", "L", "N", "H", "HH")
ANY_WORDS = "*"
"""As an answer of a test: any other words are an answer too, with this one's flag (an organism that is not listed)."""
TECHNICAL, MEDICAL = "technical", "medical"


@dataclass(frozen=True)
class Range:
    """A reference range for a sex ("" is any) and an age span in days, `to_days` not included (None: no end)."""

    sex: str
    from_days: int
    to_days: int | None
    low: Decimal | None
    high: Decimal | None

    def fits(self, sex: str, age_days: int | None) -> bool:
        """Whether it holds for this person; a range for one sex or age needs that sex or age to be known."""
        if self.sex and self.sex != sex:
            return False
        if age_days is None:
            return self.from_days == 0 and self.to_days is None
        return self.from_days <= age_days and (self.to_days is None or age_days < self.to_days)


@dataclass(frozen=True)
class Limits:
    """What a version of a test judges by; all in `unit` (UCUM), `decimals` as reported."""

    code: str
    display: str
    unit: str | None
    decimals: int | None
    ranges: tuple[Range, ...]
    critical_low: Decimal | None
    critical_high: Decimal | None
    absurd_low: Decimal | None
    absurd_high: Decimal | None
    delta: Decimal | None
    delta_hours: int | None


@dataclass(frozen=True)
class Judgement:
    """How a value stands: flag (None when there is nothing to judge by), range used, critical, change since last."""

    flag: str | None
    reference: Range | None
    critical: bool
    change: Decimal | None
    delta_exceeded: bool


@dataclass(frozen=True)
class Before:
    """The last value of the same test that stands for this patient."""

    value: Decimal
    at: datetime


def read_ranges(stored: Iterable[dict[str, object]]) -> tuple[Range, ...]:
    """Ranges from their stored form, the most particular first: one sex before any, a short span before a long one."""

    def limit(value: object) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    found = [
        Range(
            str(r.get("sex") or ""),
            int(str(r.get("from_days") or 0)),
            None if r.get("to_days") is None else int(str(r["to_days"])),
            limit(r.get("low")),
            limit(r.get("high")),
        )
        for r in stored
    ]
    return tuple(sorted(found, key=lambda r: (not r.sex, -r.from_days)))


def range_for(ranges: Iterable[Range], sex: str, age_days: int | None) -> Range | None:
    """The range for a person, or None: an unknown sex or age gets no range that depends on it."""
    return next((r for r in ranges if r.fits(sex, age_days)), None)


def rounded(limits: Limits, value: Decimal) -> Decimal:
    """The value with the decimals in which the test is reported, half up."""
    if limits.decimals is None:
        return value
    return value.quantize(Decimal(1).scaleb(-limits.decimals), rounding=ROUND_HALF_UP)


def refuse_absurd(limits: Limits, value: Decimal) -> None:
    """Raise BadInput, naming the limits, for a value that no specimen can have."""
    low, high = limits.absurd_low, limits.absurd_high
    if (low is not None and value < low) or (high is not None and value > high):
        raise BadInput(
            _("{test} {value} {unit} is not possible. Check the decimal mark and the unit, then type it again.").format(
                test=limits.display, value=show_decimal(value), unit=limits.unit or ""
            ),
            limits.code,
        )


def judge(
    limits: Limits, value: Decimal, sex: str, age_days: int | None, before: Before | None, at: datetime
) -> Judgement:
    """Flag, range, critical and change of a value measured at `at`; `before` is the last one that stands."""
    reference = range_for(limits.ranges, sex, age_days)
    flag = _flag(limits, value, reference)
    change = value - before.value if before else None
    recent = before is not None and (
        limits.delta_hours is None or at - before.at <= timedelta(hours=limits.delta_hours)
    )
    exceeded = change is not None and recent and limits.delta is not None and abs(change) >= limits.delta
    return Judgement(flag, reference, flag in ("LL", "HH"), change, exceeded)


def _flag(limits: Limits, value: Decimal, reference: Range | None) -> str | None:
    if limits.critical_low is not None and value <= limits.critical_low:
        return "LL"
    if limits.critical_high is not None and value >= limits.critical_high:
        return "HH"
    if reference is None:
        return None
    if reference.low is not None and value < reference.low:
        return "L"
    if reference.high is not None and value > reference.high:
        return "H"
    return "N"


def answer_flag(answers: Iterable[tuple[str, str]], words: str) -> str | None:
    """The flag of an answer ("" when there is nothing to judge), or None when it is none of the test's answers."""
    flags = dict(answers)
    if not words.strip() or words == ANY_WORDS:
        return None
    return flags.get(words, flags.get(ANY_WORDS))


def read_back_matches(value: Decimal, typed: Decimal) -> bool:
    """Whether the value read back is the value told, to the last digit that counts."""
    return value == typed


@dataclass(frozen=True)
class Standing:
    """What verification asks of a result: who entered it and verified it so far, and what holds it up."""

    id: UUID
    display: str
    entered_by: UUID
    flag: str | None
    critical: bool
    delta_exceeded: bool
    numeric: bool
    technical_by: UUID | None
    medical_by: UUID | None
    replaced: bool
    voided: bool
    call_done: bool

    @property
    def normal(self) -> bool:
        """Within its range and no other reason to look at it singly; only these are verified many at a time."""
        return self.numeric and self.flag == "N" and not self.critical and not self.delta_exceeded


def may_verify(result: Standing, level: str, person: UUID, separate: bool) -> None:
    """Raise Refused, naming the result and the remedy, unless this person may verify it at this level.

    `separate` is the clinic's policy: nobody verifies what they entered themselves, nor both levels of one result.
    """
    if result.voided or result.replaced:
        raise Refused(_("{test}: this version no longer stands. Verify the newer one.").format(test=result.display))
    if level == TECHNICAL and result.technical_by is not None:
        raise Refused(_("{test} is already verified technically.").format(test=result.display))
    if level == MEDICAL and result.medical_by is not None:
        raise Refused(_("{test} is already verified medically.").format(test=result.display))
    if level == MEDICAL and result.technical_by is None:
        raise Refused(_("{test} must be verified technically first.").format(test=result.display))
    if separate and person == result.entered_by:
        raise Refused(_("You entered {test} yourself. A colleague has to verify it.").format(test=result.display))
    if separate and level == MEDICAL and person == result.technical_by:
        raise Refused(
            _("You verified {test} technically. A colleague has to verify it medically.").format(test=result.display)
        )


def refuse_bulk(results: Collection[Standing]) -> None:
    """Raise Refused, naming the first one, when many are verified at once and one of them is not plainly normal."""
    odd = next((r for r in results if not r.normal), None)
    if len(results) > 1 and odd is not None:
        raise Refused(_("{test} is not normal: open it and verify it by itself.").format(test=odd.display))


def what_holds(results: Collection[Standing], missing: Collection[str]) -> str | None:
    """Why an order's report can't be released now, as a sentence with its remedy; None when nothing holds it."""
    standing = [r for r in results if not r.replaced and not r.voided]
    if missing:
        return _("Still to enter: {tests}.").format(tests=", ".join(missing))
    if not standing:
        return _("There is no result to release. Enter one first.")
    for result in standing:
        if result.critical and not result.call_done:
            return _("{test} is critical: phone it and have it read back first.").format(test=result.display)
    for result in standing:
        if result.technical_by is None:
            return _("{test} is not verified technically yet.").format(test=result.display)
        if result.medical_by is None:
            return _("{test} is not verified medically yet.").format(test=result.display)
    return None

# SPDX-License-Identifier: Apache-2.0
"""How alike two charts are: points for each reason, in words that a person at the desk can check.

The reasons and their order follow record linkage practice (Fellegi and Sunter 1969: agreement on rare things counts
more); the points were set so that on the Febrl sets true pairs pass `CANDIDATE` and strangers stay below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from rapidfuzz.distance import OSA, JaroWinkler

from hms_desktop.clinic.patients.births import earliest
from hms_desktop.clinic.patients.names import sounds, words
from hms_desktop.core.text import _

CANDIDATE = 26
LIKELY = 60
NEWBORN_DAYS = 60


@dataclass(frozen=True)
class Traits:
    """What is compared: as typed in a form, or as a chart holds it. Phones are E.164; identifiers (system, value)."""

    family: str | None = None
    given: str | None = None
    born: str | None = None
    born_estimated: bool = False
    sex: str = "unknown"
    phones: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    guardians: frozenset[str] = frozenset()
    """Names of next of kin, and of the mother or guardian of a child."""


@dataclass(frozen=True)
class Reason:
    """Why two charts are alike (or not): a code, its points, and whether it speaks against."""

    code: str
    points: int

    @property
    def against(self) -> bool:
        """Whether this speaks against one person."""
        return self.points < 0


@dataclass(frozen=True)
class Likeness:
    """The sum of the reasons; `CANDIDATE` is worth showing, `LIKELY` is probably the same person."""

    score: int
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def likely(self) -> bool:
        """Whether the two are probably one person."""
        return self.score >= LIKELY


def compare(one: Traits, other: Traits) -> Likeness:
    """How alike two charts are, with every reason, the weightiest first."""
    found = [
        *_identifiers(one, other),
        *_names(one, other),
        *_births(one, other),
        *_phones(one, other),
        *_sexes(one, other),
        *_newborns(one, other),
    ]
    ordered = sorted(found, key=lambda r: -abs(r.points))
    return Likeness(sum(r.points for r in found), tuple(ordered))


def say(reason: Reason) -> str:
    """The reason in words for the desk."""
    return {
        "identifier": _("same identifier"),
        "identifier_differs": _("different number in the same system"),
        "name": _("same name"),
        "name_order": _("family and given name swapped"),
        "name_sound": _("name sounds the same"),
        "name_close": _("name is spelled almost the same"),
        "family": _("same family name"),
        "name_part": _("one name is the same"),
        "name_differs": _("other name"),
        "born": _("same birth date"),
        "born_swap": _("birth date with day and month swapped"),
        "born_near": _("birth date off by one"),
        "born_part": _("birth dates agree as far as known"),
        "born_estimate": _("estimated age fits"),
        "born_differs": _("other birth date"),
        "phone": _("same telephone"),
        "sex_differs": _("other sex"),
        "newborn": _("newborn of the same guardian"),
    }[reason.code]


def _identifiers(one: Traits, other: Traits) -> list[Reason]:
    if one.identifiers & other.identifiers:
        return [Reason("identifier", 70)]
    mine, theirs = dict(one.identifiers), dict(other.identifiers)
    differ = any(system in theirs and theirs[system] != value for system, value in mine.items() if system != "mrn")
    return [Reason("identifier_differs", -15)] if differ else []


def _names(one: Traits, other: Traits) -> list[Reason]:
    family, given = words(one.family), words(one.given)
    other_family, other_given = words(other.family), words(other.given)
    if not (family or given) or not (other_family or other_given):
        return []
    if (family, given) == (other_family, other_given):
        return [Reason("name", 34 if family and given else 22)]
    if family and (family, given) == (other_given, other_family):
        return [Reason("name_order", 30)]
    return _unequal_names(family, given, other_family, other_given)


def _unequal_names(
    family: Sequence[str], given: Sequence[str], other_family: Sequence[str], other_given: Sequence[str]
) -> list[Reason]:
    straight = (_alike(family, other_family) + _alike(given, other_given)) / 2
    crossed = (_alike(family, other_given) + _alike(given, other_family)) / 2
    if crossed >= 0.9 and crossed > straight:
        return [Reason("name_order", 27)]
    if straight >= 0.9:
        return [Reason("name_close", 28)]
    if _sound_alike(family, other_family) and _sound_alike(given, other_given):
        return [Reason("name_sound", 26)]
    if straight >= 0.8:
        return [Reason("name_close", 20)]
    best = max(_alike(family, other_family), _alike(family, other_given))
    if best >= 0.93:
        return [Reason("family", 14 if not given or not other_given else 10)]
    if max(_alike(given, other_given), _alike(given, other_family)) >= 0.93:
        return [Reason("name_part", 8)]
    return [Reason("name_differs", -12)]


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    """0 to 1: the better of the whole names and their best pair of words (a second given name may be missing)."""
    if not one or not other:
        return 0.0
    whole = JaroWinkler.similarity(" ".join(one), " ".join(other))
    if len(one) == len(other) == 1:
        return whole
    fewer, more = sorted((one, other), key=len)
    pairs = [max(JaroWinkler.similarity(w, v) for v in more) for w in fewer]
    return max(whole, sum(pairs) / len(pairs) - 0.02)


def _sound_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    return bool(set(sounds(" ".join(one))) & set(sounds(" ".join(other))))


def _births(one: Traits, other: Traits) -> list[Reason]:
    mine, theirs = one.born, other.born
    if not mine or not theirs:
        return []
    if one.born_estimated or other.born_estimated:
        near = abs(int(mine[:4]) - int(theirs[:4])) <= 3
        return [Reason("born_estimate", 10)] if near else [Reason("born_differs", -15)]
    if mine == theirs:
        return [Reason("born", 32 if len(mine) == 10 else 12)]
    if len(mine) < 10 or len(theirs) < 10:
        fits = mine.startswith(theirs) or theirs.startswith(mine)
        return [Reason("born_part", 12)] if fits else [Reason("born_differs", -15)]
    return _unequal_days(mine, theirs)


def _unequal_days(mine: str, theirs: str) -> list[Reason]:
    if mine[:4] == theirs[:4] and (mine[5:7], mine[8:]) == (theirs[8:], theirs[5:7]):
        return [Reason("born_swap", 27)]
    first, second = earliest(mine), earliest(theirs)
    if first and second and abs((first - second).days) == 1:
        return [Reason("born_near", 24)]
    if OSA.distance(mine, theirs) == 1:
        return [Reason("born_near", 22)]
    if mine[5:] == theirs[5:] and abs(int(mine[:4]) - int(theirs[:4])) == 1:
        return [Reason("born_near", 22)]
    return [Reason("born_differs", -15)]


def _phones(one: Traits, other: Traits) -> list[Reason]:
    return [Reason("phone", 18)] if one.phones & other.phones else []


def _sexes(one: Traits, other: Traits) -> list[Reason]:
    known = {one.sex, other.sex} - {"unknown", "other"}
    return [Reason("sex_differs", -10)] if len(known) == 2 else []


def _newborns(one: Traits, other: Traits) -> list[Reason]:
    """A child is often first called “Baby of …”: the guardian and the days count more than the child's own name."""
    first, second = _day(one.born), _day(other.born)
    if first is None or second is None or abs((first - second).days) > 1:
        return []
    shared = {words(g) for g in one.guardians} & {words(g) for g in other.guardians} - {()}
    return [Reason("newborn", 40)] if shared else []


def _day(born: str | None) -> date | None:
    return earliest(born) if born and len(born) == 10 else None

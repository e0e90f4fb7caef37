# SPDX-License-Identifier: Apache-2.0
"""What was typed into a patient search: words of a name, birth dates in any form, ends of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from hms_desktop.clinic.patients.births import MONTHS
from hms_desktop.clinic.patients.identifiers import squeeze
from hms_desktop.clinic.patients.names import words
from hms_desktop.clinic.patients.phones import digits

LONGEST = 120
MOST_WORDS = 8
_DATE = re.compile(
    r"(?<![\d/.\-])(\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?)(?![\d/.\-])"
)
_NAMED = re.compile(
    r"\b(?:(?P<d>\d{1,2})[\s\-./]*)?(?P<m>" + "|".join(MONTHS) + r")[a-z]*(?:[\s\-./,]*(?P<y>\d{4}|\d{2}(?!\d)))?\b"
)
_PHONE = re.compile(r"(?<![\w\-/.])\+?\(?\d[\d\s()\-./]{3,}\d(?!\w)")


@dataclass(frozen=True)
class Typed:
    """A search, taken apart. `births` are alternatives of one date each: `1979-03-14`, `1979-03`, `1979`, `--03-14`."""

    names: tuple[str, ...] = ()
    births: tuple[tuple[str, ...], ...] = ()
    numbers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.births or self.numbers)


def take_apart(text: str, today: date) -> Typed:
    """Names, birth dates and numbers of a search; words beyond the eighth and the 120th character are left."""
    rest = " ".join(text.casefold()[:LONGEST].split())
    births: list[tuple[str, ...]] = []
    numbers: list[str] = []
    rest = _named_months_out(rest, births, today)
    rest = _dates_out(rest, births, numbers, today)
    rest = _phones_out(rest, numbers)
    names: list[str] = []
    for word in re.split(r"[\s,;]+", rest):
        _sort_word(word, names, births, numbers, today)
    return Typed(tuple(names[:MOST_WORDS]), tuple(births), tuple(numbers[:MOST_WORDS]))


def _phones_out(rest: str, numbers: list[str]) -> str:
    for found in _PHONE.findall(rest):
        if _is_phone(found.strip()):
            numbers.append(squeeze(found.replace("(", "").replace(")", "").replace("+", "")))
            rest = rest.replace(found, " ", 1)
    return rest


def _is_phone(written: str) -> bool:
    """Seven digits or more, or five that begin as telephones do; a date, even with spaces, is not one."""
    only = digits(written)
    if _DATE.fullmatch(written) or re.fullmatch(r"\d{8}|\d{1,2} \d{1,2} \d{4}|\d{4}-\d{2}-\d{2}", written):
        return False
    return len(only) >= 7 or (len(only) >= 5 and written[0] in "0+(")


def _named_months_out(rest: str, births: list[tuple[str, ...]], today: date) -> str:
    """Month names are dates only next to a number: “May Jansen” stays a name."""

    def note(match: re.Match[str]) -> str:
        day, year = match["d"], match["y"]
        if not day and not year:
            return match[0]
        month = MONTHS.index(match["m"]) + 1
        full = _full_year(year, today) if year else ""
        tail = f"-{month:02d}" + (f"-{int(day):02d}" if day else "")
        births.append((full + tail if full else "-" + tail,))
        return " "

    return _NAMED.sub(note, rest)


def _dates_out(rest: str, births: list[tuple[str, ...]], numbers: list[str], today: date) -> str:
    def note(match: re.Match[str]) -> str:
        readings = tuple(dict.fromkeys(_readings(re.split(r"[-/.]", match[0]), today)))
        if readings:
            births.append(readings)
        else:
            numbers.append(squeeze(match[0]))
        return " "

    return _DATE.sub(note, rest)


def _readings(parts: list[str], today: date) -> list[str]:
    """Every way to read a written date: day before month first, then month before day."""
    if len(parts[0]) == 4:
        return ["-".join([parts[0], *(f"{int(p):02d}" for p in parts[1:])])]
    year = _full_year(parts[2], today) if len(parts) == 3 else "-"
    first, second = int(parts[0]), int(parts[1])
    return [
        f"{year}-{month:02d}-{day:02d}"
        for day, month in ((first, second), (second, first))
        if 1 <= month <= 12 and 1 <= day <= 31
    ]


def _full_year(year: str, today: date) -> str:
    if len(year) == 4:
        return year
    near = today.year // 100 * 100 + int(year)
    return str(near if near <= today.year else near - 100)


def _sort_word(word: str, names: list[str], births: list[tuple[str, ...]], numbers: list[str], today: date) -> None:
    if not any(c.isdigit() for c in word):
        names.extend(words(word))
    elif len(word) == 4 and word.isdigit() and 1890 <= int(word) <= today.year:
        births.append((word,))
    elif len(word) == 8 and word.isdigit() and _eight(word):
        births.append(tuple(_eight(word)))
    elif re.fullmatch(r"[a-z]{3,}\d{1,4}", word) and not word.startswith("mrn"):
        names.extend(words(word))
    elif squeeze(word):
        numbers.append(squeeze(word))


def _eight(word: str) -> list[str]:
    ways = [(word[:4], word[4:6], word[6:]), (word[4:], word[2:4], word[:2])]
    return [f"{y}-{m}-{d}" for y, m, d in ways if "1890" <= y <= "2100" and "01" <= m <= "12" and "01" <= d <= "31"]

# SPDX-License-Identifier: Apache-2.0
"""Text on its way to paper: made safe for reportlab's markup, with dates and amounts that can't be misread."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from hms_desktop.core.dates import month_names, show_day
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_every_digit
from hms_desktop.core.text import _, decimal_mark
from hms_desktop.documents import fonts

NOTHING = "\N{EM DASH}"
_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They choose between looks of the letter before them, and show nothing by themselves."""
_SPACE = re.compile(r"[ \t\u2028\u2029\u3000]+")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")
_MINUS = "\N{MINUS SIGN}"
_HARD_SPACE = "\N{NO-BREAK SPACE}"


def clean(text: str) -> str:
    """The text without control characters, half surrogates and direction overrides, which can break or fake a page."""
    return "".join(
        character
        for character in text
        if character == "\n"
        or (unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"} and character not in _SELECTORS)
        or character in fonts.JOINERS
    )


def markup(text: str) -> str:
    """Any text as safe `Paragraph` markup: escaped, line breaks kept, words of other scripts in their own font."""
    return "<br/>".join(_line(clean(line)) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def needs_shaping(text: str) -> bool:
    """Whether letters of this text join or combine, so that they must be shaped before they are drawn."""
    words = (word for word in _SPACE.split(clean(text)) if word)
    return any(font not in (fonts.TEXT, None) for word in words for font, _letters in fonts.runs(word))


def width(text: str, font: str, size: float) -> float:
    """Width in points of one line of text in a font of ours, each letter in the font in which it is drawn."""
    words = [word for word in _SPACE.split(clean(text)) if word]
    pieces = [(font if drawn in (fonts.TEXT, None) else drawn, _told(drawn, letters))
              for word in words for drawn, letters in fonts.runs(word)]  # fmt: skip
    spaces = fonts.width(" ", font, size) * max(len(words) - 1, 0)
    return spaces + sum(fonts.width(letters, drawn or font, size) for drawn, letters in pieces)


def day(value: date) -> str:
    """A day as 23-Nov-2026: the month in letters, so that it reads one way only."""
    return show_day(value)


def partial_day(value: str) -> str:
    """A day of which only the year or month may be known ('1979', '1979-03', '1979-03-14'); other text stays."""
    found = _PARTIAL.match(value)
    if found is None:
        return value
    year, month_number, day_number = found.groups()
    parts = [
        day_number,
        month_names()[int(month_number) - 1] if month_number and 1 <= int(month_number) <= 12 else month_number,
    ]
    return "-".join([part for part in parts if part] + [year])


def moment(value: datetime) -> str:
    """A moment as 23-Nov-2026 09:40, in the time zone that the value carries."""
    return f"{day(value)} {value:%H:%M}"


def amount(value: Money) -> str:
    """An amount without its currency, for columns whose heading names it: 1 321.86, negative with a real minus."""
    return f"{_MINUS if value.minor < 0 else ''}{show_every_digit(abs(value.decimal()), _HARD_SPACE)}"


def full_amount(value: Money) -> str:
    """An amount with its currency (ISO 4217 code): ZAR 714.00."""
    return f"{value.currency}\N{NO-BREAK SPACE}{amount(value)}"


def quantity(value: Decimal, unit: str = "") -> str:
    """A quantity with its unit: never a bare fraction point, never a trailing zero."""
    plain = format(value.normalize(), "f") if value else "0"
    plain = plain.replace(".", decimal_mark())
    return f"{plain}{_HARD_SPACE}{unit}" if unit else plain


def _line(line: str) -> str:
    words = [word for word in _SPACE.split(line) if word]
    return " ".join(_word(word) for word in _visual_order(words))


def _visual_order(words: list[str]) -> list[str]:
    """Neighbouring right-to-left words change places: reportlab sets words from left to right."""
    ordered: list[str] = []
    run: list[str] = []
    for word in words:
        if fonts.reads_right_to_left(word):
            run.insert(0, word)
            continue
        ordered += run
        run = []
        ordered.append(word)
    return ordered + run


def _word(word: str) -> str:
    return "".join(_run(font, letters) for font, letters in fonts.runs(word))


def _run(font: str | None, letters: str) -> str:
    """Letters in their font; where no font has them their numbers stand for them, so that nothing is silently lost."""
    said = escape(_told(font, letters))
    return said if font in (fonts.TEXT, None) else f'<font name="{font}">{said}</font>'


def _told(font: str | None, letters: str) -> str:
    if font is not None:
        return letters
    return _("[no font: {numbers}]").format(numbers=" ".join(f"U+{ord(letter):04X}" for letter in letters))

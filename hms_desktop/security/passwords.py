# SPDX-License-Identifier: Apache-2.0
"""Which passwords are accepted: long enough, and not made of what is guessed first (NIST SP 800-63B-4, ASVS 6.2).

There are no rules of composition and no expiry. Guessability is counted in pieces: a common word, a name of the
person or clinic, a year, a run such as 3456 or asdf, or a repeated sign is one piece, any other letter or digit is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

ALONE, WITH_CODE, LONGEST = 15, 8, 1000
LEAST_PIECES = 5
COMMON_FILE = Path(__file__).resolve().parents[2] / "resources" / "common_passwords.txt"
_SHORTEST_WORD = 3
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_RUNS = _ROWS + tuple(row[::-1] for row in _ROWS)
_LOOKS_LIKE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_YEAR = re.compile(r"(?:19|20)\d\d")


def check_new_password(password: str, *, second_factor: bool, names: Iterable[str] = ()) -> None:
    """Raise BadInput (field `password`) with what to do, unless the password may be used.

    15 characters, or 8 where a code is asked too; `names` are the person's and clinic's own words.
    """
    shown = unicodedata.normalize("NFKC", password)
    least = WITH_CODE if second_factor else ALONE
    if len(shown) < least:
        raise BadInput(_("The password is too short: use {least} characters or more.").format(least=least), "password")
    if len(shown) > LONGEST:
        raise BadInput(_("The password is too long: use up to {most} characters.").format(most=LONGEST), "password")
    if guess_pieces(shown, names) < LEAST_PIECES:
        raise BadInput(
            _("This password is among the first to be guessed. Use some words that don't belong together."), "password"
        )


def guess_pieces(password: str, names: Iterable[str] = ()) -> int:
    """How many pieces someone who guesses has to put together, at the easiest reading of look-alike signs."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    own = {part for name in names for part in re.split(r"\W+", name.casefold()) if len(part) >= _SHORTEST_WORD}
    words = common_words() | own
    return min(_pieces(plain, words), _pieces(plain.translate(_LOOKS_LIKE), words))


@cache
def common_words() -> frozenset[str]:
    """The bundled words."""
    lines = COMMON_FILE.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _pieces(text: str, words: frozenset[str]) -> int:
    count, at, longest = 0, 0, max(map(len, words), default=0)
    while at < len(text):
        if not text[at].isalnum():
            at += 1
            continue
        count += 1
        at += max(_word(text, at, words, longest), _run(text, at), _repeat(text, at), _year(text, at), 1)
    return count


def _word(text: str, at: int, words: frozenset[str], longest: int) -> int:
    lengths = range(min(longest, len(text) - at), _SHORTEST_WORD - 1, -1)
    return next((n for n in lengths if text[at : at + n] in words), 0)


def _run(text: str, at: int) -> int:
    lengths = range(min(26, len(text) - at), 2, -1)
    return next((n for n in lengths if any(text[at : at + n] in row for row in _RUNS)), 0)


def _repeat(text: str, at: int) -> int:
    """The length of a unit of up to four signs and all its repetitions, when there are three or more of it."""
    best = 0
    for unit in range(1, 5):
        piece, end = text[at : at + unit], at + unit
        while piece and text.startswith(piece, end):
            end += unit
        if end - at >= 3 * unit:
            best = max(best, end - at)
    return best


def _year(text: str, at: int) -> int:
    return 4 if _YEAR.match(text, at) else 0

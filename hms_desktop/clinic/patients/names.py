# SPDX-License-Identifier: Apache-2.0
"""Names as they are compared: letters without case, marks or apostrophes, and how a word sounds (metaphone)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import jellyfish

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ħ": "h",
        "ŋ": "n",
        "ə": "e",
        "ŧ": "t",
        "ĸ": "k",
        "ɓ": "b",
        "ɗ": "d",
        "ƙ": "k",
        "ƴ": "y",
    }
)
_APOSTROPHES = re.compile("['’ʼ‘`´ʻ·]")
_APART = re.compile(r"[\W_]+")
_KEPT = 16_384  # a population has far fewer names than people: an index over it meets the same ones again
_DIGITS = re.compile(r"\d+")


def plain(text: str | None) -> str:
    """A name reduced to lower-case words with single spaces; “O’Brien-Nuñez” becomes “obrien nunez”.

    Digits that cling to letters (as test populations have them) are dropped.
    """
    text = text or ""
    bare = text.lower() if text.isascii() else _bare(text)  # the same, and names are read by the ten thousand
    parts = _APART.sub(" ", _APOSTROPHES.sub("", bare)).split()
    return " ".join(_DIGITS.sub("", p) or p for p in parts)


def _bare(text: str) -> str:
    """Lower case, without marks, letters of other alphabets of Latin as they are written without them."""
    folded = _folded(_folded(text)).translate(_LETTERS)
    return "".join(c for c in folded if not unicodedata.combining(c))


def _folded(text: str) -> str:
    """Without case and taken apart (NFKD). Taking apart can bring capitals to light (𝐴), so it is done twice."""
    return unicodedata.normalize("NFKD", text.casefold())


@lru_cache(maxsize=_KEPT)
def words(text: str | None) -> tuple[str, ...]:
    """The words of a name, reduced as by `plain`."""
    return tuple(plain(text).split())


@lru_cache(maxsize=_KEPT)
def sound(word: str) -> str:
    """How a word sounds (metaphone, lower case); empty for words outside the Latin script or without a sound."""
    if not word.isascii() or not word.isalpha():
        return ""
    return jellyfish.metaphone(word).replace(" ", "").lower()


def sounds(text: str | None) -> tuple[str, ...]:
    """The sounds of the words of a name; words without one are left out."""
    return tuple(s for s in map(sound, words(text)) if s)


def name_keys(family: str | None, given: str | None) -> dict[str, str | None]:
    """The computed columns of the name group: `family_key`, `given_key`, and `sound_key` of the family name."""
    return {
        "family_key": plain(family) or None,
        "given_key": plain(given) or None,
        "sound_key": " ".join(sounds(family)) or None,
    }

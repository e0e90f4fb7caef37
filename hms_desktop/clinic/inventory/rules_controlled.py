# SPDX-License-Identifier: Apache-2.0
"""Whether words that somebody typed name a controlled medicine: they are held against what is controlled by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_WORDS = re.compile(r"\w+")


def controlled_alone(listed: Iterable[tuple[str, str | None]]) -> frozenset[str]:
    """Ingredients that make a medicine controlled, of (ingredients parted by semicolons, legal class or None).

    One that is in a medicine of no class as well, such as paracetamol beside codeine, is not what makes it controlled.
    """
    classed, free = set[str](), set[str]()
    for ingredients, schedule in listed:
        names = {name.strip().lower() for name in ingredients.split(";") if name.strip()}
        (free if schedule is None else classed).update(names)
    return frozenset(classed - free)


def names_one(words: str, ingredients: Collection[str]) -> bool:
    """Whether one of these ingredients is named in the words, as whole words whatever their case."""
    said = _WORDS.findall(words.lower())
    parts = (_WORDS.findall(name) for name in ingredients)
    return any(part and _within(part, said) for part in parts)


def _within(part: list[str], said: list[str]) -> bool:
    return any(said[at : at + len(part)] == part for at in range(len(said) - len(part) + 1))

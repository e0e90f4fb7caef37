# SPDX-License-Identifier: Apache-2.0
"""Words for people, through one gettext catalogue for windows, pages and paper."""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALE = Path(__file__).resolve().parents[2] / "resources" / "locale"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_decimal_mark = "."


def use_language(code: str, folder: Path = LOCALE, *, mark: str = ".") -> None:
    """Speak this language (BCP 47 code) and write fractions with its `mark`; what has no translation stays English."""
    global _catalogue, _decimal_mark
    _catalogue = gettext.translation("hms", folder, languages=[code.replace("-", "_")], fallback=True)
    _decimal_mark = mark


def decimal_mark() -> str:
    """The mark before the digits of a fraction in the language in use: a point or a comma."""
    return _decimal_mark


def _(message: str) -> str:
    """The message in the language in use."""
    return _catalogue.gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message for a count, in the language's own plural form."""
    return _catalogue.ngettext(one, many, count)

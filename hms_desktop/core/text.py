# SPDX-License-Identifier: Apache-2.0
"""Words for people, through one gettext catalogue for windows, pages and paper."""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALE = Path(__file__).resolve().parents[2] / "resources" / "locale"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_decimal_mark = "."


def use_language(code: str, folder: Path = LOCALE) -> None:
    """Speak this language (BCP 47 code) from now on; what has no translation stays in English."""
    global _catalogue, _decimal_mark
    from babel.numbers import get_decimal_symbol

    _catalogue = gettext.translation("hms", folder, languages=[code.replace("-", "_")], fallback=True)
    _decimal_mark = get_decimal_symbol(code.replace("-", "_"), numbering_system="latn")


def decimal_mark() -> str:
    """The mark before the digits of a fraction in the language in use (Unicode CLDR): a point or a comma."""
    return _decimal_mark


def _(message: str) -> str:
    """The message in the language in use."""
    return _catalogue.gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message for a count, in the language's own plural form."""
    return _catalogue.ngettext(one, many, count)

# SPDX-License-Identifier: Apache-2.0
"""Numbers as people type and read them: exact decimals, one decimal mark, never a guess."""

from __future__ import annotations

import re
from decimal import Decimal

from hms_desktop.core.errors import BadInput

_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?\Z")
_GROUP_LIKE = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}\Z")


def parse_decimal(text: str) -> Decimal:
    """A number with at most one decimal mark (comma or point); `1,234` and `1.234,5` are refused as ambiguous."""
    typed = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not _PLAIN.match(typed):
        raise BadInput(f"“{text.strip()[:40]}” is not a number. Type digits with one decimal mark, such as 7.1.")
    if _GROUP_LIKE.match(typed):
        raise BadInput(f"“{typed}” can be read two ways. Type {typed.replace(',', '')} or {typed.replace(',', '.')}.")
    return Decimal(typed.replace(",", "."))


def show_decimal(value: Decimal) -> str:
    """A number for reading: no trailing zeros, a leading zero, thin spaces in thousands from 10,000 up."""
    plain = format(value.normalize(), "f") if value else "0"
    whole, _, fraction = plain.partition(".")
    digits = whole.lstrip("-")
    if len(digits) > 4:
        digits = f"{int(digits):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{digits}.{fraction}" if fraction else f"{sign}{digits}"

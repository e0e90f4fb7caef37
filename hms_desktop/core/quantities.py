# SPDX-License-Identifier: Apache-2.0
"""Numbers as people type and read them: exact decimals, one decimal mark, never a guess."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _, decimal_mark, ngettext

KILO = 1024
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?\Z")
_GROUP_LIKE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}\Z")


def parse_decimal(text: str) -> Decimal:
    """A number with at most one decimal mark, comma or point; what can be read two ways is refused.

    `1,234` is ambiguous where the language in use writes a decimal point, `1.234` where it writes a comma.
    """
    typed = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not _PLAIN.match(typed):
        message = _("“{typed}” is not a number. Type digits with one decimal mark, such as {example}.")
        raise BadInput(message.format(typed=text.strip()[:40], example=f"7{decimal_mark()}1"))
    if _GROUP_LIKE.match(typed) and decimal_mark() not in typed:
        whole, _point, fraction = typed.replace(",", ".").partition(".")
        message = _("“{typed}” can be read two ways. Type {whole} or {fraction}.")
        raise BadInput(
            message.format(typed=typed, whole=f"{whole}{fraction}", fraction=f"{whole}{decimal_mark()}{fraction}")
        )
    return Decimal(typed.replace(",", "."))


def show_decimal(value: Decimal) -> str:
    """A number for reading: no trailing zeros, a leading zero, thin spaces in thousands from 10,000 up."""
    plain = format(value.normalize(), "f") if value else "0"
    whole, _, fraction = plain.partition(".")
    digits = whole.lstrip("-")
    if len(digits) > 4:
        digits = f"{int(digits):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{digits}{decimal_mark()}{fraction}" if fraction else f"{sign}{digits}"


def show_size(size: int, rounding: str = ROUND_CEILING) -> str:
    """A size in bytes in the unit that fits it, with at most one decimal: `11 bytes`, `48.5 KB`, `200 MB`.

    It is rounded up, as what a thing takes, or with `ROUND_FLOOR` down, as what there is room for.
    """
    if size < KILO:
        return ngettext("{count} byte", "{count} bytes", size).format(count=size)
    words, unit = (_("{size} KB"), KILO) if size < KILO * KILO else (_("{size} MB"), KILO * KILO)
    return words.format(size=show_decimal((Decimal(size) / unit).quantize(Decimal("0.1"), rounding)))


def show_every_digit(value: Decimal, space: str = "\N{NARROW NO-BREAK SPACE}") -> str:
    """A number with each digit that it has, for money: `1 321.80`, the thousands parted by `space`."""
    return f"{value:,f}".replace(",", space).replace(".", decimal_mark())


def shown_unit(unit: str | None) -> str:
    """A UCUM unit as people read it; what is not known here stays as it is."""
    known = {
        "umol/L": "µmol/L", "10*9/L": "×10⁹/L", "10*12/L": "×10¹²/L", "m[IU]/L": _("m units/L"), "U/L": _("units/L"),
        "mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "kg/m²", "10*3/uL": "×10³/µL", "10*6/uL": "×10⁶/µL",
        "mL/min/{1.73_m2}": "mL/min/1.73 m²", "{score}": "",
    }  # fmt: skip
    return known.get(unit or "", unit or "")

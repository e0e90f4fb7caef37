# SPDX-License-Identifier: Apache-2.0
"""Identifier systems a clinic uses, and the check that each makes possible at entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hms_desktop.core.errors import BadInput
from hms_desktop.core.ids import is_human_number
from hms_desktop.core.text import _


@dataclass(frozen=True)
class System:
    """A named series of numbers: the word people use, the shape of a value, and its check digit if it has one."""

    code: str
    shape: re.Pattern[str]
    example: str
    checks: Callable[[str], bool] | None = None


def luhn(value: str) -> bool:
    """Whether the digits end in their Luhn check digit (ISO/IEC 7812-1), as South African identity numbers do."""
    numbers = [int(c) for c in value if c.isdigit()]
    doubled = [n if i % 2 == 0 else (n * 2 - 9 if n > 4 else n * 2) for i, n in enumerate(reversed(numbers))]
    return bool(numbers) and sum(doubled) % 10 == 0


def nhs_number(value: str) -> bool:
    """Whether ten digits carry the modulus 11 check of an NHS number."""
    numbers = [int(c) for c in value]
    check = 11 - sum(n * w for n, w in zip(numbers, range(10, 1, -1), strict=False)) % 11
    return check % 11 == numbers[9] and check != 10


SYSTEMS: Mapping[str, System] = {
    s.code: s
    for s in (
        System("national", re.compile(r"[0-9A-Z]{4,20}\Z"), "8001015009087"),
        System("za-id", re.compile(r"\d{13}\Z"), "8001015009087", luhn),
        System("nhs", re.compile(r"\d{10}\Z"), "9434765919", nhs_number),
        System("passport", re.compile(r"[0-9A-Z]{5,15}\Z"), "A12345678"),
        System("insurer", re.compile(r"[0-9A-Z]{3,30}\Z"), "4411200"),
        System("driver", re.compile(r"[0-9A-Z]{4,25}\Z"), "S99912345"),
        System("old-chart", re.compile(r"[0-9A-Z]{1,30}\Z"), "B2071"),
        System("mrn", re.compile(r"[0-9A-Z]{1,30}\Z"), "MRN-001-00042-X"),
    )
}


def system_name(code: str) -> str:
    """The word for a system; systems from outside are shown by their own address."""
    names = {
        "national": _("National number"),
        "za-id": _("South African identity number"),
        "nhs": _("NHS number"),
        "passport": _("Passport"),
        "insurer": _("Insurer's number"),
        "driver": _("Driver's licence"),
        "old-chart": _("Old chart number"),
        "mrn": _("Record number"),
    }
    return names.get(code, code)


SEPARATORS = re.compile(r"[\s\-./]+")


def squeeze(value: str) -> str:
    """A number as it is compared: capital letters and digits, without spaces, dashes, dots or slashes."""
    return SEPARATORS.sub("", value).upper()


def check_identifier(code: str, typed: str) -> str:
    """The value as kept; BadInput names system and remedy when shape or check digit are wrong.

    A system that is not in `SYSTEMS` (an imported one) takes any value of 1 to 100 characters.
    """
    system = SYSTEMS.get(code)
    if system is None:
        if not 1 <= len(typed.strip()) <= 100:
            raise BadInput(_("An identifier has 1 to 100 characters."), "value")
        return typed.strip()
    value = squeeze(typed)
    if not system.shape.match(value):
        raise BadInput(
            _("“{value}” is not a {system}. Type it as in {example}.").format(
                value=typed.strip()[:40], system=system_name(code), example=system.example
            ),
            "value",
        )
    if system.checks and not system.checks(value):
        raise BadInput(
            _(
                "The check digit of {system} “{value}” does not fit: one digit is wrong or two are swapped. "
                "Read it again from the document."
            ).format(system=system_name(code), value=typed.strip()[:40]),
            "value",
        )
    return value


def looks_like_record_number(text: str) -> bool:
    """Whether the text is a whole record number of one of our stations, check character included."""
    return is_human_number(text, "MRN")

# SPDX-License-Identifier: Apache-2.0
"""Telephone numbers: as typed, as kept (E.164), and reversed for searching by their last digits."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

_NOT_DIGITS = re.compile(r"\D+")


def parse_phone(typed: str, region: str) -> str:
    """The E.164 form of a number typed in any way; `region` is ISO 3166 and fills in the country code.

    BadInput names the number and what is missing. Extensions are refused: they belong to the note.
    """
    try:
        number = phonenumbers.parse(typed, region or None)
    except NumberParseException as error:
        raise BadInput(
            _(
                "“{number}” is not a telephone number. Type the digits, with + and the country code when it is from "
                "abroad."
            ).format(number=typed.strip()[:40]),
            "phone",
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise BadInput(
            _("“{number}” has too few or too many digits for a telephone number. Check it with the patient.").format(
                number=typed.strip()[:40]
            ),
            "phone",
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def keep_phone(typed: str, region: str) -> str:
    """E.164 when the number can be understood, else the words as they came: for imported records, never refused."""
    try:
        return parse_phone(typed, region)
    except BadInput:
        return typed.strip()


def show_phone(kept: str, region: str) -> str:
    """A number for reading: national form at home, international form for numbers from abroad."""
    try:
        number = phonenumbers.parse(kept, region or None)
    except NumberParseException:
        return kept
    home = phonenumbers.country_code_for_region(region) if region else 0
    form = PhoneNumberFormat.NATIONAL if number.country_code == home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def digits(text: str) -> str:
    """Only the digits of a text."""
    return _NOT_DIGITS.sub("", text)


def phone_key(kept: str) -> str | None:
    """The digits reversed, so that an index finds a number by its end; None for fewer than four."""
    found = digits(kept)
    return found[::-1] if len(found) >= 4 else None


def region_of(zone: str) -> str:
    """The ISO 3166 region of a time zone name such as Africa/Johannesburg; empty when no single one is known."""
    return _REGION_BY_ZONE.get(zone, "")


_REGION_BY_ZONE = {
    "Africa/Johannesburg": "ZA",
    "Africa/Nairobi": "KE",
    "Africa/Lagos": "NG",
    "Africa/Accra": "GH",
    "Africa/Cairo": "EG",
    "Africa/Kampala": "UG",
    "Africa/Dar_es_Salaam": "TZ",
    "Africa/Harare": "ZW",
    "Africa/Maputo": "MZ",
    "Europe/London": "GB",
    "Europe/Berlin": "DE",
    "Europe/Paris": "FR",
    "Europe/Madrid": "ES",
    "Europe/Rome": "IT",
    "Europe/Vienna": "AT",
    "Europe/Zurich": "CH",
    "Europe/Dublin": "IE",
    "Europe/Lisbon": "PT",
    "America/New_York": "US",
    "America/Chicago": "US",
    "America/Denver": "US",
    "America/Los_Angeles": "US",
    "America/Toronto": "CA",
    "America/Sao_Paulo": "BR",
    "America/Mexico_City": "MX",
    "Asia/Kolkata": "IN",
    "Asia/Karachi": "PK",
    "Asia/Dhaka": "BD",
    "Asia/Manila": "PH",
    "Asia/Jakarta": "ID",
    "Asia/Riyadh": "SA",
    "Australia/Sydney": "AU",
    "Pacific/Auckland": "NZ",
}

# SPDX-License-Identifier: Apache-2.0
"""Papers of the cash desk as they were written, in its own words: whose, how much, which way, by whom and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hms_desktop.clinic.billing.rules import way_word
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.patients.queries_people import names
from hms_desktop.core.dates import show_moment
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

Values = Mapping[str, Any]
Facts = tuple[tuple[str, str], ...]


@query("conflict.read")
def money_facts(reader: Reader, table: str, values: Values) -> Facts | None:
    """What a record of money says, as (label, words); None for a table that is not one of money."""
    tell = _TELL.get(table)
    if tell is None:
        return None
    return tuple((label, words) for label, words in tell(reader, values) if words)


def _payment(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [
        (_("Patient"), _patient(reader, values)),
        (_("Receipt"), values.get("number") or ""),
        (_("Amount"), _money(reader, values, "amount")),
        (_("Paid by"), way_word(values["way"]) if values.get("way") else ""),
        (_("Reference"), values.get("reference") or ""),
        (_("Given"), _money(reader, values, "tendered")),
        (_("Change"), _money(reader, values, "change")),
        (_("Taken by"), _person(reader, values)),
        (_("Taken"), _moment(reader, values, "at")),
    ]


def _void(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [
        (_("Reason"), values.get("reason") or ""),
        (_("Voided by"), _person(reader, values)),
        (_("Voided"), _moment(reader, values, "at")),
    ]


def _invoice(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [
        (_("Patient"), _patient(reader, values)),
        (_("Invoice"), values.get("number") or ""),
        (_("Total"), _money(reader, values, "total")),
        (_("Scheme pays"), _money(reader, values, "payer_total")),
        (_("Patient pays"), _money(reader, values, "patient_total")),
        (_("Issued by"), _person(reader, values)),
        (_("Issued"), _moment(reader, values, "issued_at")),
    ]


def _line(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [(_("Line"), values.get("display") or ""), (_("Amount"), _money(reader, values, "amount"))]


def _share(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [(_("Scheme"), values.get("payer") or ""), (_("Amount"), _money(reader, values, "amount"))]


def _credit_note(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [
        (_("Patient"), _patient(reader, values)),
        (_("Credit note"), values.get("number") or ""),
        (_("Amount"), _money(reader, values, "amount")),
        (_("Reason"), values.get("reason") or ""),
        (_("Issued by"), _person(reader, values)),
        (_("Issued"), _moment(reader, values, "at")),
    ]


def _drawer(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [
        (_("Float"), _money(reader, values, "float_amount")),
        (_("Opened by"), _person(reader, values)),
        (_("Opened"), _moment(reader, values, "opened_at")),
    ]


def _count(reader: Reader, values: Values) -> list[tuple[str, str]]:
    return [
        (_("Counted"), _money(reader, values, "counted")),
        (_("Reason"), values.get("reason") or ""),
        (_("Closed by"), _person(reader, values)),
        (_("Closed"), _moment(reader, values, "at")),
    ]


_TELL: Mapping[str, Callable[[Reader, Values], list[tuple[str, str]]]] = {
    "payment": _payment,
    "payment_void": _void,
    "invoice": _invoice,
    "invoice_line": _line,
    "invoice_share": _share,
    "credit_note": _credit_note,
    "cash_session": _drawer,
    "cash_close": _count,
}


def _money(reader: Reader, values: Values, column: str) -> str:
    minor = values.get(column)
    return str(Money(minor, values.get("currency") or reader.clinic.currency)) if minor is not None else ""


def _person(reader: Reader, values: Values) -> str:
    by = values.get("by")
    return person_names(reader, [by])[by] if by is not None else ""


def _patient(reader: Reader, values: Values) -> str:
    patient = values.get("patient")
    found = names(reader, [patient]).get(patient) if patient is not None else None
    return found.listed if found is not None else ""


def _moment(reader: Reader, values: Values, column: str) -> str:
    at = values.get(column)
    return show_moment(at.astimezone(reader.clinic.zone)) if at is not None else ""

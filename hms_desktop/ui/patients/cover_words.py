# SPDX-License-Identifier: Apache-2.0
"""A cover in a few plain lines: who pays when, what the patient pays, the most that is paid, what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.clinic.patients.queries import Cover
from hms_desktop.clinic.patients.rules_cover import entry_word, period_word
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _


def cover_lines(cover: Cover, currency: str, names: Mapping[str, str]) -> list[str]:
    """The terms line by line; `names` are the words of price codes, a code without words stands for itself."""
    lines = [
        ", ".join(part for part in (cover.plan, cover.member_id) if part),
        _when(cover),
        _patient_pays(cover, currency),
        *_limits(cover, currency),
    ]
    if cover.excluded:
        lines.append(_("Not covered: {items}").format(items=_said(cover.excluded, names)))
    if cover.package:
        lines.append(_("Paid whole: {items}").format(items=_said(cover.package, names)))
    return [line for line in lines if line]


def _when(cover: Cover) -> str:
    first, last = (show_birth(day) if day else "" for day in (cover.valid_from, cover.valid_to))
    if first and last:
        return _("{first} to {last}").format(first=first, last=last)
    return _("From {first}").format(first=first) if first else _("Until {last}").format(last=last) if last else ""


def _patient_pays(cover: Cover, currency: str) -> str:
    percent = show_decimal(cover.patient_share_percent)
    if cover.copay:
        words = _("Patient pays {amount} an invoice, then {percent} %")
        return words.format(amount=Money(cover.copay, currency), percent=percent)
    return _("Patient pays {percent} %").format(percent=percent)


def _limits(cover: Cover, currency: str) -> list[str]:
    lines = []
    if cover.deductible:
        amount, period = Money(cover.deductible, currency), period_word(cover.deductible_period)
        lines.append(_("Deductible {amount} {period}").format(amount=amount, period=period))
    if cover.cap is not None:
        amount, period = Money(cover.cap, currency), period_word(cover.cap_period)
        lines.append(_("Pays at most {amount} {period}").format(amount=amount, period=period))
    return lines


def _said(entries: Sequence[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(entry, entry_word(entry)) for entry in entries)

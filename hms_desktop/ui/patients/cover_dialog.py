# SPDX-License-Identifier: Apache-2.0
"""The form of a cover: who pays when, what the patient pays first, the most that is paid, what is left out or whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing.queries import find_prices, item_words
from hms_desktop.clinic.patients import service_cover
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.clinic.patients.queries import Cover
from hms_desktop.clinic.patients.rules_cover import (
    COVER,
    INVOICE,
    KIND,
    KINDS,
    MONTH,
    YEAR,
    CoverTerms,
    entry_word,
    kind_word,
)
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Finds, Found, Option, finds_in
from hms_desktop.ui.widgets.date_field import DateField, Reading, Reads, reads_day
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.money_field import minor_of, money_field
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.several_field import SeveralField
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]
_PART_OF_DAY = re.compile(r"\d{4}(-\d\d)?")
_WIDTH = 680


def ask_cover(desk: Desk, parent: QWidget, patient: UUID, others: Collection[Cover], done: Done) -> FormDialog:
    """Record who pays a part; it pays after the covers that there are, unless the person says otherwise."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service_cover.record_coverage, patient=patient, terms=terms_of(values, desk.place.currency))

    dialog = FormDialog(desk, parent, _("Add cover"), _("Add cover"), acts, done, width=_WIDTH)
    _fill(dialog.form, desk, dialog)
    order = max((cover.order for cover in others), default=0) + 1
    dialog.form.set_values({"order": Decimal(order), **_periods(None, None)})
    return dialog.ask()


def ask_correct_cover(desk: Desk, parent: QWidget, cover: Cover, done: Done) -> None:
    """Correct the terms of a cover, with the reason."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        terms = terms_of(values, desk.place.currency)
        return partial(service_cover.change_coverage, coverage=cover.id, terms=terms, reason=values["reason"])

    def open_with(names: Mapping[str, str]) -> None:
        title = _("Correct the cover by {payer}").format(payer=cover.payer)
        text = _("What is not invoiced yet follows the corrected cover. Issued invoices stay as they are.")
        dialog = FormDialog(desk, parent, title, _("Save"), acts, done, text=text, width=_WIDTH)
        _fill(dialog.form, desk, dialog)
        dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
        dialog.form.set_values(values_of(cover, desk.place.currency, names))
        dialog.ask()

    codes = [entry for entry in (*cover.excluded, *cover.package) if not entry.startswith(KIND)]
    query = partial(item_words, codes=codes, on=desk.now().date())
    desk.tasks.read(query, open_with, desk.show_error, owner=parent)


def terms_of(values: Mapping[str, Any], currency: str) -> CoverTerms:
    """What the form says."""

    def money(key: str) -> int | None:
        return None if values[key] is None else minor_of(values[key], currency)

    return CoverTerms(
        payer=values["payer"],
        plan=values["plan"],
        member_id=values["member_id"],
        order=int(values["order"]),
        valid_from=values["valid_from"],
        valid_to=values["valid_to"],
        patient_share_percent=values["patient_share_percent"],
        copay=money("copay"),
        deductible=money("deductible"),
        deductible_period=values["deductible_period"],
        cap=money("cap"),
        cap_period=values["cap_period"],
        excluded=values["excluded"],
        package=values["package"],
    )


def values_of(cover: Cover, currency: str, names: Mapping[str, str]) -> dict[str, Any]:
    """What the form shows of a cover; `names` are the words of price codes."""

    def money(minor: int | None) -> Decimal | None:
        return None if minor is None else Money(minor, currency).decimal()

    def options(entries: Sequence[str]) -> list[Option]:
        return [Option(entry, names.get(entry, entry_word(entry))) for entry in entries]

    said = {key: getattr(cover, key) for key in ("payer", "plan", "member_id", "valid_from", "valid_to")}
    amounts = {key: money(getattr(cover, key)) for key in ("copay", "deductible", "cap")}
    lists = {"excluded": options(cover.excluded), "package": options(cover.package)}
    share = {"order": Decimal(cover.order), "patient_share_percent": cover.patient_share_percent}
    return {**said, **share, **amounts, **_periods(cover.deductible_period, cover.cap_period), **lists}


def _fill(form: Form, desk: Desk, owner: QWidget) -> None:
    currency = desk.place.currency
    form.add(TextField("payer", _("&Scheme"), required=True, longest=120))
    form.add_row(
        TextField("plan", _("P&lan"), optional=True, longest=120),
        TextField("member_id", _("&Member number"), optional=True, longest=60, figures="identifiers"),
    )
    today = lambda: desk.now().date()  # noqa: E731
    form.add_row(
        NumberField("order", _("Pays as number"), "", Limits(Decimal(1), Decimal(9), decimals=0), required=True),
        DateField("valid_from", _("&First day"), reads_part(today), optional=True),
        DateField("valid_to", _("Last &day"), reads_part(today), optional=True),
    )
    form.add_heading(_("What the patient pays"))
    percent = Limits(Decimal(0), Decimal(100))
    form.add_row(
        NumberField("patient_share_percent", _("Patient's sha&re"), "%", percent, required=True),
        money_field("copay", _("&Co-pay an invoice"), currency, optional=True),
    )
    form.add_row(money_field("deductible", _("D&eductible"), currency, optional=True), _period("deductible_period"))
    form.add_heading(_("What the scheme pays"))
    form.add_row(money_field("cap", _("Pays at m&ost"), currency, optional=True), _period("cap_period"))
    finds = _finds_work(desk, owner)
    form.add(SeveralField("excluded", _("&Not covered"), finds, optional=True))
    form.add(SeveralField("package", _("Paid w&hole, as a package"), finds, optional=True))


def _period(key: str) -> ChoiceField:
    name = _("Deductible counts for") if key == "deductible_period" else _("Limit counts for")
    return ChoiceField(key, name, finds_in(_period_options()))


def _period_options() -> list[Option]:
    return [
        Option(YEAR, _("A calendar year")),
        Option(MONTH, _("A calendar month")),
        Option(INVOICE, _("Each invoice")),
        Option(COVER, _("The cover's whole time")),
    ]


def _periods(deductible: str | None, cap: str | None) -> dict[str, Option]:
    known = {option.key: option for option in _period_options()}
    return {"deductible_period": known[deductible or YEAR], "cap_period": known[cap or YEAR]}


def _finds_work(desk: Desk, owner: QWidget) -> Finds:
    """Every charge of a source first, then what the price list holds."""
    currency = desk.place.currency
    kinds = finds_in([Option(KIND + kind, kind_word(kind), _("whole kind")) for kind in KINDS])

    def find(typed: str, found: Found) -> None:
        whole: list[Option] = []
        kinds(typed, whole.extend)

        def show(rows: Any) -> None:
            listed = {price.code: price for price in rows}.values()
            found([*whole, *(Option(p.code, p.display, f"{p.code}, {Money(p.amount, currency)}") for p in listed)])

        query = partial(find_prices, typed=typed, on=desk.now().date())
        desk.tasks.read(query, show, desk.show_error, owner=owner, replaces="work")

    return find


def reads_part(today: Callable[[], date]) -> Reads:
    """Reads a day; what is known only in part, such as 2026 or 2026-11, stays as it is."""
    whole = reads_day(today)

    def read(typed: str) -> Reading:
        part = typed.strip()
        return Reading(part, part, show_birth(part)) if _PART_OF_DAY.fullmatch(part) else whole(typed)

    return read

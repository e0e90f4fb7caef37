# SPDX-License-Identifier: Apache-2.0
"""The fields of a dose: amount and unit, route, how often, for how long; the quantity that follows is spelled out."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QObject

from hms_desktop.clinic.ehr.rules_doses import (
    FREQUENCIES,
    ROUTES,
    Dose,
    dose_words,
    frequency_words,
    make_dose,
    quantity_to_supply,
    route_words,
)
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.core.errors import BadInput
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, finds_in
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.text_fields import TickField

UNITS = ("mg", "g", "microgram", "mL", "tablet", "capsule", "drop", "puff", "dose", "sachet")


class DoseFields(QObject):
    """Adds its fields to a form; `dose` is what they say together, `quantity` what is to be supplied."""

    def __init__(self, form: Form) -> None:
        super().__init__(form)
        self._form = form
        self._strength: str | None = None
        self._unit = ""
        positive = Limits(lowest=Decimal("0.001"))
        self.amount = NumberField("dose", _("&Dose each time"), "", positive, required=True)
        self.unit = ChoiceField("dose_unit", _("Unit"), finds_in([Option(u, u) for u in UNITS]), required=True)
        routes = [Option(route, route_words(route)) for route in ROUTES]
        self.route = ChoiceField("route", _("R&oute"), finds_in(routes), required=True)
        often = [Option(code, frequency_words(code)) for code in FREQUENCIES]
        self.frequency = ChoiceField("frequency", _("How &often"), finds_in(often), required=True)
        span = Limits(Decimal(1), Decimal(366), decimals=0)
        self.days = NumberField("days", _("For how many da&ys"), _("days"), span, required=True)
        self.prn = TickField("prn", _("When"), _("Only when needed"))
        self.quantity = NumberField("quantity", _("&Quantity to supply"), "", positive, optional=True)
        form.add_row(self.amount, self.unit, self.route)
        form.add_row(self.frequency, self.days, self.prn)
        form.add(self.quantity)
        self.line = Text("", "bodyStrong", wrap=True)
        form.add_widget(self.line)
        form.edited.connect(self.say)

    def use_item(self, strength: str | None, unit: str) -> None:
        """The medicine is supplied in `unit` of this strength."""
        self._strength, self._unit = strength, unit
        self.quantity.line.set_unit(unit_words(unit, Decimal(2)))
        self.say()

    def show_dose(self, dose: Dose) -> None:
        """Put a known dose in."""
        self._form.set_values(
            {
                "dose": dose.amount,
                "dose_unit": Option(dose.unit, dose.unit),
                "route": Option(dose.route, route_words(dose.route)),
                "frequency": Option(dose.frequency, frequency_words(dose.frequency)),
                "days": Decimal(dose.days),
                "prn": dose.prn,
            }
        )
        self.say()

    def dose(self) -> Dose:
        """What the fields say; BadInput names the first that is wrong."""
        amount, days = self.amount.value(), self.days.value()
        if amount is None or days is None:
            raise BadInput(_("Type the dose and for how many days."), "dose" if amount is None else "days")
        return make_dose(
            amount,
            self.unit.value() or "",
            self.route.value() or "",
            self.frequency.value() or "",
            int(days),
            self.prn.value(),
        )

    def computed(self) -> Decimal | None:
        """The quantity that follows from the dose, if it can be told."""
        try:
            return quantity_to_supply(self.dose(), self._strength, self._unit)
        except BadInput:
            return None

    def supply(self) -> Decimal | None:
        """The quantity that was typed, else None: the action computes it."""
        typed: Decimal | None = self.quantity.value()
        return typed

    def say(self) -> None:
        """Spell out what the fields say together."""
        try:
            line = dose_words(self.dose())
        except BadInput:
            self.line.setText("")
            return
        total = self.computed()
        if total is not None:
            line = _("{dose}. Supply {quantity} {unit}.").format(
                dose=line, quantity=show_decimal(total), unit=unit_words(self._unit, total)
            )
        self.line.setText(line)

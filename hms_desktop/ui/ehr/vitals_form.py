# SPDX-License-Identifier: Apache-2.0
"""Typing vital signs: unit fixed in each field, the last three readings beneath, unusual values looked at twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.queries_people import age_and_sex, clinic_day
from hms_desktop.clinic.ehr.queries_vitals import Vitals
from hms_desktop.clinic.ehr.rules_vitals import SIGNS, range_at, sign_name
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.words import ago
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.theme import theme

_LAST = 3
_ROWS = (("systolic", "diastolic", "pulse"), ("breaths", "temperature", "oxygen"), ("weight", "height", "glucose"))


class SignField(NumberField):
    """One sign; the quiet line beneath shows its last readings."""

    def __init__(self, key: str, age_days: int | None) -> None:
        sign = SIGNS[key]
        low, high = sign.possible
        band = range_at(sign.likely, age_days)
        limits = Limits(low, high, band.low if band else None, band.high if band else None, sign.decimals or None)
        self._last = ""
        super().__init__(key, sign_name(key), sign.shown_unit, limits)

    def note(self) -> str:
        """The last readings."""
        return self._last

    def show_last(self, vitals: Vitals, now: datetime) -> None:
        """Show the readings before this one, the newest first."""
        readings = list(reversed(vitals.series.get(self.key, ())))[:_LAST]
        if readings:
            values = ", ".join(show_decimal(reading.rounded) for reading in readings)
            self._last = _("{values} ({time})").format(values=values, time=ago(readings[0].at, now))
        self.clear_message()


def add_signs(form: Form, vitals: Vitals, age_days: int | None, now: datetime) -> dict[str, SignField]:
    """Put a field for every sign into a form, three in a row, with the last readings beneath."""
    signs = {key: SignField(key, age_days) for row in _ROWS for key in row}
    for row in _ROWS:
        form.add_row(*(signs[key] for key in row))
    for field in signs.values():
        field.show_last(vitals, now)
    return signs


def to_record(
    patient: UUID, encounter: UUID | None, values: dict[str, Any], *, triage: bool = False
) -> Callable[[Any], Any]:
    """The action that keeps what a finished form holds; the form has had every doubt confirmed."""
    readings: dict[str, Decimal] = {key: value for key, value in values.items() if key in SIGNS and value is not None}
    return partial(
        service.record_vitals,
        patient=patient,
        readings=readings,
        encounter=encounter,
        confirmed=tuple(readings),
        triage=triage,
    )


def read_before(reader: Any, patient: UUID) -> tuple[Vitals, int | None]:
    """The readings so far and the age in days today."""
    return queries.vitals(reader, patient), age_and_sex(reader, patient, clinic_day(reader))[0]


def ask_vitals(
    desk: Desk, parent: QWidget, patient: UUID, encounter: UUID | None, done: Callable[[Any], object]
) -> None:
    """Read the last readings and open the form over the window."""

    def opened(found: tuple[Vitals, int | None]) -> None:
        acts = partial(to_record, patient, encounter)
        dialog = FormDialog(desk, parent, _("Vital signs"), _("Record vital signs"), acts, done)
        add_signs(dialog.form, *found, desk.now())
        dialog.setMinimumWidth(theme.grow(620))
        dialog.ask()

    desk.tasks.read(partial(read_before, patient=patient), opened, desk.show_error, owner=parent)

# SPDX-License-Identifier: Apache-2.0
"""Typing vital signs: unit fixed in each field, the last three readings beneath, unusual values looked at twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.queries_people import age_and_sex, clinic_day
from hms_desktop.clinic.ehr.queries_templates import FormRow, vitals_form
from hms_desktop.clinic.ehr.queries_vitals import Vitals
from hms_desktop.clinic.ehr.rules_vitals import SIGNS, range_at, sign_name
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.words import ago
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.number_field import Limits, NumberField

_LAST = 3


@dataclass(frozen=True)
class Before:
    """What the form needs to know: the readings so far, the age in days today, and which version of it is in force."""

    vitals: Vitals
    age_days: int | None
    form: FormRow


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


def add_signs(form: Form, before: Before, now: datetime) -> dict[str, SignField]:
    """Put a field for every sign that the clinic's form asks for into a form, with the last readings beneath."""
    signs = {key: SignField(key, before.age_days) for row in before.form.rows for key in row}
    for row in before.form.rows:
        form.add_row(*(signs[key] for key in row))
    for field in signs.values():
        field.show_last(before.vitals, now)
    return signs


def to_record(
    patient: UUID, encounter: UUID | None, form: FormRow, values: dict[str, Any], *, triage: bool = False
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
        form=form.id,
    )


def read_before(reader: Any, patient: UUID) -> Before:
    """What the form needs to know of a patient."""
    age_days = age_and_sex(reader, patient, clinic_day(reader))[0]
    return Before(queries.vitals(reader, patient), age_days, vitals_form(reader))


def ask_vitals(
    desk: Desk, parent: QWidget, patient: UUID, encounter: UUID | None, done: Callable[[Any], object]
) -> None:
    """Read the last readings and open the form over the window."""

    def opened(before: Before) -> None:
        acts = partial(to_record, patient, encounter, before.form)
        dialog = FormDialog(desk, parent, _("Vital signs"), _("Record vital signs"), acts, done)
        add_signs(dialog.form, before, desk.now())
        fit_dialog(dialog, 620)
        dialog.ask()

    desk.tasks.read(partial(read_before, patient=patient), opened, desk.show_error, owner=parent)

# SPDX-License-Identifier: Apache-2.0
"""The small forms of the front desk: second identifier, another day or site, walk-in, cancel, move."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.appointments import service
from hms_desktop.clinic.appointments.queries import AppointmentRow
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _
from hms_desktop.ui.appointments.finds import wanted
from hms_desktop.ui.appointments.slot_list import SlotList
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.patient_picker import finds_patients
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme

Done = Callable[[Any], object]


def ask_second_identifier(desk: Desk, parent: QWidget, row: AppointmentRow, done: Done) -> FormDialog:
    """Somebody with a similar name is on the list: the patient says birth date, record number or telephone."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.check_in, appointment=row.id, second_identifier=values["second_identifier"])

    dialog = FormDialog(
        desk, parent, _("Check in {name}?").format(name=list_name(row.patient)), _("Check in"), acts, done,
        text=_("Somebody with a similar name is on today's list. Type what the patient says, not what stands here."),
    )  # fmt: skip
    words = _("&Birth date, record number or telephone")
    dialog.form.add(TextField("second_identifier", words, required=True, longest=60))
    return dialog.ask()


def ask_walk_in(
    desk: Desk, parent: QWidget, options: list[Option], done: Done, who: Option | None = None
) -> FormDialog:
    """A patient without a booking is here now."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        seen = wanted(values["with"])
        service_name = seen["service"] or _service_of(options, values["with"])
        return partial(
            service.walk_in, patient=UUID(values["patient"]), service=service_name,
            practitioner=seen["practitioner"], reason=values["reason"],
        )  # fmt: skip

    dialog = FormDialog(desk, parent, _("Walk-in"), _("Check in now"), acts, done)
    dialog.form.add(ChoiceField("patient", _("&Patient"), finds_patients(desk, dialog), required=True))
    dialog.form.add(ChoiceField("with", _("&With"), finds_in(options), required=True))
    dialog.form.add(TextField("reason", _("&Reason"), optional=True, longest=200))
    if who is not None:
        dialog.form.set_values({"patient": who})
    return dialog.ask()


def _service_of(options: list[Option], key: str) -> str:
    note = next((o.note for o in options if o.key == key), "")
    return note.split(", ")[0] or _("Walk-in")


def ask_cancel(desk: Desk, parent: QWidget, row: AppointmentRow, done: Done) -> FormDialog:
    """Call a booking off: who asked and why."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.cancel, appointment=row.id, reason=values["reason"], asked_by=values["asked_by"])

    title = _("Cancel {time} of {name}?").format(time=row.clock, name=list_name(row.patient))
    dialog = FormDialog(desk, parent, title, _("Cancel the appointment"), acts, done, kind="danger")
    asked = [Option("patient", _("Patient")), Option("clinic", _("Clinic")), Option("other", _("Somebody else"))]
    dialog.form.add(RadioField("asked_by", _("Who asked"), asked, required=True))
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()


def ask_mistake(desk: Desk, parent: QWidget, row: AppointmentRow, done: Done) -> FormDialog:
    """A booking that should never have been made, for another patient for example: it stays in the history."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.enter_in_error, appointment=row.id, reason=values["reason"])

    title = _("Was {time} of {name} entered in error?").format(time=row.clock, name=list_name(row.patient))
    dialog = FormDialog(desk, parent, title, _("Mark as a mistake"), acts, done, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()


def ask_move(desk: Desk, parent: QWidget, row: AppointmentRow, done: Done) -> FormDialog:
    """Move a booking to another free time of the same clinician or service."""
    slots = SlotList(desk)

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        slot, move = slots.current_row(), partial(service.move, appointment=row.id, reason=values["reason"])
        if slot is None:
            return partial(move, session=row.session or row.id, starts=row.starts)
        return partial(move, session=slot.session.id, starts=slot.time.starts)

    title = _("Move {time} of {name}").format(time=row.clock, name=list_name(row.patient))
    dialog = FormDialog(desk, parent, title, _("Move to the chosen time"), acts, done, text=row.reason or "", width=760)
    slots.setMinimumHeight(theme.grow(320))
    dialog.form.add_widget(slots)
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    slots.chosen.connect(lambda _slot: dialog.form.finish())
    service_name = None if row.practitioner else row.service
    slots.ask_for(practitioner=row.practitioner, service=service_name, first_day=None)
    slots.counted.connect(lambda _count: slots.setFocus())
    return dialog.ask()


def ask_other(desk: Desk, parent: QWidget, row: AppointmentRow, done: Done, *, day: bool, site: bool) -> FormDialog:
    """The appointment is of another day or at another site: check that with the patient before going on."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        typed = values.get("second_identifier")
        return partial(service.check_in, appointment=row.id, other_day=day, other_site=site, second_identifier=typed)

    words = []
    if day:
        words.append(_("Check the date with the patient. Moving the booking keeps the day list right."))
    if site:
        words.append(_("This workstation is at {site}: is the clinician here today?").format(site=desk.place.site))
    title = _other_title(row, show_day(row.starts.astimezone(desk.place.zone).date()) if day else "", site)
    verb = _("Check in today all the same") if day else _("Check in here all the same")
    dialog = FormDialog(desk, parent, title, verb, acts, done, text=" ".join(words))
    if row.confusable:
        dialog.form.add(TextField("second_identifier", _("&Birth date, record number or telephone"), required=True))
    return dialog.ask()


def _other_title(row: AppointmentRow, day: str, site: bool) -> str:
    name = list_name(row.patient)
    if day and site:
        return _("{name} is booked for {day}, at {site}").format(name=name, day=day, site=row.elsewhere)
    if site:
        return _("{name} is booked at {site}").format(name=name, site=row.elsewhere)
    return _("{name} is booked for {day}").format(name=name, day=day)

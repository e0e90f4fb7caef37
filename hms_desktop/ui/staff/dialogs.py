# SPDX-License-Identifier: Apache-2.0
"""The small forms of the directory: a person, a role, a place, weekly hours, their capacity and their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.staff import service
from hms_desktop.clinic.staff.queries import Clinician, PlaceRow, Session
from hms_desktop.clinic.staff.rules import Hours, weekday_word
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _
from hms_desktop.security.roles import policy
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.date_field import DateField, reads_day, time_field
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]
Act = Callable[[Any], Any]


def ask_person(desk: Desk, parent: QWidget, done: Done) -> FormDialog:
    """Add somebody who sees patients or orders for them."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(service.add_practitioner, **values)

    dialog = FormDialog(desk, parent, _("Add a person"), _("Add person"), acts, done)
    dialog.form.add_row(
        TextField("prefix", _("&Title"), optional=True, longest=30),
        TextField("given", _("&Given names"), optional=True, longest=120),
        TextField("family", _("&Family name"), required=True, longest=120),
        shares=(1, 2, 2),
    )
    dialog.form.add_row(
        TextField("speciality", _("&Speciality"), optional=True, longest=120),
        TextField("licence", _("&Licence number"), optional=True, longest=60, figures="identifiers"),
    )
    return dialog.ask()


def ask_role(desk: Desk, parent: QWidget, clinician: Clinician, places: Sequence[PlaceRow], done: Done) -> FormDialog:
    """Say what somebody does, for which service and where."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(
            service.give_role,
            practitioner=clinician.id,
            role=values["role"],
            service=values["service"],
            place=UUID(values["place"]) if values["place"] else None,
        )

    dialog = FormDialog(desk, parent, _("Role of {name}").format(name=clinician.name), _("Give role"), acts, done)
    roles = [Option(role.name, role.title) for role in policy().roles.values()]
    dialog.form.add(ChoiceField("role", _("&Role"), finds_in(roles), required=True))
    dialog.form.add(TextField("service", _("&Service"), optional=True, longest=120))
    dialog.form.add(ChoiceField("place", _("&Place"), finds_in(_place_options(places)), optional=True))
    return dialog.ask()


def ask_place(desk: Desk, parent: QWidget, done: Done) -> FormDialog:
    """Add a room, ward, bench, pharmacy or store."""

    def acts(values: dict[str, Any]) -> Act:
        return partial(
            service.add_place, name=values["name"], kind=values["kind"], price_code=values["price_code"],
            site=values["site"],
        )  # fmt: skip

    dialog = FormDialog(desk, parent, _("Add a place"), _("Add place"), acts, done)
    kinds = {
        "room": _("Room"),
        "ward": _("Ward"),
        "bench": _("Bench"),
        "pharmacy": _("Pharmacy"),
        "store": _("Store"),
        "clinic": _("Clinic"),
    }
    dialog.form.add(TextField("name", _("&Name"), required=True, longest=80))
    dialog.form.add(RadioField("kind", _("Kind"), [Option(k, w) for k, w in kinds.items()], required=True))
    dialog.form.add(TextField("site", _("&Site"), optional=True, longest=80))
    dialog.form.set_values({"site": desk.place.site})
    dialog.form.add(
        TextField("price_code", _("Price code of a night"), optional=True, longest=30, figures="identifiers")
    )
    return dialog.ask()


def ask_session(
    desk: Desk, parent: QWidget, clinician: Clinician, places: Sequence[PlaceRow], done: Done
) -> FormDialog:
    """Open weekly hours for booking."""

    def acts(values: dict[str, Any]) -> Act:
        hours = Hours(
            weekday=int(values["weekday"]),
            starts=values["starts"],
            ends=values["ends"],
            slot_minutes=int(values["slot_minutes"]),
            capacity=int(values["capacity"] or 1),
            valid_from=date.fromisoformat(values["valid_from"]),
            valid_to=date.fromisoformat(values["valid_to"]) if values["valid_to"] else None,
        )
        return partial(
            service.open_session,
            practitioner=clinician.id,
            hours=hours,
            service=values["service"],
            place=UUID(values["place"]) if values["place"] else None,
            price_code=values["price_code"],
        )

    title = _("Weekly hours of {name}").format(name=clinician.name)
    dialog = FormDialog(desk, parent, title, _("Open hours"), acts, done, width=680)
    days = [Option(str(n), weekday_word(n)) for n in range(7)]
    today = lambda: desk.now().date()  # noqa: E731
    dialog.form.add(ChoiceField("weekday", _("&Day"), finds_in(days), required=True))
    dialog.form.add_row(
        time_field("starts", _("&From"), required=True),
        time_field("ends", _("&To"), required=True),
        NumberField("slot_minutes", _("&Slot"), _("min"), Limits(Decimal(1), Decimal(480), decimals=0), required=True),
        NumberField("capacity", _("Patients a slot"), "", Limits(Decimal(1), Decimal(50), decimals=0), optional=True),
    )
    dialog.form.add_row(
        TextField("service", _("Ser&vice"), required=True, longest=120),
        ChoiceField("place", _("&Place"), finds_in(_place_options(places)), optional=True),
        TextField("price_code", _("Price code"), optional=True, longest=30, figures="identifiers"),
    )
    dialog.form.add_row(
        DateField("valid_from", _("First day"), reads_day(today, lean="future"), required=True),
        DateField("valid_to", _("Last day"), reads_day(today, lean="future"), optional=True),
    )
    dialog.form.set_values({"valid_from": show_day(desk.now().date())})
    return dialog.ask()


def ask_end(desk: Desk, parent: QWidget, session: Session, done: Done) -> FormDialog:
    """End weekly hours after a last day."""
    today = lambda: desk.now().date()  # noqa: E731

    def acts(values: dict[str, Any]) -> Act:
        last_day = date.fromisoformat(values["last_day"])
        return partial(service.end_session, session=session.id, last_day=last_day, reason=values["reason"])

    day, hours = weekday_word(session.hours.weekday), session.hours
    title = _("End {day} {starts} to {ends}?").format(day=day, starts=hours.starts, ends=hours.ends)
    text = _("Bookings after the last day stay until the front desk moves them.")
    dialog = FormDialog(desk, parent, title, _("End these hours"), acts, done, text=text, kind="danger")
    dialog.form.add(DateField("last_day", _("&Last day"), reads_day(today, lean="future"), required=True))
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    return dialog.ask()


def ask_capacity(desk: Desk, parent: QWidget, session: Session, done: Done) -> FormDialog:
    """Change how many patients fit one slot."""

    def acts(values: dict[str, Any]) -> Act:
        capacity = int(values["capacity"])
        return partial(service.set_capacity, session=session.id, capacity=capacity, reason=values["reason"])

    dialog = FormDialog(desk, parent, _("Patients in one slot"), _("Save"), acts, done)
    limits = Limits(Decimal(1), Decimal(50), decimals=0)
    dialog.form.add(NumberField("capacity", _("&Patients a slot"), "", limits, required=True))
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    dialog.form.set_values({"capacity": str(session.hours.capacity)})
    return dialog.ask()


def _place_options(places: Sequence[PlaceRow]) -> list[Option]:
    return [Option(str(place.id), place.name) for place in places]

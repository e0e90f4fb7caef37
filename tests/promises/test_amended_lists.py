# SPDX-License-Identifier: Apache-2.0
"""Lists and searches mark a corrected name, birth date and contact; the contact is one step from its history."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.patients import service, service_details
from hms_desktop.clinic.patients.queries import contacts
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.ui import routes
from hms_desktop.ui.routes import PatientRecord
from hms_desktop.ui.shell.palette_rows import PatientRow, spoken
from hms_desktop.ui.shell.patient_finder import look_up
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.table import Table
from installer.day import hands
from tests.promises.conftest import CutOff
from tests.promises.places import settled
from tests.promises.seats import rows_of

STATION, PERSON = "Pharmacy 1", "Dr Nadia Haddad"
WHY = "As in her passport"


@pytest.fixture(scope="module")
def corrected(made: CutOff) -> CutOff:
    """The patient of the visit: name and birth date written anew."""
    written = Registration(family="Okonkwo-Bello", given="Amara", born="1979-03-15", sex="female")
    made.seat.do(partial(service.change_details, patient=made.visit.patient, written=written, reason=WHY))
    return made


def listed(page: QWidget) -> list[str]:
    """All rows of all tables of a page."""
    return [row for table in page.findChildren(Table) for row in rows_of(table)]


def says(page: QWidget, *words: str) -> None:
    """Wait until one row of a page says all of this."""
    hands.until(lambda: any(all(w in row for w in words) for row in listed(page)), f"a row says {words}")


def test_lists_and_searches_mark_a_corrected_name_and_birth_date(corrected: CutOff) -> None:
    seat = corrected.seat
    page = settled(seat, routes.PatientSearch("Okonkwo"))
    says(page, "OKONKWO-BELLO", "Corrected: name", "15-Mar-1979", "Corrected: birth date")
    (found,) = seat.do(partial(look_up, text="Okonkwo-Bello")).patients
    assert "Corrected: birth date, name" in spoken(PatientRow(found))
    says(settled(seat, routes.DayView()), "Okonkwo-Bello", "Corrected: birth date, name")


def test_a_corrected_contact_is_marked_and_one_step_from_its_history(corrected: CutOff) -> None:
    seat, visit = corrected.seat, corrected.visit
    (phone,) = seat.ask(lambda r: contacts(r, [visit.patient]))
    change = partial(service_details.change_contact, contact=phone.id, value="+27825550199", reason="New SIM")
    seat.do(change)
    page = settled(seat, PatientRecord(visit.patient))
    hands.until(lambda: bool(marks(page, "Corrected")), "the telephone is marked")
    marks(page, "Corrected")[0].setFocus()
    hands.press("Space")
    hands.until(lambda: page.tabs.current() == "history", "one step to its history")
    versions = page.history.versions
    hands.until(lambda: tells(versions, "value", "New SIM"), "it tells the old number and why")
    told = next(v for v in versions._rows if v.field == "value" and v.why == "New SIM")
    assert (told.before, told.after) == ("+27825550101", "+27825550199")
    assert (told.person, told.station) == (PERSON, STATION)


def tells(versions: Any, field: str, why: str) -> bool:
    """Whether the history shows a change of this field for this reason, with who and where."""
    return any((v.field, v.why, v.person, v.station) == (field, why, PERSON, STATION) for v in versions._rows)


def marks(page: QWidget, words: str) -> list[Any]:
    """The visible marks with these words that open a history."""
    return [one for one in page.findChildren(Button) if one.isVisible() and one.words == words]

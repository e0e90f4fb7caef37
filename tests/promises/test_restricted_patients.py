# SPDX-License-Identifier: Apache-2.0
"""Restricted patients and broken glass through the windows, with no server: masked, opened for an hour, reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.patients.model_restricted import BrokenGlass
from hms_desktop.clinic.patients.queries_restricted import GLASS_TOLD, owners
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import open_record, register
from hms_desktop.clinic.privacy.queries import for_the_patient, looks_at
from hms_desktop.core.clock import SetClock, SystemClock
from hms_desktop.core.errors import Restricted
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import (
    BookAppointment,
    DayView,
    MessageList,
    PatientChart,
    PatientRecord,
    PatientSearch,
    Privacy,
    Route,
)
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.table import Table
from installer.day import hands
from tests.promises.places import press_on, settled
from tests.promises.seats import Seat, ServedClinic, rows_of, served, words_of
from tests.server.process import PASSWORD

FAMILY, GIVEN = "Mandlenkosi", "Thandiwe"
MASK = "Restricted patient"


@dataclass
class House:
    """One workstation, its people, one patient with a booking for today, and no server."""

    clinic: ServedClinic
    patient: UUID
    clock: SetClock

    def sit(self, login: str) -> Seat:
        """Somebody signs in, by the clock of the scene."""
        return self.clinic.sit("One", login, self.clock)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[House]:
    with served(tmp_path_factory.mktemp("restricted"), qapp) as clinic:
        for login, role in (
            ("mara", "manager"), ("dora", "doctor"), ("cole", "doctor"), ("cleo", "receptionist"),
            ("pia", "privacy_officer"),
        ):  # fmt: skip
            clinic.person(login, role)
        clinic.server.start()
        clinic.station("One", "all", "mara")
        clinic.server.kill()
        clock = SetClock(SystemClock().now_ms())
        seat = clinic.sit("One", "mara", clock)
        written = Registration(family=FAMILY, given=GIVEN, sex="female", born="1979-03-14")
        patient = seat.do(partial(register, written=written))
        starts = seat.workstation.desk.now() + timedelta(minutes=1)

        def booked(unit: Any) -> None:
            unit.action = "test.scene"
            unit.add(Appointment, patient=patient, service="General", starts=starts, minutes=15, firm=True,
                     status="booked")  # fmt: skip

        seat.do(booked)
        clinic.leaves(seat)
        yield House(clinic, patient, clock)


def form() -> FormDialog:
    """The form that is open over the window."""
    found: list[Any] = []

    def open_() -> bool:
        found[:] = [QApplication.activeModalWidget()]
        return isinstance(found[0], FormDialog)

    hands.until(open_, "a form")
    hands.put_in_front(found[0])
    return found[0]  # type: ignore[no-any-return]


def fill(**values: Any) -> None:
    """Fill in the open form and finish it; wait until it is gone."""
    dialog = form()
    for name, value in values.items():
        dialog.form.fields[name].type_in(value)
    dialog.form.finish()
    hands.until(lambda: QApplication.activeModalWidget() is None, "the form is done")


def said(seat: Seat) -> str:
    """All that the window says now."""
    seat.rests()
    return words_of(seat.window)


def restrict(house: House) -> None:
    """A manager restricts the record in its window and names the doctor who answers for it."""
    mara = house.sit("mara")
    settled(mara, PatientRecord(house.patient))
    press_on(mara.window, "Restrict")
    owner = next(one for one in mara.ask(owners) if one[1] == "Dora")
    fill(kind="vip", reason="Known from the news", owner={"key": str(owner[0]), "words": owner[1]})
    hands.until(lambda: "Known from the news" in said(mara), "the restriction stands beside the record")
    house.clinic.leaves(mara)


def masked_everywhere(house: House) -> None:
    """The desk sees the record number in search, day, booking, bill and banner, and nowhere the name."""
    cleo = house.sit("cleo")
    for place in (PatientSearch(FAMILY), DayView(), BookAppointment(house.patient)):
        screen = settled(cleo, place)
        words = said(cleo) + " ".join(row for table in _tables(screen) for row in rows_of(table))
        assert MASK in words and "MRN-" in words, place
        assert FAMILY.casefold() not in words.casefold() and GIVEN not in words, place
    cleo.window.open_palette("MRN-")
    cleo.rests()
    assert FAMILY.casefold() not in said(cleo).casefold()
    cleo.window.palette_box.close_it()
    house.clinic.leaves(cleo)


def _tables(screen: Any) -> list[Any]:
    return [table for table in screen.findChildren(Table) if table.isVisible()]


def accesses(reader: Reader) -> Any:
    """Every access event here, in order."""
    return reader.rows(select(AccessEvent.__table__).order_by(AccessEvent.rid))


def breaks(house: House, cole: Seat, place: Route) -> None:
    """Opening the record asks for the glass; a wrong password leaves it whole."""
    before = len(cole.ask(accesses))
    cole.workstation.desk.routes.open(place)
    dialog = form()
    dialog.form.fields["reason"].type_in("emergency")
    dialog.form.fields["words"].type_in("Collapsed in the hall")
    dialog.form.fields["password"].type_in("not my password")
    dialog.form.finish()
    hands.until(lambda: not dialog.go.busy, "the wrong password is answered")
    assert "not your password" in words_of(dialog)
    fill(password=PASSWORD)
    hands.until(lambda: FAMILY.upper() in said(cole), "the record is open")
    events = [row for row in cole.ask(accesses)[before:] if row.patient == house.patient]
    (broken,) = (row for row in events if row.kind == "break-glass")
    assert (broken.by, broken.purpose, broken.detail) == (cole.workstation.desk.person.id, "emergency", "emergency")
    assert events[0].kind == "denied" and [row.kind for row in events].count("chart") == 1, "refused, then one look"


def banner(seat: Seat) -> Any:
    """What the banner shows."""
    return seat.window.frame.banner.data


@pytest.mark.accepts("CRM-18")
@pytest.mark.accepts("SEC-09")
@pytest.mark.accepts("SEC-10")
def test_a_restricted_patient_is_masked_and_the_glass_is_broken_for_an_hour(house: House) -> None:
    restrict(house)
    masked_everywhere(house)
    cole = house.sit("cole")
    settled(cole, PatientSearch(FAMILY))
    breaks(house, cole, PatientChart(house.patient))
    assert banner(cole).standing == "emergency" and "60 min left" in said(cole)
    house.clock.ms += 59 * 60_000
    cole.window.banner_feed.read_again()
    hands.until(lambda: "1 min left" in said(cole), "the time runs in the banner")
    house.clock.ms += 2 * 60_000
    cole.window.banner_feed.read_again()
    home = type(cole.window._home)
    hands.until(lambda: isinstance(cole.workstation.desk.routes.current, home), "the chart is closed when it is over")
    house.clock.ms -= 90 * 60_000
    with pytest.raises(Restricted):
        cole.do(partial(open_record, patient=house.patient))
    house.clock.ms += 90 * 60_000
    breaks(house, cole, PatientRecord(house.patient))
    press_on(cole.sit_down().window, "End access")
    hands.until(lambda: isinstance(cole.workstation.desk.routes.current, home), "ended by hand")
    assert FAMILY.upper() not in said(cole)
    settled(cole, PatientSearch(FAMILY))
    cole.workstation.desk.routes.open(PatientChart(house.patient))
    form().leave()
    hands.until(lambda: isinstance(cole.workstation.desk.routes.current, PatientSearch), "who stays out goes back")
    house.clinic.leaves(cole)
    told_and_reviewed(house)


def told_to_the_patient(house: House, pia: Seat) -> None:
    """The patient's own copy of who looked tells of it, unless the clinic has chosen otherwise."""

    def kinds(reader: Any) -> set[str]:
        report = looks_at(reader, house.patient)
        return {look.kind for look in for_the_patient(reader, report).looks}

    assert "break-glass" in pia.ask(kinds)

    def choose(unit: Any) -> None:
        unit.action = "test.scene"
        unit.add(SiteSetting, site="", key=GLASS_TOLD, value=False)

    pia.do(choose)
    assert "break-glass" not in pia.ask(kinds) and "chart" in pia.ask(kinds)


def told_and_reviewed(house: House) -> None:
    """The owner has a task for each; the privacy officer reviews from the queue; the record says what was found."""
    dora = house.sit("dora")
    settled(dora, MessageList())
    hands.until(lambda: said(dora).count("Cole opened restricted record") >= 2, "the owner is told")
    house.clinic.leaves(dora)
    pia = house.sit("pia")
    screen = pia.shows(Privacy) and pia.window.shown
    table = screen.glass.table
    hands.until(lambda: len(rows_of(table)) == 2, "two accesses wait")
    assert FAMILY not in said(pia) and pia.ask(lambda reader: len(reader.rows(select(BrokenGlass.id)))) == 2
    for left in (1, 0):
        pia.sit_down()
        hands.to_list("Emergency access")
        hands.press("Home")
        hands.until(lambda: table.current_row() is not None, "one is chosen")
        hands.press("R")
        fill(verdict="justified", words="The note of that hour is there")
        hands.until(lambda left=left: len(rows_of(table)) == left, "reviewed")  # type: ignore[misc]
    told_to_the_patient(house, pia)
    settled(pia.sit_down(), Privacy("restricted"))
    assert any("Known from the news" in row for row in rows_of(screen.restricted.table))
    settled(pia, PatientRecord(house.patient))
    press_on(pia.sit_down().window, "Lift")
    fill(reason="No longer in the news")
    hands.until(lambda: "lifted" in said(pia), "the restriction stays in the history")
    house.clinic.leaves(pia)
    cleo = house.sit("cleo")
    screen = settled(cleo, PatientSearch(FAMILY))
    hands.until(lambda: any(FAMILY.upper() in row for row in rows_of(screen.table)), "seen again")
    house.clinic.leaves(cleo)

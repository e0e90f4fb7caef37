# SPDX-License-Identifier: Apache-2.0
"""The front desk's day through its window: check-in, walk-in, moving, cancelling, the strip, other days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from hms_desktop.clinic.appointments import queries, service
from hms_desktop.clinic.patients.queries import contacts
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.ui.appointments.booking_screen import BookingPage
from hms_desktop.ui.appointments.day_detail import DayDetail
from hms_desktop.ui.appointments.day_screen import DayPage
from hms_desktop.ui.patients.record_screen import RecordScreen
from hms_desktop.ui.routes import CheckIn, DayView
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.print_preview import PrintPreview
from hms_desktop.ui.widgets.theme import theme
from tests.ui.reception import CTRL, KEYS, Reception, unnamed


@dataclass
class Day:
    """A page with three bookings: two people of one name at 09:30 and 10:00, and Chidi at 10:30."""

    reception: Reception
    page: DayPage
    session: UUID
    people: dict[str, UUID]
    bookings: dict[str, UUID]

    def row(self, name: str) -> queries.AppointmentRow:
        """A booking as it is now."""
        return self.reception.ask(partial(queries.booking, appointment=self.bookings[name]))

    def choose(self, name: str) -> None:
        """Make a booking current."""
        self.page._select(self.bookings[name])
        self.reception.settle()

    def stage(self, name: str) -> str:
        """Where somebody is, as the list has it."""
        return next(n.stage for n in self.page._lines() if n.id == self.bookings[name])


@pytest.fixture
def day(reception: Reception) -> Day:
    """The day, opened."""
    _doctor, session = reception.hours()
    people = {
        "amara": reception.register(
            family="Okonkwo", given="Amara", sex="female", born="1979-03-14", phone="082 555 0147"
        ),
        "adaeze": reception.register(family="Okonkwo", given="Adaeze", sex="female", born="2011-03-14"),
        "chidi": reception.register(family="Okafor", given="Chidi", sex="male", born="1984-12-03"),
    }
    bookings = {}
    for name, clock in (("amara", "09:30"), ("adaeze", "10:00"), ("chidi", "10:30")):
        act = partial(service.book, patient=people[name], session=session, starts=reception.at(clock))
        bookings[name] = reception.do(act)
    page = reception.open(DayView(), DayPage)
    reception.until(lambda: len(page._lines()) == 3)
    reception.settle()
    return Day(reception, page, session, people, bookings)


def counts(page: DayPage) -> dict[str, int | None]:
    """The counts of the segments."""
    return {segment.key: segment.count for segment in page._segments()}


def said_by(page: DayPage) -> list[str]:
    """The words beside the list."""
    return [label.text() for label in page.detail.findChildren(QLabel)]


def test_the_day_opens_with_counts_strip_and_the_next_patient(day: Day) -> None:
    assert counts(day.page) == {"": 3, "to_arrive": 3, "waiting": 0, "with_doctor": 0, "seen": 0}
    assert day.page.context == "Monday 23-Nov-2026"
    line = day.page.table.current_row()
    assert line is not None and line.row.clock == "09:30"
    day.reception.until(lambda: day.page.detail.main is not None)
    assert day.page.detail.main is not None and day.page.detail.main.words == "Check in"
    assert day.page.strip.block is not None and not unnamed(day.page)


def test_f2_checks_in_and_the_waiting_time_counts(day: Day) -> None:
    day.choose("chidi")
    day.reception.key(KEYS.Key_F2)
    day.reception.until(lambda: day.stage("chidi") == "waiting")
    assert "Checked in" in day.reception.toasts()
    keys = day.reception.window.keys
    day.reception.until(lambda: "Check in" not in [key.text for key in keys.hints()])
    day.reception.clock.ms += 26 * 60_000
    day.page._pass_time()
    line = next(n for n in day.page._lines() if n.id == day.bookings["chidi"])
    cell = day.page.table.rows.columns[5].of(line)
    assert (cell.text, cell.icon) == ("26 min", "warning-fill")
    assert counts(day.page)["waiting"] == 1


def test_a_second_key_press_does_not_check_in_twice(day: Day) -> None:
    day.choose("chidi")
    day.reception.do(partial(service.check_in, appointment=day.bookings["chidi"]))
    day.reception.key(KEYS.Key_F2)  # the line still says that he has to arrive
    day.reception.until(lambda: "already checked in at 09:00" in day.reception.error())


def test_who_presses_twice_checks_in_once_and_reads_no_refusal(day: Day) -> None:
    day.choose("chidi")
    for _press in range(2):
        QTest.keyClick(day.reception.focus(), KEYS.Key_F2)
    day.reception.until(lambda: day.stage("chidi") == "waiting")
    day.reception.settle()
    assert day.reception.error() == "" and day.reception.toasts().count("Checked in") == 1


@pytest.mark.hazard("H31")
def test_the_wrong_one_of_two_names_is_not_checked_in(day: Day) -> None:
    day.choose("amara")
    day.reception.key(KEYS.Key_F2)
    dialog = day.reception.dialog(FormDialog)
    day.reception.write("14/3/2011")
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: dialog.form.fields["second_identifier"].error)
    assert "similar name" in dialog.form.fields["second_identifier"].error
    assert dialog.form.fields["second_identifier"].typed() == "14/3/2011"
    assert day.row("amara").status == "pending"
    dialog.form.fields["second_identifier"].type_in("14/3/1979")
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: day.row("amara").status == "checked-in")


def test_who_leaves_the_list_by_checking_in_stays_beside_it(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[str] = []
    monkeypatch.setattr(DayDetail, "show_nothing", lambda _self, words, *_more: emptied.append(words))
    day.page.list.filter.choose("to_arrive")
    day.choose("chidi")
    day.reception.until(lambda: day.page.detail.main is not None and "OKAFOR, Chidi" in said_by(day.page))
    day.page.detail.main.setFocus()
    day.reception.key(KEYS.Key_Space)
    day.reception.until(lambda: day.page.detail.main and day.page.detail.main.words == "Send to Room 3")
    assert day.page.table.current_row() is None and not emptied
    day.reception.until(lambda: day.reception.focus() is day.page.detail.main)
    day.reception.key(KEYS.Key_Space)
    day.reception.until(lambda: day.row("chidi").called_to == "Room 3")
    day.page.list.filter.choose("seen")
    day.reception.until(lambda: bool(emptied))
    assert day.page._line() is None, "the list was narrowed otherwise: nobody stands beside it"


def test_at_large_text_columns_give_way_and_nothing_scrolls_sideways(day: Day) -> None:
    day.reception.window.resize(1280, 720)
    theme.use(scale=2.0)
    try:
        day.reception.until(lambda: day.page.split.stacked)
        view = day.page.table.view
        day.reception.until(lambda: view.horizontalScrollBar().maximum() == 0)
        shown = {column.key for at, column in enumerate(view.rows.columns) if not view.isColumnHidden(at)}
        assert shown >= {"time", "patient", "status"} and "clinician" not in shown
    finally:
        theme.use(scale=1.0)


def test_another_day_is_turned_to_without_an_empty_page_between(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    day.page._go(1)
    day.reception.until(lambda: not day.page._lines() and day.page.detail.main is None)
    emptied: list[str] = []
    monkeypatch.setattr(DayDetail, "show_nothing", lambda _self, words, *_more: emptied.append(words))
    day.page.visit(CheckIn(day.people["chidi"]))
    day.reception.until(lambda: bool(day.page._lines()))
    day.reception.until(lambda: day.stage("chidi") == "waiting" and "OKAFOR, Chidi" in said_by(day.page))
    assert not emptied


def test_enter_does_the_next_step_until_the_patient_is_called(day: Day) -> None:
    day.choose("chidi")
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: day.stage("chidi") == "waiting")
    day.reception.until(lambda: day.page.detail.main and day.page.detail.main.words == "Send to Room 3")
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: day.row("chidi").called_to == "Room 3")
    day.reception.until(lambda: day.page.detail.main and day.page.detail.main.words == "Open record")
    day.reception.key(KEYS.Key_Return)
    assert day.reception.page(RecordScreen).patient == day.people["chidi"]


def test_a_walk_in_is_taken_in_by_the_keyboard(day: Day) -> None:
    day.reception.register(family="Visser", given="Johan", sex="male", born="1968-07-07")
    day.page.table.view.setFocus()
    day.reception.key(KEYS.Key_W)
    dialog = day.reception.dialog(FormDialog)
    day.reception.write("visser")
    day.reception.until(lambda: dialog.form.fields["patient"].list.isVisible())  # type: ignore[attr-defined]
    day.reception.key(KEYS.Key_Down)
    day.reception.key(KEYS.Key_Return)
    day.reception.key(KEYS.Key_Return)
    day.reception.write("mbeki")
    day.reception.until(lambda: dialog.form.fields["with"].list.isVisible())  # type: ignore[attr-defined]
    day.reception.key(KEYS.Key_Down)
    day.reception.key(KEYS.Key_Return)
    day.reception.key(KEYS.Key_Return)
    day.reception.write("Sore throat")
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: len(day.page._lines()) == 4)
    line = next(n for n in day.page._lines() if n.row.reason == "Sore throat")
    assert (line.stage, line.row.clinician, line.row.service) == ("waiting", "Dr T. Mbeki", "General practice")


def test_cancelling_needs_who_and_why(day: Day) -> None:
    day.choose("chidi")
    day.reception.key(KEYS.Key_C)
    dialog = day.reception.dialog(FormDialog)
    day.reception.key(KEYS.Key_Return, CTRL)
    assert dialog.form.fields["asked_by"].error and dialog.form.fields["reason"].error
    dialog.form.set_values({"asked_by": "patient", "reason": "Has a cold"})
    day.reception.key(KEYS.Key_Return, CTRL)
    day.reception.until(lambda: day.row("chidi").status == "cancelled")
    day.reception.until(lambda: len(day.page._lines()) == 2)


def test_a_booking_is_moved_to_another_free_time(day: Day) -> None:
    day.choose("chidi")
    day.reception.key(KEYS.Key_M)
    dialog = day.reception.dialog(FormDialog)
    day.reception.settle()
    day.reception.key(KEYS.Key_Down)
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: bool(dialog.form.fields["reason"].error))
    dialog.form.set_values({"reason": "The bus comes later"})
    day.reception.key(KEYS.Key_Return, CTRL)
    day.reception.until(lambda: day.row("chidi").clock == "11:30")
    day.reception.until(lambda: "Moved" in day.reception.toasts())
    assert day.row("chidi").moved


def test_who_did_not_come_is_noted_and_taken_back(day: Day) -> None:
    day.choose("amara")
    day.reception.key(KEYS.Key_D)
    day.reception.until(lambda: "not over yet" in day.reception.error())
    day.reception.clock.ms += 65 * 60_000
    day.reception.key(KEYS.Key_D)
    day.reception.until(lambda: day.row("amara").status == "noshow")
    day.reception.until(lambda: "Noted: did not come" in day.reception.toasts())
    day.reception.key(KEYS.Key_Z, CTRL)
    day.reception.until(lambda: day.row("amara").status == "booked")


def test_the_list_is_narrowed_by_stage_and_by_words(day: Day) -> None:
    day.reception.do(partial(service.check_in, appointment=day.bookings["chidi"]))
    day.reception.until(lambda: day.stage("chidi") == "waiting")
    day.page.list.filter.choose("waiting")
    assert day.page.table.rows.total == 1
    day.page.list.filter.choose("")
    day.page.table.show_only(text="adaeze")
    assert day.page.table.rows.total == 1
    day.page.table.show_only(text="zebra")
    assert day.page.table.rows.total == 0


def test_a_reading_that_comes_after_the_line_was_left_shows_nobody(day: Day) -> None:
    day.page._select(day.bookings["adaeze"])
    day.page.list.filter.choose("seen")
    day.reception.settle()
    assert day.page._detail is None
    assert any("Select an appointment" in words for words in said_by(day.page))
    day.page.list.filter.choose("")
    day.choose("adaeze")
    assert day.page._detail is not None


def test_the_strip_is_walked_with_arrows(day: Day) -> None:
    taken: list[Any] = []
    day.page.strip.booked.connect(taken.append)
    day.page.strip.setFocus()
    for _step in range(3):
        day.reception.key(KEYS.Key_Right)
    assert "09:30, provisional, Okonkwo" in day.page.strip.accessibleDescription()
    day.reception.key(KEYS.Key_Return)
    assert taken == [day.bookings["amara"]]
    day.page.strip.setFocus()
    for _step in range(3):
        day.reception.key(KEYS.Key_Right)
    day.reception.key(KEYS.Key_Return)
    assert day.reception.page(BookingPage).title == "New booking"


def test_other_days_are_a_key_away_and_empty_days_say_what_to_do(day: Day) -> None:
    day.page.table.view.setFocus()
    day.reception.key(KEYS.Key_BracketRight)
    day.reception.until(lambda: day.page.context == "Tuesday 24-Nov-2026")
    day.reception.until(lambda: not day.page._lines())
    assert day.page.table.nothing_yet.sentence == "No appointments on this day."
    day.reception.key(KEYS.Key_BracketLeft)
    day.reception.until(lambda: len(day.page._lines()) == 3)


def test_the_telephone_is_confirmed_from_the_detail(day: Day) -> None:
    day.choose("amara")
    day.reception.until(lambda: day.page._detail and day.page._detail.phone)
    facts = day.page._detail
    assert facts is not None
    confirm = day.page.acts.detail_acts(facts).confirm_phone
    assert confirm is not None
    confirm()
    reached = partial(contacts, charts=[day.people["amara"]])
    day.reception.until(lambda: day.reception.ask(reached)[0].confirmed is not None)


def test_checking_in_from_anywhere_finds_the_booking_or_offers_a_walk_in(day: Day) -> None:
    day.reception.open(CheckIn(day.people["chidi"]), DayPage)
    day.reception.until(lambda: day.row("chidi").status == "checked-in")
    stranger = day.reception.register(family="Visser", given="Johan", sex="male", born="1968-07-07")
    day.reception.workstation.desk.routes.open(CheckIn(stranger))
    dialog = day.reception.dialog(FormDialog)
    assert dialog.form.fields["patient"].shown() == "Visser, Johan"
    dialog.reject()


def test_a_provisional_slip_says_so(day: Day) -> None:
    day.choose("chidi")
    day.reception.key(KEYS.Key_P, CTRL)
    preview = day.reception.dialog(PrintPreview)
    assert "Appointment slip" in preview.accessibleName()
    preview.close()


def test_a_booking_that_lost_its_place_waits_with_its_task_and_gets_another_time(day: Day) -> None:
    lost = day.bookings["chidi"]
    day.reception.do(partial(service.put_on_waitlist, appointment=lost, reason="10:30 was given to somebody else"))
    act = partial(
        give_task, title="Call the patient and offer another time", role="receptionist", patient=day.people["chidi"],
        subject=lost, subject_table="appointment",
    )  # fmt: skip
    day.reception.do(act)
    day.reception.until(lambda: day.page.todo.isVisible() and counts(day.page).get("waitlist") == 1)
    day.page.table.reload()
    assert day.page.table.rows.total == 2, "who waits for a time is in a list of its own"
    (task,) = day.page._facts.tasks if day.page._facts else ()
    day.page._open_task(task)
    day.reception.until(lambda: day.page._line() is not None and day.page._line().id == lost)  # type: ignore[union-attr]
    day.reception.until(lambda: day.page.detail.main and day.page.detail.main.words == "Choose a new time")
    day.reception.key(KEYS.Key_Return)
    dialog = day.reception.dialog(FormDialog)
    dialog.form.set_values({"reason": "Their place was lost"})
    day.reception.settle()
    day.reception.key(KEYS.Key_Return)
    day.reception.until(lambda: (day.row("chidi").status, day.row("chidi").clock) == ("pending", "10:30"))
    day.page.acts.finish_task(task)
    day.reception.until(lambda: not day.page.todo.isVisible())


def test_what_another_window_does_is_shown(day: Day) -> None:
    day.reception.do(partial(service.cancel, appointment=day.bookings["chidi"], reason="Ill"))
    day.reception.until(lambda: len(day.page._lines()) == 2)

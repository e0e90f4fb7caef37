# SPDX-License-Identifier: Apache-2.0
"""What was wrong is marked, never deleted: every kind of entry by keyboard, and what it said stays readable."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication, QDialog
from sqlalchemy import select

from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.queries_slots import slots_on
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import (
    Allergy,
    Condition,
    Encounter,
    NoKnownAllergy,
    NoKnownAllergyVoid,
    Note,
    NoteVoid,
    Observation,
    ObservationVoid,
    Order,
    Prescription,
)
from hms_desktop.documents.printing import preview
from hms_desktop.ui.routes import DayView, PatientChart, PatientRecord
from installer.day import hands
from tests.documents import samples
from tests.promises.conftest import CutOff
from tests.promises.places import settled
from tests.promises.seats import Seat, rows_of, words_of

WHY = "Written into the wrong chart"


def dialog() -> QDialog:
    """The dialog in front."""
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), QDialog), "a dialog opens")
    found = QApplication.activeModalWidget()
    assert isinstance(found, QDialog)
    return found


def gone(seat: Seat) -> None:
    hands.until(lambda: QApplication.activeModalWidget() is None, "the dialog is done")
    seat.sit_down()


def give_reason(seat: Seat) -> None:
    """Without a reason nothing happens; with one it is done."""
    asked = dialog()
    hands.press("Ctrl+Return")
    assert QApplication.activeModalWidget() is asked, "a reason must be given"
    hands.tab_to("Reason")
    hands.type_text(WHY)
    hands.press("Ctrl+Return")
    gone(seat)


def on_row(seat: Seat, patient: UUID, section: str, words: str) -> Any:
    """A list of the chart with the keyboard on the row that says these words."""
    page = settled(seat, PatientChart(patient, section))
    page._sections[section].table.view.setFocus()
    hands.row_of(words)
    return page


def history_says(seat: Seat, *wanted: str) -> None:
    """H opens every version: what it said, who, where, when, and why it was wrong."""
    hands.press("H")
    box: Any = dialog()
    table = box.versions.table

    def said() -> str:
        model = table.view.model()
        cells = [model.index(r, c).data() for r in range(model.rowCount()) for c in range(model.columnCount())]
        subs = [sub for row in box.versions._rows for sub in (row.person, row.station, row.before, row.after, row.why)]
        return " ".join(str(words) for words in (*cells, *subs))

    hands.until(lambda: all(words in said() for words in wanted), f"the history says {wanted}")
    hands.press("Escape")
    gone(seat)


def mistaken(seat: Seat, patient: UUID, section: str, words: str, *then: str) -> None:
    """X marks the row after a reason was given; it stays in its list, marked, and its history tells all."""
    page = on_row(seat, patient, section, words)
    hands.press("X")
    give_reason(seat)
    view = page._sections[section].table.view

    def listed() -> str:
        return " ".join(hands._said_row(view, row) for row in range(40))

    hands.until(lambda: "Entered in error" in listed() and words in listed(), f"{words} is marked and still there")
    on_row(seat, patient, section, words)
    history_says(seat, "Dr Nadia Haddad", "Pharmacy 1", WHY, *then)


def count(seat: Seat, record: Any) -> int:
    """How many rows of a table there are."""
    return len(seat.ask(lambda reader: reader.rows(select(record.id))))


KEPT = (Allergy, Appointment, Condition, Encounter, NoKnownAllergy, Note, Observation, Order, Prescription)


@pytest.mark.accepts("X-03")
def test_a_mistake_in_the_record_of_care_is_marked_and_stays_readable(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    seat.do(lambda unit: ehr.record_problem(unit, visit.patient, "Essential hypertension"))
    before = {record: count(seat, record) for record in KEPT}
    mistaken(seat, visit.patient, "readings", "Temperature", "38.4")
    mistaken(seat, visit.patient, "problems", "Essential hypertension", "active", "inactive")
    mistaken(seat, visit.patient, "medicines", "doxycycline", "active")
    mistaken(seat, visit.patient, "orders", "Potassium", "completed")
    mistaken(seat, visit.patient, "notes", "Visit note", "Cough for three days.")
    mistaken(seat, visit.patient, "visits", "Cough", "in-progress")
    assert {record: count(seat, record) for record in KEPT} == before, "no row is gone"
    for void in (NoteVoid, ObservationVoid):
        rows = seat.ask(lambda r, v=void: r.rows(select(v.reason, v.by)))  # type: ignore[misc]
        assert {(row.reason, row.by) for row in rows} == {(WHY, seat.workstation.bench.acting.person.id)}
    paper = seat.do(partial(preview, kind="visit-summary", subject=visit.encounter))
    assert all(WHY in page and "VOID" in page for page in samples.pages(paper.pdf)[:1])


@pytest.mark.accepts("X-03")
def test_an_allergy_and_the_statement_of_none_are_marked_and_stay_readable(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    settled(seat, PatientChart(visit.patient, "allergies"))
    sheet: Any = dialog()
    hands.tab_to("Mistake…")
    hands.press("Space")
    hands.until(lambda: "Penicillin" in dialog().accessibleName(), "it asks why")
    reason_into_the_front()
    hands.until(lambda: "Entered in error" in words_of(sheet) and WHY in words_of(sheet), "it stays, marked")
    hands.until(lambda: dialog() is sheet, "the question is gone")
    hands.put_in_front(sheet)
    hands.tab_to("History of Penicillin")
    hands.press("Space")
    hands.until(lambda: hasattr(dialog(), "versions"), "its history opens")
    box: Any = dialog()
    hands.until(
        lambda: any(v.after == "entered-in-error" and v.why == WHY for v in box.versions._rows), "with all of it"
    )
    hands.press("Escape")
    hands.until(lambda: dialog() is sheet, "the history is closed")
    hands.put_in_front(sheet)
    hands.press("Escape")
    gone(seat)
    seat.do(lambda unit: ehr.state_no_allergies(unit, visit.other))
    settled(seat, PatientChart(visit.other, "allergies"))
    sheet = dialog()
    hands.tab_to("That was a mistake…")
    hands.press("Space")
    hands.until(lambda: "entered in error" in dialog().accessibleName(), "it asks why")
    reason_into_the_front()
    hands.until(lambda: count(seat, NoKnownAllergyVoid) == 1, "it is marked")
    assert count(seat, NoKnownAllergy) == 1
    hands.until(lambda: dialog() is sheet, "the question is gone")
    hands.put_in_front(sheet)
    hands.press("Escape")
    gone(seat)


def reason_into_the_front() -> None:
    """A reason into the dialog in front of another one."""
    hands.tab_to("Reason")
    hands.type_text(WHY)
    hands.press("Ctrl+Return")


@pytest.mark.accepts("X-03")
def test_a_booking_that_was_a_mistake_leaves_the_day_and_stays_in_the_timeline(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    slot = seat.ask(partial(next_free))
    made = seat.do(partial(bookings.book, patient=visit.other, session=slot.session.id, starts=slot.time.starts))
    day = slot.time.starts.astimezone(seat.workstation.desk.place.zone).date()
    page = seat.goes_to(DayView(day, made))
    hands.until(lambda: page.table.current_row() is not None and page.table.current_row().id == made, "it is current")
    page.table.view.setFocus()
    hands.press("X")
    give_reason(seat)
    hands.until(lambda: made not in [line.id for line in page._lines()], "it is off the day")
    assert seat.ask(lambda r: r.get(Appointment, made)).status == "entered-in-error"
    record = settled(seat, PatientRecord(visit.other))
    hands.until(lambda: any(WHY in row for row in rows_of(record.timeline.table)), "the timeline keeps it")


def next_free(reader: Any) -> Any:
    """The first slot that anybody can have."""
    today = reader.now.astimezone(reader.clinic.zone).date()
    slots = [slot for n in range(8) for slot in slots_on(reader, today + timedelta(days=n))]
    return next(slot for slot in slots if slot.use.free and slot.time.starts > reader.now)

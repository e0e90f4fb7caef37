# SPDX-License-Identifier: Apache-2.0
"""Every place and every paper that shows something written anew marks it, and its history is one step away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QWidget
from sqlalchemy import select

from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.queries import booking
from hms_desktop.clinic.appointments.queries_slots import slots_on
from hms_desktop.clinic.billing.model import Charge
from hms_desktop.clinic.billing.service import add_item
from hms_desktop.clinic.conflicts.rules import PERSON_TWICE
from hms_desktop.clinic.conflicts.service_raise import raise_conflict
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.ehr.queries_allergies import allergies
from hms_desktop.clinic.ehr.queries_notes import visit_note
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.ehr.service_stays import admit
from hms_desktop.clinic.inventory import service as stock
from hms_desktop.clinic.inventory.model_register import ControlledRegister, RegisterEntry
from hms_desktop.clinic.inventory.queries import item as item_of
from hms_desktop.clinic.inventory.queries import own_place, stock_lines
from hms_desktop.clinic.lab import service as lab
from hms_desktop.clinic.patients import service, service_details
from hms_desktop.clinic.patients.queries import contacts
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.staff import service as staff
from hms_desktop.clinic.staff.queries import clinicians, places, sessions_of
from hms_desktop.core.errors import Refused
from hms_desktop.documents.printing import KINDS, preview
from hms_desktop.ui import routes
from hms_desktop.ui.routes import Route
from hms_desktop.ui.shell.palette_rows import PatientRow, spoken
from hms_desktop.ui.shell.patient_finder import look_up
from hms_desktop.ui.widgets.table import Table
from installer.day import hands
from tests.documents import samples
from tests.promises.conftest import CutOff, throw_away
from tests.promises.places import every_place, press_on, settled
from tests.promises.seats import Seat, rows_of, words_of
from tests.promises.test_corrected_results import as_person, verified
from tests.promises.whole_visit import ABOUT, SECOND, THIRD, Visit

STATION, PERSON = "Pharmacy 1", "Dr Nadia Haddad"
WHY = "As in her passport"


@dataclass
class Anew:
    """What was written anew after the whole visit."""

    cut: CutOff
    booking: UUID
    before: str
    release: UUID
    batch: UUID
    person: UUID

    @property
    def seat(self) -> Seat:
        return self.cut.seat


@pytest.fixture(scope="module")
def anew(made: CutOff) -> Iterator[Anew]:
    """Name, birth date and sex, a telephone, an allergy, a dose, a problem, a result, a booking, a batch, hours."""
    seat, visit = made.seat, made.visit
    written = Registration(family="Okonkwo-Bello", given="Amara", born="1979-03-15", sex="male")
    seat.do(partial(service.change_details, patient=visit.patient, written=written, reason=WHY))
    (phone,) = seat.ask(lambda r: contacts(r, [visit.patient]))
    change = partial(service_details.change_contact, contact=phone.id, value="+27825550199", reason="New SIM")
    seat.do(change)
    _treat(seat, visit)
    _appear(seat, visit)
    seat.do(lambda unit: _met(unit, visit))
    yield Anew(made, *_booked(seat, visit.patient), _result(made), *_desk(seat))


def _treat(seat: Seat, visit: Visit) -> None:
    """An allergy, a dose and a problem written anew, words added to a note, and a look-alike to be compared."""
    (allergy,) = seat.ask(lambda reader: allergies(reader, visit.patient)).standing
    rash = partial(ehr.describe_allergy, type=None, category="medication", criticality="high", reaction="Rash")
    seat.do(lambda unit: rash(unit, allergy.facts.id, reason="A rash only"))
    less = make_dose(Decimal(50), "mg", "oral", "twice", 7)
    seat.do(lambda unit: ehr.change_dose(unit, visit.prescription, less, "Too much at once"))
    problem = seat.do(lambda unit: ehr.record_problem(unit, visit.patient, "Asthma"))
    again = partial(ehr.change_problem, clinical="relapse", verification="confirmed", reason="Wheezes again")
    seat.do(lambda unit: again(unit, problem))
    note = seat.ask(lambda reader: visit_note(reader, visit.encounter))
    assert note is not None
    seat.do(lambda unit: ehr.add_addendum(unit, note.id, "Inhaler shown"))


def _appear(seat: Seat, visit: Visit) -> None:
    """Something waits for the patient in every list: a bed, a bill, a prescription, a line of the register."""
    ward = seat.ask(lambda reader: places(reader, "ward"))[0]
    seat.do(lambda unit: admit(unit, visit.patient, place=ward.id, bed="4"))
    code = seat.ask(lambda reader: reader.rows(select(Charge.code).where(Charge.patient == visit.patient)))[0].code
    seat.do(partial(add_item, patient=visit.patient, code=code, quantity=Decimal(1)))
    seat.do(lambda unit: _signed(unit, visit))


def _signed(unit: Any, visit: Visit) -> None:
    """A line about the patient in the register of controlled medicines."""
    unit.action = "inventory.note_entry"
    item, me = unit.get(Prescription, visit.prescription).medicine, unit.person.id
    place, edition = own_place(unit), item_of(unit, item).edition
    held = unit.add(ControlledRegister, place=place, station=unit.station.device, at=unit.now, by=me, witness=me)
    said = {"kind": "dispense", "ordinal": 1, "quantity": Decimal(-1), "balance": Decimal(9), "at": unit.now}
    about = {"register": held, "item": item, "edition": edition, "place": place, "patient": visit.patient}
    unit.add(RegisterEntry, **said, **about, by=me, witness=me)


def _met(unit: Any, visit: Visit) -> None:
    """Somebody must say whether two charts are one person's."""
    unit.action = "conflicts.raise"
    raise_conflict(unit, kind=PERSON_TWICE, module="patients", subject=visit.patient, subject_table="patient",
                   members=[visit.patient, visit.other])  # fmt: skip


def _booked(seat: Seat, patient: UUID) -> tuple[UUID, str]:
    """A booking of today that was moved, and the time it had before."""

    def free(reader: Any) -> Any:
        today = reader.now.astimezone(reader.clinic.zone).date()
        return [s for s in slots_on(reader, today) if s.use.free and s.time.starts > reader.now]

    first, second = seat.ask(free)[:2]
    made = seat.do(partial(bookings.book, patient=patient, session=first.session.id, starts=first.time.starts))
    before = seat.ask(partial(booking, appointment=made)).clock
    moved = partial(bookings.move, appointment=made, session=second.session.id, starts=second.time.starts)
    seat.do(partial(moved, reason="Doctor delayed"))
    return made, before


def _result(made: CutOff) -> UUID:
    """The potassium was 4.6: corrected, verified by two others and released again."""
    order = made.visit.order
    made.seat.do(lambda unit: lab.correct_result(unit, made.visit.result, Decimal("4.6"), "Tubes were mixed up"))
    verified(made, order, SECOND, THIRD)
    return as_person(made, THIRD, lambda unit: lab.release(unit, order))


def _desk(seat: Seat) -> tuple[UUID, UUID]:
    """A batch that was held and is usable again, and hours with room for one patient more."""

    def first(reader: Any) -> tuple[UUID, Any]:
        session = sessions_of(reader, clinicians(reader)[0].id)[0]
        return stock_lines(reader, own_place(reader))[0].batch, session

    batch, session = seat.ask(first)
    for state, why in (("on-hold", "Label torn"), ("usable", "Label replaced")):
        seat.do(partial(stock.change_batch_state, batch=batch, state=state, reason=why))
    more = session.hours.capacity + 1
    seat.do(partial(staff.set_capacity, session=session.id, capacity=more, reason="Two rooms"))
    return batch, session.practitioner


MARKS = (
    (r"okonkwo", r"corrected|\*"),
    (r"15-mar-1979", r"corrected|\*"),
    (r"555 0199", r"corrected"),
    (r"\b50 mg\b(?! (tablet|capsule))", r"dose (was )?changed"),
    (r"\b4\.6\b", r"corrected|was 5\.6"),
    (r"\brash\b", r"corrected"),
    (r"\basthma\b", r"changed"),
)
"""What was written anew as people read it, and the words that mark it, in small letters; on paper names have a star."""
WITHOUT_PATIENTS = {
    "MessageList", "RegisterPatient", "SettingsPage", "StaffList", "StockList", "SyncDetails", "YourAccount",
}  # fmt: skip
WITHOUT_THIS_PATIENT = {"CriticalCalls", "EmergencyReading", "Privacy"}
"""Places that show patients, but not this one: no critical value, none looked up, no look questioned."""
PLACES = sorted({kind.__name__ for kind in Route.__subclasses__()} - {"Home", "CheckIn"})


def told(window: QWidget) -> Iterator[tuple[str, str]]:
    """Everything that a window says: the words themselves, and the words of what they stand in."""
    for view in window.findChildren(QAbstractItemView):
        if view.isVisible() and view.model() is not None:
            for row in range(view.model().rowCount(QModelIndex())):
                said = hands._said_row(view, row)
                yield said, said
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text():
            yield label.text(), around(label)


def around(label: QLabel) -> str:
    """What a label, and what it is directly part of, says to the eye and to a screen reader."""
    said, box = [label.text(), label.accessibleName()], label.parentWidget()
    for _step in range(2):
        if box is not None:
            said += [box.accessibleName(), *(part.text() for part in box.findChildren(QLabel) if part.isVisible())]
            said += [part.accessibleName() for part in box.findChildren(QWidget) if part.isVisible()]
            box = box.parentWidget()
    return " ".join(said)


def unmarked(said: Iterable[tuple[str, str]]) -> tuple[int, list[str]]:
    """How often something that was written anew is said, and where without its mark."""
    count, bare = 0, []
    for words, context in said:
        for value, mark in MARKS:
            if re.search(value, words.casefold()):
                count += 1
                if not re.search(mark, context.casefold()):
                    bare.append(words)
    return count, bare


@pytest.mark.accepts("X-04")
@pytest.mark.parametrize("kind", PLACES)
def test_every_place_marks_what_was_written_anew(anew: Anew, kind: str) -> None:
    seat, seen = anew.seat.sit_down(), 0
    throw_away(seat)
    examples = [place for place in every_place(seat, anew.cut.visit) if type(place).__name__ == kind]
    assert examples, f"{kind} has no example among the places"
    for place in examples:
        page = seat.goes_to(place)
        quiet(seat, seat.window)
        for box in page.findChildren(QAbstractButton):
            if box.isVisible() and box.text() in ("Owing", "All"):
                box.click()
        dialog: Any = QApplication.activeModalWidget()
        quiet(seat, dialog or seat.window)
        count, bare = unmarked(told(dialog or seat.window))
        seen += count
        assert not bare, f"{place} says without a mark: {bare}"
        if dialog is not None:
            dialog.reject()
            hands.until(lambda: QApplication.activeModalWidget() is None, "the sheet is closed")
        throw_away(seat)
    assert seen or kind in WITHOUT_PATIENTS | WITHOUT_THIS_PATIENT, f"{kind} shows nothing that was written anew"


def quiet(seat: Seat, window: QWidget) -> None:
    """Wait until the window says the same twice, with nothing left to be read."""
    before: list[Any] = [None]

    def still() -> bool:
        seat.workstation.tasks.settle()
        hands.breathe(0.03)
        now = list(told(window))
        same: bool = now == before[0]
        before[0] = now
        return same

    hands.until(still, "the screen stands still")


@pytest.mark.accepts("X-04")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_paper_marks_what_was_written_anew(anew: Anew, kind: str) -> None:
    visit = anew.cut.visit
    subjects = {
        "appointment-slip": anew.booking, "invoice": visit.invoice, "lab-report": anew.release,
        "medicine-label": visit.hand_over, "prescription": visit.prescription, "receipt": visit.payment,
        "specimen-label": visit.specimen, "visit-summary": visit.encounter, "estimate": visit.patient,
        "access-report": visit.patient, "accounting": visit.patient, "prepared-label": visit.prescription,
    }  # fmt: skip
    paper = anew.seat.do(partial(preview, kind=kind, subject=subjects[kind], about=ABOUT.get(kind)))
    for page in samples.pages(paper.pdf):
        text = " ".join(page.split())
        count, bare = unmarked([(text, text)])
        assert count and not bare, text
    if kind == "appointment-slip":
        assert "Moved: this is the new time" in text


def reads() -> Any:
    """The history in front, once it has rows; what it holds is read and it is closed again."""
    found: list[Any] = []

    def there() -> bool:
        box: Any = QApplication.activeModalWidget()
        found[:] = [box] if hasattr(box, "versions") and box.versions._rows else []
        return bool(found)

    hands.until(there, "the history opens and tells something")
    box = found[0]
    rows = list(box.versions._rows)
    shown = " ".join(rows_of(box.versions.table))
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is not box, "it is closed")
    assert all((row.person or row.station) and row.station for row in rows), rows
    assert all(row.why in shown for row in rows if row.why), "why is shown, not only known"
    return rows


def tells(rows: Any, field: str, before: str | None, after: str | None, why: str) -> None:
    """The history has this change, with who made it, when, and at which station."""
    found = [row for row in rows if (row.field, row.before, row.after, row.why) == (field, before, after, why)]
    assert found, [(row.field, row.before, row.after, row.why) for row in rows]
    assert (found[0].person, found[0].station) == (PERSON, STATION) and found[0].at


def on_section(seat: Seat, patient: UUID, section: str, words: str) -> None:
    """A list of the chart, with the keyboard on the row that says these words."""
    page = settled(seat, routes.PatientChart(patient, section))
    page._sections[section].table.view.setFocus()
    hands.row_of(words)


@pytest.mark.accepts("X-04")
def test_a_moved_booking_is_marked_in_day_and_detail_and_opens_its_history(anew: Anew) -> None:
    seat = anew.seat.sit_down()
    row = seat.ask(partial(booking, appointment=anew.booking))
    page = settled(seat, routes.DayView(None, anew.booking))
    hands.until(lambda: page.table.current_row() is not None, "the booking is current")
    assert any(row.clock in said and "moved from another time" in said for said in rows_of(page.table))
    mine = settled(seat, routes.MyDay())
    hands.until(
        lambda: any("moved from another time" in said for table in mine.findChildren(Table) for said in rows_of(table)),
        "the doctor's own day marks it, too",
    )
    page = settled(seat, routes.DayView(None, anew.booking))
    press_on(page, "Moved from another time")
    rows = reads()
    (moved,) = [one for one in rows if one.field == "starts" and one.before]
    assert anew.before in moved.before and row.clock in moved.after and moved.why == "Doctor delayed"
    assert (moved.person, moved.station) == (PERSON, STATION)


@pytest.mark.accepts("X-04")
def test_a_corrected_result_opens_its_history_in_chart_report_and_bench(anew: Anew) -> None:
    seat, visit = anew.seat.sit_down(), anew.cut.visit
    on_section(seat, visit.patient, "results", "Potassium")
    hands.press("H")
    tells(reads(), "value", "5.6", "4.6", "Tubes were mixed up")
    seat.sit_down()
    on_section(seat, visit.patient, "results", "Potassium")
    hands.press("Return")
    hands.until(lambda: hasattr(QApplication.activeModalWidget(), "show_history"), "the report opens")
    sheet: Any = QApplication.activeModalWidget()
    hands.press("Ctrl+H")
    tells(reads(), "value", "5.6", "4.6", "Tubes were mixed up")
    hands.put_in_front(sheet)
    sheet.reject()
    hands.until(lambda: QApplication.activeModalWidget() is None, "the report is closed")
    seat.sit_down()
    page = settled(seat, routes.LabWorklist(visit.specimen))
    hands.until(page.detail.history.isVisible, "the bench shows the specimen")
    press_on(page.detail, "History")
    tells(reads(), "value", "5.6", "4.6", "Tubes were mixed up")


@pytest.mark.accepts("X-04")
@pytest.mark.parametrize(("section", "row", "change"), [
    ("problems", "Asthma", ("clinical_status", "active", "relapse", "Wheezes again")),
    ("medicines", "doxycycline", ("dose", "100", "50", "Too much at once")),
])  # fmt: skip
def test_an_entry_of_the_chart_opens_its_history(
    anew: Anew, section: str, row: str, change: tuple[str, str, str, str]
) -> None:
    seat = anew.seat.sit_down()
    on_section(seat, anew.cut.visit.patient, section, row)
    hands.press("H")
    tells(reads(), *change)


@pytest.mark.accepts("X-04")
def test_words_added_to_a_note_are_marked_and_in_its_history(anew: Anew) -> None:
    seat, visit = anew.seat.sit_down(), anew.cut.visit
    on_section(seat, visit.patient, "notes", "Signed, with additions")
    hands.press("H")
    rows = reads()
    (added,) = [one for one in rows if one.after == "Inhaler shown"]
    assert (added.person, added.station) == (PERSON, STATION)
    assert any(one.after == "Cough for three days." for one in rows), "the signed words stay"


@pytest.mark.accepts("X-04")
def test_a_batch_whose_state_changed_is_marked_and_opens_its_history(anew: Anew) -> None:
    seat = anew.seat.sit_down()
    page = settled(seat, routes.StockList())
    page.table.select(anew.batch)
    hands.until(lambda: page._batch is not None and page._batch.line.batch == anew.batch, "the batch is chosen")
    lot = page._batch.line.lot
    assert any(lot in said and "changed: Label replaced" in said for said in rows_of(page.table))
    press_on(page.detail, "State changed")
    rows = reads()
    tells(rows, "state", "usable", "on-hold", "Label torn")
    tells(rows, "state", "on-hold", "usable", "Label replaced")


@pytest.mark.accepts("X-04")
def test_changed_hours_are_marked_and_open_their_history(anew: Anew) -> None:
    seat = anew.seat.sit_down()
    page = settled(seat, routes.StaffList(anew.person))
    hands.until(lambda: any("changed: Two rooms" in said for said in rows_of(page.hours)), "the hours are marked")
    press_on(page, "History")
    tells(reads(), "capacity", "1", "2", "Two rooms")


@pytest.mark.accepts("X-04")
def test_searches_mark_a_corrected_name_and_birth_date(anew: Anew) -> None:
    (found,) = anew.seat.do(partial(look_up, text="Okonkwo-Bello")).patients
    assert "Corrected: birth date, name, sex" in spoken(PatientRow(found))


@pytest.mark.accepts("X-04")
def test_a_corrected_contact_is_marked_and_one_step_from_its_history(anew: Anew) -> None:
    seat = anew.seat.sit_down()
    page = settled(seat, routes.PatientRecord(anew.cut.visit.patient))
    press_on(page, "Corrected")
    hands.until(lambda: page.tabs.current() == "history", "one step to its history")
    versions = page.history.versions
    hands.until(lambda: any(one.why == "New SIM" for one in versions._rows), "it is told why")
    tells(versions._rows, "value", "+27825550101", "+27825550199", "New SIM")
    tells(versions._rows, "family", "Okonkwo", "Okonkwo-Bello", WHY)
    tells(versions._rows, "sex", "female", "male", WHY)


@pytest.mark.accepts("X-04")
def test_a_death_and_a_language_written_anew_are_marked(anew: Anew) -> None:
    seat, other = anew.seat.sit_down(), anew.cut.visit.other
    speaks = Registration(family="Naidoo", given="Priya", born="1990", sex="female", interpreter=True)
    for language in ("zu", "xh"):
        written = replace(speaks, language=language)
        seat.do(partial(service.change_details, patient=other, written=written, reason="Asked her sister"))
    seat.do(partial(service.record_death, patient=other, on="2026-10-01"))
    with pytest.raises(Refused, match="Take it back"):
        seat.do(partial(service.record_death, patient=other, on="2026-10-02"))
    seat.do(partial(service.take_back_death, patient=other, reason="Another day"))
    seat.do(partial(service.record_death, patient=other, on="2026-10-02"))
    page = settled(seat, routes.PatientRecord(other))
    shown = seat.window.frame.banner
    hands.until(lambda: "Corrected: death, language" in shown.accessibleName(), "the banner marks both")
    hands.until(lambda: "Died 02-Oct-2026" in words_of(shown), "the day is the second one")
    hands.until(lambda: "xh [corrected]" in words_of(page), "the record marks the language where it stands")
    press_on(shown, "Corrected: death, language")
    hands.until(lambda: page.tabs.current() == "history", "one step to its history")
    versions = page.history.versions
    hands.until(lambda: any(one.field == "deceased_on" and one.why for one in versions._rows), "it is told")
    tells(versions._rows, "language", "zu", "xh", "Asked her sister")
    tells(versions._rows, "deceased_on", "2026-10-01", None, "Another day")

# SPDX-License-Identifier: Apache-2.0
"""The right patient, always: banner on every screen and paper of a patient, and a question before work is left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.appointments.queries_slots import slots_on
from hms_desktop.clinic.appointments.service import book
from hms_desktop.clinic.ehr.service_visits import open_visit
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import link_charts, register
from hms_desktop.clinic.privacy.queries import looks_at
from hms_desktop.core.clock import stamp_author
from hms_desktop.core.errors import Unavailable
from hms_desktop.documents.printing import KINDS, preview
from hms_desktop.security.audit import PURPOSES, SHOWING, AccessEvent
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import (
    BillingDesk,
    BookAppointment,
    CriticalCalls,
    DayView,
    LabWorklist,
    MyDay,
    PatientChart,
    PatientRecord,
    PatientSearch,
    PharmacyQueue,
    Privacy,
    Route,
    SettingsPage,
    Vitals,
)
from hms_desktop.ui.shell.palette_rows import PatientRow
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form import Form
from installer.day import hands
from tests.documents import samples
from tests.promises.bench_scene import collected, ordered, scan
from tests.promises.conftest import CutOff
from tests.promises.places import patient_places, settled
from tests.promises.seats import Seat, rows_of, words_of
from tests.promises.whole_visit import ABOUT, Visit, something_to_invoice

SUBJECTS: dict[str, Callable[[Visit], Any]] = {
    "invoice": lambda v: v.invoice, "receipt": lambda v: v.payment, "lab-report": lambda v: v.release,
    "estimate": lambda v: v.patient,
    "specimen-label": lambda v: v.specimen, "prescription": lambda v: v.prescription,
    "visit-summary": lambda v: v.encounter, "appointment-slip": lambda v: v.appointment,
    "medicine-label": lambda v: v.hand_over, "access-report": lambda v: v.patient, "accounting": lambda v: v.patient,
    "prepared-label": lambda v: v.prescription,
}  # fmt: skip


FORMS: dict[str, Callable[[UUID], Route]] = {
    "symptoms": PatientChart, "systolic": Vitals, "reason": BookAppointment,
}  # fmt: skip
"""A field of a patient's form, and the place where it stands."""


def banner_of(seat: Seat) -> Any:
    """The banner of the main window."""
    return seat.window.frame.banner


def must_name(seat: Seat, visit: Visit, place: object) -> None:
    """The banner shows this patient whole: name, birth date, age, sex, record number, flag and allergy."""
    banner = banner_of(seat)
    hands.until(lambda: banner.isVisible() and banner.data is not None, f"the banner on {place}")
    said = banner.accessibleName() + words_of(banner)
    for words in ("OKONKWO, Amara", "14-Mar-1979", " y", "Female", "MRN-", "Hard of hearing", "Penicillin"):
        assert words in said, (place, words, said)
    assert banner.data.patient == visit.patient, place


@pytest.mark.hazard("H06")
@pytest.mark.accepts("X-12")
def test_the_banner_stands_on_every_screen_of_a_patient(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    missing = []
    for place in patient_places(visit):
        settled(seat, place)
        try:
            must_name(seat, visit, place)
        except hands.Stuck as stuck:
            missing.append((place, str(stuck)))
    assert missing == []


@pytest.mark.accepts("OPS-10")
@pytest.mark.accepts("X-12")
@pytest.mark.parametrize("kind", list(KINDS))
def test_every_printout_names_the_patient(cut_off: CutOff, kind: str) -> None:
    subject = SUBJECTS[kind](cut_off.visit)
    if kind == "estimate":
        cut_off.seat.do(partial(something_to_invoice, visit=cut_off.visit))
    found = cut_off.seat.do(partial(preview, kind=kind, subject=subject, about=ABOUT.get(kind)))
    for page in samples.pages(found.pdf):
        marks = ("ALG: Penicillin", "FLAG: ") if kind.endswith("-label") else ("Penicillin", "Hard of hearing")
        for words in ("OKONKWO, Amara", "14-Mar-1979", " y)", "Female", "MRN-", *marks):
            assert words.casefold() in page.casefold(), (kind, words, page)
        assert "training" in page.casefold(), "what is printed from training data says so"


def question(seat: Seat, other: Route) -> Confirm:
    """Going to another patient asks; what is asked, in front."""
    assert not seat.workstation.desk.routes.open(other)
    asked = QApplication.activeModalWidget()
    assert isinstance(asked, Confirm)
    hands.until(asked.isActiveWindow, "the question is in front")
    return asked


def asks(seat: Seat, other: Route) -> None:
    """Going to another patient asks; staying keeps the screen, and nothing else moved."""
    page: Any = seat.window.shown
    question(seat, other)
    hands.press("Esc")
    hands.until(lambda: QApplication.activeModalWidget() is None, "the question is gone")
    assert seat.sit_down().window.shown is page


@pytest.mark.hazard("H06")
@pytest.mark.accepts("X-12")
@pytest.mark.parametrize("name", list(FORMS))
def test_another_patient_is_not_opened_over_unfinished_work(cut_off: CutOff, name: str) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    seat.do(partial(open_visit, patient=visit.other))
    page: Any = settled(seat, FORMS[name](visit.other))
    hands.until(lambda: page.patient is not None, "a patient is on the screen")
    there = PatientRecord(visit.patient if page.patient == visit.other else visit.other)
    form = next(form for form in page.findChildren(Form) if name in form.fields and form.isVisible())
    form.fields[name].take_focus()
    hands.type_text("77")
    hands.until(lambda: form.changed, "the form knows that it was typed in")
    asks(seat, there)
    page.save_draft()
    asks(seat, there)
    assert "77" in str(form.fields[name].typed())
    form.clear()
    assert seat.workstation.desk.routes.open(there)
    hands.until(lambda: seat.window.shown.patient == there.patient, "the other patient is open")


def leaves(seat: Seat, other: Route) -> None:
    """Keep a draft and go to another patient all the same."""
    question(seat, other)
    hands.tab_to("Keep a draft and leave")
    hands.press("Space")
    hands.until(lambda: seat.workstation.desk.routes.current == other, "the other patient is open")


@pytest.mark.accepts("X-12")
def test_a_picked_medicine_is_not_left_without_asking(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    page: Any = settled(seat, PharmacyQueue(visit.prescription))
    assert page.patient == visit.patient and not page.unfinished()
    page.pane.lines.take_focus()
    hands.press("P")
    hands.until(page.unfinished, "the line is picked")
    asks(seat, PatientRecord(visit.other))
    assert page.unfinished(), "it is still picked"
    leaves(seat, PatientRecord(visit.other))


@pytest.mark.accepts("X-12")
def test_a_typed_result_is_not_left_without_asking(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    _patient, orders = ordered(seat, "Nkosi", ["GLU"])
    accession = collected(seat, orders)
    page: Any = settled(seat, LabWorklist())
    scan(seat, accession)
    line = page.detail.grid.lines[0].value
    line.setFocus()
    hands.type_text("5.1")
    hands.until(page.unfinished, "a value is typed")
    asks(seat, PatientRecord(visit.other))
    assert line.text() == "5.1", "it still stands there"
    leaves(seat, PatientRecord(visit.other))


def a_namesake_comes_today(seat: Seat) -> UUID:
    """Somebody else of the same name is registered and booked for today."""
    written = Registration(family="Okonkwo", given="Amara", born="1984-05-02", sex="female")
    namesake = seat.do(partial(register, written=written))

    def free(reader: Reader) -> Any:
        slots = slots_on(reader, reader.now.astimezone(reader.clinic.zone).date())
        return next(slot for slot in slots if slot.use.free and slot.time.starts > reader.now)

    slot = seat.ask(free)
    seat.do(partial(book, patient=namesake, session=slot.session.id, starts=slot.time.starts, reason="Rash"))
    return namesake


@pytest.mark.hazard("H30")
@pytest.mark.accepts("X-12")
def test_the_banner_says_similar_name_and_merged(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    namesake = a_namesake_comes_today(seat)
    for place in (PatientRecord(visit.patient), PatientChart(visit.patient)):
        settled(seat, place)
        hands.until(lambda: "Similar name" in banner_of(seat).accessibleName(), f"the banner on {place}")
    seat.do(partial(link_charts, survivor=visit.patient, replaced=namesake, reason="Asked her: one person"))
    settled(seat, PatientChart(namesake))
    hands.until(lambda: "Merged into MRN-" in banner_of(seat).accessibleName(), "the banner says merged")
    assert "Similar name" not in banner_of(seat).accessibleName()
    button = banner_of(seat).merged_button
    button.setFocus()
    hands.press("Space")
    hands.until(lambda: "Merged into" not in banner_of(seat).accessibleName(), "the kept record is open")
    must_name(seat, visit, seat.workstation.desk.routes.current)


def looks(seat: Seat) -> list[Any]:
    """Every access event of this workstation, in order."""
    return list(seat.ask(lambda reader: reader.rows(select(AccessEvent.__table__).order_by(AccessEvent.rid))))


@pytest.mark.accepts("SEC-09")
def test_every_way_to_open_a_chart_is_one_look_written_down(cut_off: CutOff) -> None:
    """From a place of nobody's, each place of a patient writes one event: who, whom, where, when and why."""
    seat, visit = cut_off.seat, cut_off.visit
    own = seat.workstation.bench.store.station.author
    for place in [*patient_places(visit), Privacy("access", visit.patient)]:
        settled(seat, SettingsPage())
        before = len(looks(seat))
        settled(seat, place)
        new = [event for event in looks(seat)[before:] if event.kind != "list"]
        assert [(event.patient, event.by) for event in new] == [(visit.patient, seat.workstation.desk.person.id)], place
        assert new[0].kind in SHOWING and new[0].purpose in PURPOSES and stamp_author(new[0].k) == own, place


def searched(seat: Seat, _visit: Visit) -> None:
    """She is typed and found where patients are searched."""
    page = settled(seat, PatientSearch())
    page.line.setFocus()
    hands.type_text("Okonkwo")
    hands.until(lambda: any(map(hers, rows_of(page.table))), "she is found")
    page.table.setFocus()
    hands.press("Home")


def in_the_palette(seat: Seat, _visit: Visit) -> None:
    """She is typed and found in the palette."""
    hands.press("Ctrl+K")
    hands.type_text("Okonkwo Amara")
    box = seat.window.palette_box
    hands.until(lambda: any(isinstance(row, PatientRow) for row in box.rows()), "she is found")


def came_from_there(seat: Seat, visit: Visit) -> None:
    """Her chart was the place before this one."""
    settled(seat, PatientChart(visit.patient))
    settled(seat, SettingsPage())


def hers(row: str) -> bool:
    """Whether a line of a list is Amara Okonkwo's."""
    return "okonkwo" in row.casefold()


def in_a_list(route: Callable[[Visit], Route], table: Callable[[Any], Any]) -> Callable[[Seat, Visit], None]:
    """Her line of a list has the keyboard, and what stands beside the list is read."""

    def go(seat: Seat, visit: Visit) -> None:
        rows = table(settled(seat, route(visit)))
        hands.until(lambda: any(map(hers, rows_of(rows))), f"she stands in {route(visit)}")
        rows.setFocus()
        seat.rests()
        at = next(n for n, row in enumerate(rows_of(rows)) if hers(row))
        rows.view.setCurrentIndex(rows.view.model().index(at, 0))
        hands.until(lambda: hers(rows_of(rows)[rows.view.currentIndex().row()]), f"her line of {route(visit)}")

    return go


WAYS: dict[str, tuple[Callable[[Seat, Visit], None], str]] = {
    "search": (searched, "Return"), "palette": (in_the_palette, "Return"), "back": (came_from_there, "Esc"),
    "my day": (in_a_list(lambda _v: MyDay(), lambda page: page.table), "Return"),
    "day list": (in_a_list(lambda _v: DayView(), lambda page: page.table), "Ctrl+O"),
    "waiting": (in_a_list(lambda _v: Vitals(), lambda page: page.table), "Ctrl+O"),
    "bench": (in_a_list(lambda _v: LabWorklist(), lambda page: page.list.table), "Ctrl+O"),
    "pharmacy": (in_a_list(lambda v: PharmacyQueue(v.prescription), lambda page: page.queue.table), "Ctrl+O"),
}  # fmt: skip
"""How somebody comes to a chart by keys: up to the last key, and that key. An open conflict and the emergency list have
their own tests."""


@pytest.mark.accepts("SEC-09")
def test_each_way_to_a_chart_by_keys_writes_one_look_at_it(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    for name, (way, key) in WAYS.items():
        settled(seat, SettingsPage())
        way(seat, visit)
        seat.rests()
        before, there = len(looks(seat)), seat.workstation.desk.routes.current
        hands.press(key)
        hands.until(lambda there=there: seat.workstation.desk.routes.current != there, f"{name}: gone")  # type: ignore[misc]
        assert isinstance(seat.workstation.desk.routes.current, PatientChart | PatientRecord), name
        seat.rests()
        (event,) = looks(seat)[before:]
        assert (event.kind, event.patient, event.by) == ("chart", visit.patient, seat.workstation.desk.person.id), name


LISTS = {
    "day list": DayView(), "my day": MyDay(), "waiting patients": Vitals(), "lab worklist": LabWorklist(),
    "pharmacy queue": PharmacyQueue(), "critical values": CriticalCalls(), "invoices to finish": BillingDesk(),
}  # fmt: skip


@pytest.mark.accepts("SEC-09")
def test_a_list_that_shows_more_than_names_is_one_look_at_everybody_in_it(cut_off: CutOff) -> None:
    """One event for a list, with everybody in it and no value; the list read again writes nothing while nobody came."""
    seat, visit = cut_off.seat, cut_off.visit
    seat.do(partial(something_to_invoice, visit=visit))
    for name, place in LISTS.items():
        settled(seat, SettingsPage())
        before = len(looks(seat))
        page = settled(seat, place)
        events = [event for event in looks(seat)[before:] if event.kind == "list"]
        assert [event.detail for event in events] == ([] if name == "critical values" else [name]), (
            "nobody was critical"
        )
        for event in events:
            assert event.patient is None and visit.patient.hex in event.listed and event.count == len(event.listed)
            assert event.purpose in PURPOSES and event.by == seat.workstation.desk.person.id
        getattr(page, "lists", page).refresh()
        seat.rests()
        assert sum(event.kind == "list" for event in looks(seat)[before:]) == len(events), "once for each"
    report = seat.ask(partial(looks_at, patient=visit.patient))
    assert {look.detail for look in report.looks if look.kind == "list"} == LISTS.keys() - {"critical values"}


@pytest.mark.accepts("SEC-09")
def test_what_cannot_be_written_down_is_not_shown(cut_off: CutOff, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event comes first: with a trail that takes nothing, no place of a patient shows what it was opened for."""
    seat, visit = cut_off.seat, cut_off.visit

    def full(*_args: object, **_values: object) -> UUID:
        raise Unavailable("The disk is full.")

    for module in [
        m for name, m in sys.modules.items() if name.startswith("hms_desktop.") and hasattr(m, "record_access")
    ]:
        monkeypatch.setattr(module, "record_access", full)
    for place in (PatientRecord(visit.patient), PatientChart(visit.patient)):
        settled(seat, SettingsPage())
        screen = settled(seat, place)
        said = words_of(screen.widget())
        assert "OKONKWO" not in said.upper() and "Penicillin" not in said, (place, said)
    settled(seat, SettingsPage())

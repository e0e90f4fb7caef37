# SPDX-License-Identifier: Apache-2.0
"""A clinician's day and the nurses' vitals through their windows, by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.model import Observation
from hms_desktop.clinic.lab import service as lab
from hms_desktop.storage.acting import Acting
from hms_desktop.ui.ehr.chart_screen import ChartPage
from hms_desktop.ui.ehr.my_day_screen import MyDayPage, waiting_count
from hms_desktop.ui.ehr.vitals_screen import VitalsPage
from hms_desktop.ui.routes import MyDay, Vitals
from tests.ui.ehr.rooms import CTRL_ENTER, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def day_of(window: Window) -> MyDayPage:
    page = window.page
    assert isinstance(page, MyDayPage)
    window.until(lambda: page._facts is not None)
    return page


def test_the_next_patient_who_waits_is_opened_by_one_key(rooms: Rooms, window: Window) -> None:
    seen, waiting, later = (rooms.patient(name, "X", mrn=f"MRN-{name}") for name in ("Abrahams", "Okonkwo", "Smit"))
    visit = rooms.arrived(seen, -30)
    rooms.do(service.begin_visit, visit)
    rooms.do(service.finish_visit, visit)
    rooms.arrived(waiting)
    rooms.booked(later, 30)
    page = day_of(window)
    window.until(lambda: len(page._facts.patients) == 3 if page._facts else False)
    assert [page._chip(row).words for row in page._facts.patients] == ["Seen", "Waiting", "Not arrived"]  # type: ignore[union-attr]
    page.table.view.setFocus()
    window.press(Qt.Key.Key_BracketRight)
    window.until(lambda: isinstance(window.page, ChartPage) and window.page.patient == waiting)


def test_who_goes_to_a_list_before_it_is_read_stays_there(rooms: Rooms, window: Window) -> None:
    rooms.released(rooms.patient(), "5.6")
    window.workstation.desk.routes.open(Vitals())
    window.workstation.desk.routes.open(MyDay())
    page = window.page
    assert isinstance(page, MyDayPage) and page._facts is None, "nothing is read yet"
    page.results.setFocus()
    window.until(lambda: bool(page._facts and page._facts.results))
    window.until(page.results.view.hasFocus)


def test_a_result_to_review_is_opened_and_leaves_the_list(rooms: Rooms, window: Window) -> None:
    page = day_of(window)
    patient = rooms.patient()
    rooms.released(patient, "5.6")
    assert rooms.ask(waiting_count) == 1
    window.until(lambda: bool(page._facts and page._facts.results))
    page.table.view.setFocus()
    window.press(Qt.Key.Key_E)
    window.until(page.results.view.hasFocus)
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    window.dialog("Potassium")
    window.press(CTRL_ENTER)
    window.dialog("Acknowledge")
    window.press(Qt.Key.Key_Space)
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page._facts is not None and page._facts.results == ())


def test_a_corrected_result_comes_back_with_what_it_replaced(rooms: Rooms, window: Window) -> None:
    page = day_of(window)
    patient = rooms.patient()
    order, result, release = rooms.released(patient, "5.6")
    rooms.do(lab.acknowledge, release, "noted")
    fixed = rooms.do(lab.correct_result, result, Decimal("4.6"), "wrong tube", who=rooms.verifier)
    rooms.do(lab.verify, [fixed], who=rooms.second)
    other = rooms.third()
    rooms.do(lab.validate, [fixed], who=other)
    rooms.do(lab.release, order, who=other)
    window.until(
        lambda: page._facts is not None and [getattr(r, "corrected", None) for r in page._facts.results] == [True]
    )
    page.results.view.setFocus()
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    sheet = window.dialog("Potassium")
    lines = [line.words for row in sheet._lines for line in [sheet.table.rows.columns[1].of(row)]]
    assert any("4.6" in line and "corrected" in line for line in lines)
    assert any("5.6, replaced" in line for line in lines)
    sheet.reject()
    window.no_dialog()


def test_vitals_of_the_next_patient_by_keys(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    first, second = rooms.patient("Abrahams", "Yusuf"), rooms.patient("Okonkwo", "Amara")
    visit = rooms.arrived(first, -15)
    rooms.arrived(second)
    rooms.do(service.record_vitals, first, {"pulse": Decimal(90)})
    window = opens(rooms.nurse)
    page = window.open(Vitals(), lambda p: isinstance(p, VitalsPage) and bool(p._signs))
    assert page.patient == first and "90" in page._signs["pulse"].message.words
    page.table.view.setFocus()
    window.press(Qt.Key.Key_V)
    window.until(lambda: QApplication.focusWidget() is page._signs["systolic"].control)
    for value in ("146", "88", "78"):
        window.type(value)
        window.press(Qt.Key.Key_Tab)
    window.press(CTRL_ENTER)
    window.until(lambda: rooms.ask(queries.visit, visit).status == "triaged")
    window.until(lambda: page.patient == second)
    values = {r.code: r.value for r in rooms.rows(select(Observation.code, Observation.value))}
    assert (values["8480-6"], values["8462-4"]) == (Decimal(146), Decimal(88))


def test_vitals_asked_for_somebody_are_theirs_and_not_of_who_waits_longest(
    rooms: Rooms, opens: Callable[[Acting], Window]
) -> None:
    first, second = rooms.patient("Abrahams", "Yusuf"), rooms.patient("Okonkwo", "Amara")
    rooms.arrived(first, -15)
    rooms.arrived(second)
    window = opens(rooms.nurse)
    window.open(Vitals(second), lambda p: isinstance(p, VitalsPage) and p.patient == second and bool(p._signs))


def test_typed_vitals_survive_as_a_draft(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    patient = rooms.patient()
    rooms.arrived(patient)
    window = opens(rooms.nurse)
    page = window.open(Vitals(patient), lambda p: isinstance(p, VitalsPage) and bool(p._signs))
    page._signs["pulse"].take_focus()
    window.type("78")
    page.save_draft()
    window.close()
    again = opens(rooms.nurse)
    other = again.open(Vitals(patient), lambda p: isinstance(p, VitalsPage) and bool(p._signs))
    again.until(lambda: other._signs["pulse"].typed() == "78")


def test_half_typed_vitals_are_kept_and_told_when_another_patient_is_chosen(
    rooms: Rooms, opens: Callable[[Acting], Window]
) -> None:
    first, second = rooms.patient("Abrahams", "Yusuf"), rooms.patient("Okonkwo", "Amara")
    rooms.arrived(first, -15)
    rooms.arrived(second)
    window = opens(rooms.nurse)
    page = window.open(Vitals(first), lambda p: isinstance(p, VitalsPage) and bool(p._signs))
    said = window.workstation.window.frame.notices
    window.until(lambda: len(page._rows) == 2)
    line = {w.row.patient.patient: w.row.id for w in page._rows}

    def goes_to(patient: UUID) -> None:
        page.table.select(line[patient])
        window.until(lambda: page.patient == patient and bool(page._signs) and not page.form.isHidden())

    goes_to(second)
    assert not [m for m in said.messages if "Draft kept" in m.text], "nothing was typed"
    page._signs["pulse"].take_focus()
    window.type("78")
    goes_to(first)
    assert [m.text for m in said.messages][:1] == ["Draft kept for Okonkwo, Amara"]
    goes_to(second)
    window.until(lambda: page._signs["pulse"].typed() == "78")


def test_impossible_vitals_stay_typed(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    patient = rooms.patient()
    rooms.arrived(patient)
    window = opens(rooms.nurse)
    page = window.open(Vitals(patient), lambda p: isinstance(p, VitalsPage) and bool(p._signs))
    page._signs["systolic"].take_focus()
    window.type("120")
    window.press(CTRL_ENTER)
    window.until(lambda: bool(page._signs["diastolic"].error))
    assert page._signs["systolic"].typed() == "120"
    assert rooms.rows(select(Observation.id)) == []

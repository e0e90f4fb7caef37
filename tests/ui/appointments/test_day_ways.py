# SPDX-License-Identifier: Apache-2.0
"""The front desk's less usual ways: the strip by mouse and over two clinicians, tasks to their place, another day."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from hms_desktop.clinic.patients.queries import TaskRow
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.ui.appointments.booking_screen import BookingPage
from hms_desktop.ui.desk import Page
from hms_desktop.ui.routes import ConflictInbox, PatientRecord
from hms_desktop.ui.widgets.form_dialog import FormDialog
from tests.ui.appointments.test_day_screen import Day, day
from tests.ui.reception import KEYS

__all__ = ["day"]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def spoken_at(day: Day, point: QPoint) -> str:
    """What the strip says under the pointer."""
    strip = day.page.strip
    QToolTip.showText(QPoint(), "")
    QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, point, strip.mapToGlobal(point)))
    return QToolTip.text()


def test_the_strip_is_read_and_taken_with_the_mouse(day: Day) -> None:
    strip = day.page.strip
    taken: list[object] = []
    strip.booked.connect(taken.append)
    row = strip.height() * 2 // 3
    along = [QPoint(x, row) for x in range(0, strip.width(), 6)]
    (booked, *_more) = [point for point in along if "Okafor" in spoken_at(day, point)]
    spoken_at(day, QPoint(1, 1))
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert taken == [], "nothing stands there"
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=booked)
    assert taken == [day.bookings["chidi"]]
    day.reception.settle()
    (free, *_rest) = [point for point in along if "11:30, free" in spoken_at(day, point)]
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=free)
    day.reception.until(lambda: isinstance(day.reception.window.shown, BookingPage))


def test_up_and_down_go_to_the_same_time_of_another_clinician(day: Day) -> None:
    day.reception.hours("Khumalo")
    day.page.refresh()
    day.reception.settle()
    strip = day.page.strip
    strip.setFocus()
    day.reception.key(KEYS.Key_Right)
    before = strip.block
    day.reception.key(KEYS.Key_Down)
    assert strip.block is not before and strip.block is not None and before is not None
    assert strip.block.slot.time.clock == before.slot.time.clock
    day.reception.key(KEYS.Key_Down)
    assert strip.block.slot.time.clock == before.slot.time.clock, "there is no third clinician"
    day.reception.key(KEYS.Key_Up)
    assert strip.block is before
    day.reception.key(KEYS.Key_Home)
    assert strip.block is before, "a key that means nothing here does nothing"


def task(day: Day, **facts: object) -> TaskRow:
    """A task of the desk as its list shows it."""
    made = day.reception.do(partial(give_task, title="Look", role="receptionist", **facts))  # type: ignore[arg-type]
    day.reception.until(lambda: day.page._facts and any(row.id == made for row in day.page._facts.tasks))
    assert day.page._facts is not None
    return next(row for row in day.page._facts.tasks if row.id == made)


def test_a_task_leads_to_what_it_is_about(day: Day) -> None:
    routes, amara = day.reception.workstation.desk.routes, day.people["amara"]
    if not routes.knows(ConflictInbox):
        routes.register(ConflictInbox, lambda desk, _route: Page(desk))
    here = routes.current
    nobody, other = task(day), task(day, patient=amara)
    alike = task(day, patient=amara, kind="review_look_alike", subject=day.people["adaeze"], subject_table="patient")
    acts = day.page.acts
    acts.open_task(nobody)
    assert routes.current == here, "it is about nobody"
    acts.open_task(other)
    assert routes.current == PatientRecord(amara)
    routes.back()
    day.reception.settle()
    acts = day.reception.window.shown.acts  # type: ignore[union-attr]
    acts.open_task(alike)
    day.reception.until(lambda: routes.current in (PatientRecord(amara),) or isinstance(routes.current, ConflictInbox))


def test_a_booking_of_another_day_is_asked_about_before_it_is_checked_in(day: Day) -> None:
    day.page.table.view.setFocus()
    day.reception.clock.ms -= 24 * 3_600_000
    day.choose("chidi")
    day.reception.key(KEYS.Key_F2)
    dialog = day.reception.dialog(FormDialog)
    assert day.row("chidi").status != "checked-in"
    dialog.reject()


def test_without_a_line_no_act_of_a_line_does_anything(day: Day) -> None:
    day.page.table.view.setFocus()
    day.reception.key(KEYS.Key_BracketRight)
    day.reception.until(lambda: not day.page._lines())
    day.page.acts.main()
    day.page.acts.check_in()
    assert day.reception.dialogs(FormDialog) == [] and day.reception.error() == ""

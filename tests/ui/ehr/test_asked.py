# SPDX-License-Identifier: Apache-2.0
"""An act is done as it was asked: for that patient, with those words, whatever is chosen or written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import Qt
from shiboken6 import isValid

from hms_desktop.clinic.ehr import service
from hms_desktop.ui.ehr.my_day_screen import MyDayPage
from hms_desktop.ui.routes import MyDay
from tests.ui.ehr.charts import in_note, opened, written
from tests.ui.ehr.rooms import CTRL_ENTER, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
Key = Qt.Key


@contextmanager
def busy_writer(window: Window) -> Iterator[None]:
    """The writer of this desk is slow: what is asked meanwhile is done only when this ends."""
    free = Event()
    window.workstation.desk.tasks.write(free.wait)
    try:
        yield
    finally:
        free.set()


def test_words_typed_after_saving_are_kept_when_the_chart_is_left_at_once(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page: Any = opened(window, patient)
    in_note(window, page)
    window.type("Ankle swelling.")
    with busy_writer(window):
        page.acts.save()
        page.summary.note.form.sections["symptoms"].type_in("Ankle swelling. Fever.")
        page.save_draft()
        window.open(MyDay(), lambda p: isinstance(p, MyDayPage))
        window.until(lambda: not isValid(page))
    window.until(lambda: written(rooms, visit).texts["symptoms"] == "Ankle swelling.")
    again: Any = opened(window, patient)
    form = again.summary.note.form
    window.until(lambda: form.sections["symptoms"].typed() == "Ankle swelling. Fever.")
    assert not form.unsettled and form.touched, "own words don't meet own words as a colleague's"


def test_words_that_came_after_the_question_are_not_signed(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page: Any = opened(window, patient)
    in_note(window, page)
    window.type("No headache.")
    window.press(CTRL_ENTER)
    window.dialog("Sign note of")
    rooms.do(service.write_note, visit, {"plan": "Bloods."}, who=rooms.nurse)
    form = page.summary.note.form
    window.until(lambda: bool(form.sections["plan"].typed() == "Bloods."))
    window.press(Key.Key_Tab, Key.Key_Space)
    frame: Any = window.workstation.window.frame
    window.until(lambda: frame.error.isVisible())
    assert written(rooms, visit).status == "preliminary" and not form.unsettled
    window.no_dialog()
    page.acts.ask_sign()
    window.dialog("Sign note of")
    window.press(Key.Key_Tab, Key.Key_Space)
    window.until(lambda: written(rooms, visit).status == "final")
    assert written(rooms, visit).texts["plan"] == "Bloods."

# SPDX-License-Identifier: Apache-2.0
"""An act is done as it was asked: for that patient, with those words, whatever is chosen or written meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from shiboken6 import isValid

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.queries_medicines import medicine
from hms_desktop.storage.acting import Acting
from hms_desktop.ui.ehr.my_day_screen import MyDayPage
from hms_desktop.ui.ehr.stopping import HOLD, REVOKE, STOP, stop_key
from hms_desktop.ui.ehr.vitals_screen import VitalsPage
from hms_desktop.ui.routes import MyDay, PatientChart, Vitals
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


def half_recorded(window: Window, first: UUID, second: UUID, sign: str, value: str) -> VitalsPage:
    """Vital signs of the first are being recorded when the second is chosen, who then gets some typed.

    The second's are asked for once the look at them is written down, which is after what was asked before.
    """
    page = window.open(Vitals(first), lambda p: isinstance(p, VitalsPage) and p.patient == first and bool(p._signs))
    assert isinstance(page, VitalsPage)
    page._signs[sign].take_focus()
    window.type(value)
    with busy_writer(window):
        page.form.finish()
        chosen = next(row.row.id for row in page._rows if row.row.patient.patient == second)
        before = page.form
        page.table.select(chosen)
        assert page.patient == second and page.form is before and page.form.isHidden(), "no look is shown unwritten"
    window.until(lambda: page.patient == second and page.form is not before)
    page._signs["pulse"].take_focus()
    window.type("66")
    page.save_draft()
    return page


def test_vital_signs_are_theirs_whose_they_were_when_recorded(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    first, second = rooms.patient(), rooms.patient("Dlamini", "Sizwe")
    visits = [rooms.arrived(first), rooms.arrived(second, 5)]
    window = opens(rooms.nurse)
    told: list[str] = []
    window.workstation.desk.toast = lambda words, *_undo: told.append(words)  # type: ignore[method-assign]
    page = half_recorded(window, first, second, "pulse", "72")
    window.until(lambda: "Vital signs of Okonkwo, Amara recorded" in told)
    window.until(lambda: not page.keep.busy)
    assert page.patient == second and page._signs["pulse"].typed() == "66"
    assert kept(window, visits[0]) is None and kept(window, visits[1]) == {"pulse": "66"}


def test_refused_vital_signs_of_who_is_no_longer_shown_are_named_and_kept(
    rooms: Rooms, opens: Callable[[Acting], Window]
) -> None:
    first, second = rooms.patient(), rooms.patient("Dlamini", "Sizwe")
    visits = [rooms.arrived(first), rooms.arrived(second, 5)]
    window = opens(rooms.nurse)
    page = half_recorded(window, first, second, "systolic", "120")
    frame: Any = window.workstation.window.frame
    window.until(lambda: frame.error.isVisible())
    assert page.wrong.isHidden() and not page._signs["diastolic"].error
    assert kept(window, visits[0]) == {"systolic": "120"}


def kept(window: Window, visit: UUID) -> dict[str, Any] | None:
    """The vital signs of a visit that are kept as a draft."""
    found: list[dict[str, Any] | None] = []
    window.workstation.drafts.load(f"vitals:{visit.hex}", found.append)
    window.until(lambda: bool(found))
    return found[0]


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


def test_a_refused_stop_is_taken_up_with_its_reason(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    drug = rooms.prescribed(patient, "amlodipine", "5 mg", "5")
    order = rooms.ordered(patient)
    held, stopped, revoked = (stop_key(kind, 7, id) for kind, id in ((HOLD, drug), (STOP, drug), (REVOKE, order)))
    for key, title in ((held, "Hold amLODIPine?"), (stopped, "Stop amLODIPine?"), (revoked, "Cancel ")):
        window.workstation.drafts.save(key, {"reason": "Cough"}, title)
        window.workstation.desk.routes.open(PatientChart(patient, draft=key))
        form = window.dialog(title)
        window.until(lambda form=form: form.form.fields["reason"].typed() == "Cough")
        form.form.finish()
        window.no_dialog()
    window.until(lambda: rooms.ask(queries.order, order).status == "revoked")
    assert rooms.ask(medicine, drug).stop_reason == "Cough" and rooms.ask(medicine, drug).status == "stopped"


def test_refused_changes_of_a_chart_are_taken_up_as_they_were_filled_in(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    drug = rooms.prescribed(patient, "amlodipine", "5 mg", "5")
    problem = rooms.do(service.record_problem, patient, "Gout")
    visit = rooms.arrived(patient)
    rooms.do(service.write_note, visit, {"plan": "Reduce the dose."})
    rooms.do(service.sign_visit, visit, written(rooms, visit).digest)
    note = written(rooms, visit).id
    unit = {"key": "mg", "words": "mg"}
    over = {"state": "resolved/confirmed", "reason": "No attack for years"}
    for key, title, typed in (
        (f"dose:7:prescription:{drug.hex}", "Change the dose", {"dose": "10", "dose_unit": unit, "why": "Still high"}),
        (f"problem-state:7:condition:{problem.hex}", "Gout", over),
        (f"addendum:7:note:{note.hex}", "Add to the signed note", {"text": "Called the patient."}),
        (f"mark:7:prescription:{drug.hex}", "Was amLODIPine entered in error?", {"reason": "Other patient"}),
        (f"mark:8:encounter:{visit.hex}", "Was this visit entered in error?", {"reason": "Other patient"}),
    ):
        window.workstation.drafts.save(key, typed, title)
        window.workstation.desk.routes.open(PatientChart(patient, draft=key))
        form = window.dialog(title)
        window.until(lambda form=form, typed=typed: typed.items() <= form.form.typed().items())
        form.form.finish()
        window.no_dialog()
    assert (rooms.ask(medicine, drug).dose_line[:5], rooms.ask(medicine, drug).status) == ("10 mg", "entered-in-error")
    assert [words.text for words in written(rooms, visit).addenda] == ["Called the patient."]
    found = rooms.ask(queries.problems, patient, live=False)
    assert [(row.clinical_status, row.reason) for row in found] == [("resolved", "No attack for years")]
    assert rooms.ask(queries.visit, visit).status == "entered-in-error"
    window.workstation.desk.routes.open(PatientChart(patient, draft=f"mark:9:note:{uuid4().hex}"))
    frame: Any = window.workstation.window.frame
    window.until(frame.error.isVisible)

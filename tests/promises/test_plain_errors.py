# SPDX-License-Identifier: Apache-2.0
"""A failure planted under every screen: what stands there then names the thing and the remedy, and stays."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from sqlalchemy.exc import OperationalError

from hms_desktop.clinic.ehr.service_visits import open_visit
from hms_desktop.core.errors import Refused
from hms_desktop.ui import routes
from hms_desktop.ui.shell.toast_box import ToastBox
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form import Form
from installer.day import hands
from tests.promises.conftest import CutOff
from tests.promises.places import every_place, settled
from tests.promises.seats import Seat, words_of
from tests.promises.whole_visit import Visit

pytestmark = pytest.mark.prints("the log notes each planted fault, by code and place")
RULE = "Batch A12 is on hold at Fridge 2: release it or pick another"


def sql(words: str) -> OperationalError:
    """What the database under the store says."""
    return OperationalError("insert", {}, sqlite3.OperationalError(words))


FAILURES: dict[str, tuple[Callable[[], Exception], str]] = {
    "rule": (lambda: Refused(RULE), RULE),
    "disk": (lambda: sql("database or disk is full"), "The disk is full. Nothing was saved just now; free some space"),
    "locked": (lambda: sql("database is locked"), "Another program is using the local store. Close it, then save"),
    "read-only": (lambda: OSError(errno.EROFS, "no writing"), "The disk of this computer is read-only"),
    "fault": (lambda: RuntimeError("row 7 of OKONKWO"), "give support the code"),
}
"""A kind of failure: what is raised inside the action, and what a person reads."""


class Planted:
    """Stands before the store: every action fails inside its transaction, as it would by itself."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.kind = ""
        self.failed = 0

    def act(self, action: Any) -> Any:
        """Fail, in the store's own transaction, or pass on."""
        return self._store.act(partial(self._fail, self.kind, action) if self.kind else action)

    def _fail(self, kind: str, action: Any, unit: Any) -> Any:
        action(unit)
        self.failed += 1
        raise FAILURES[kind][0]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def planted(cut_off: CutOff, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    """A store whose actions fail when a kind is set."""
    tasks = cut_off.seat.workstation.tasks
    plant = Planted(tasks._store)
    monkeypatch.setattr(tasks, "_store", plant)
    yield plant
    put_away(cut_off.seat)


def put_away(seat: Seat) -> None:
    """Close what stands over the window."""
    while isinstance(over := QApplication.activeModalWidget(), QDialog):
        over.reject()
        hands.breathe()
    popup: QWidget | None = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    seat.window.frame.error.dismiss()


def stands(seat: Seat, kind: str) -> bool:
    """Whether the sentence stands in the window or the sheet over it, and not in a toast."""
    over = QApplication.activeModalWidget()
    said = words_of(seat.window) + (words_of(over) if over is not None else "")
    said += seat.window.frame.error.accessibleDescription() if seat.window.frame.error.isVisible() else ""
    toasts = [toast for toast in seat.window.findChildren(ToastBox) if toast.isVisible()]
    in_toast = any(FAILURES[kind][1] in words_of(toast) + toast.accessibleName() for toast in toasts)
    return FAILURES[kind][1] in said and "OKONKWO”" not in said and not in_toast


def each_kind(seat: Seat, visit: Visit) -> list[routes.Route]:
    """One place of each kind, those of the patient rather than the empty ones."""
    return list({type(place): place for place in every_place(seat, visit)}.values())


def acts_of(page: Any) -> list[Any]:
    """The acts of a screen that can be done now."""
    offered = page.keys()
    return [key for key in offered if key.enabled is None or key.enabled()]


def tried(seat: Seat, planted: Planted, place: Any, number: int) -> str:
    """Open a place, do one of its acts while everything fails; what is wrong, or nothing."""
    kind = list(FAILURES)[number % len(FAILURES)]
    planted.kind, planted.failed = "", 0
    page: Any = seat.sit_down().window.shown
    if number == 0 or seat.workstation.desk.routes.current != place:
        page = settled(seat, place)
    acts = acts_of(page)
    if number >= len(acts):
        return "done"
    planted.kind, planted.failed = kind, 0  # what fell late, for a screen that is left, does not count here
    acts[number].act()
    seat.rests()
    over = QApplication.activeModalWidget()
    if isinstance(over, Confirm):
        over.go.click()
        seat.rests()
    planted.kind = ""
    if planted.failed:
        try:
            hands.until(partial(stands, seat, kind), f"{place}, {acts[number].text}: {kind} is told")
        except hands.Stuck as stuck:
            return str(stuck)
    return ""


@pytest.mark.accepts("X-17")
def test_a_screen_that_cannot_open_says_so(cut_off: CutOff, planted: Planted) -> None:
    seat, quiet, fell = cut_off.seat, [], 0
    chart = routes.PatientChart(cut_off.visit.patient)
    places = [(place, kind) for place, kind in zip(each_kind(seat, cut_off.visit), cycle(FAILURES), strict=False)]
    for place, kind in [*places, *((chart, kind) for kind in FAILURES)]:
        planted.kind, planted.failed = "", 0
        seat.goes_to(routes.MessageList())
        planted.kind = kind
        settled(seat, place)
        planted.kind = ""
        fell += planted.failed
        if planted.failed and not stands(seat, kind):
            quiet.append(place)
        put_away(seat)
    assert fell >= 5
    assert not quiet, "\n".join(map(str, quiet))


@pytest.mark.hazard("H48")
@pytest.mark.accepts("X-17")
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_every_act_of_every_screen_that_fails_says_so(cut_off: CutOff, planted: Planted) -> None:
    seat, quiet, fell = cut_off.seat, [], 0
    for place in each_kind(seat, cut_off.visit):
        for number in range(40):
            wrong = tried(seat, planted, place, number)
            put_away(seat)
            fell += planted.failed
            if wrong == "done":
                break
            if wrong:
                quiet.append(wrong)
    assert fell >= 5
    assert not quiet, "\n".join(map(str, quiet))


FORMS: dict[str, Callable[[Any], Any]] = {"systolic": routes.Vitals, "reason": routes.BookAppointment}


@pytest.mark.hazard("H48")
@pytest.mark.accepts("X-17")
@pytest.mark.parametrize("kind", list(FAILURES))
@pytest.mark.parametrize("name", list(FORMS))
def test_nothing_typed_is_lost_when_saving_fails(cut_off: CutOff, planted: Planted, name: str, kind: str) -> None:
    seat, patient = cut_off.seat, cut_off.visit.other
    seat.do(partial(open_visit, patient=patient))
    page: Any = settled(seat, FORMS[name](patient))
    hands.until(lambda: page.patient is not None, "a patient is on the screen")
    form = next(form for form in page.findChildren(Form) if name in form.fields and form.isVisible())
    form.clear() if name == "systolic" else form.fields[name].start_over()
    form.fields[name].take_focus()
    hands.type_text("118")
    if name == "systolic":
        form.fields["diastolic"].take_focus()
        hands.type_text("74")
    planted.kind = kind
    form.finish()
    hands.until(lambda: stands(seat, kind), f"{kind} is told")
    planted.kind = ""
    assert "118" in str(form.fields[name].typed())
    assert seat.window.shown is page
    form.clear()

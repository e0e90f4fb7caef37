# SPDX-License-Identifier: Apache-2.0
"""Every form, question and sheet over the windows: the place it opens at, and the keys that open it.

A way is keys and names of buttons, one after another with ` > ` between; a way that is a function stands for a form
that is asked only in a state of affairs which this clinic is not in: it makes the call that its key makes then.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

import hms_desktop
from hms_desktop.clinic.appointments import service as booking
from hms_desktop.clinic.appointments.queries_slots import slots_on
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.queries_stays import wards
from hms_desktop.clinic.ehr.service_stays import admit
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.service import give_task, take_task
from hms_desktop.storage.reader import Reader
from hms_desktop.ui import routes
from hms_desktop.ui.routes import Route
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form_dialog import FormDialog
from installer.day import hands
from tests.promises import rare_doors as rare
from tests.promises.conftest import throw_away
from tests.promises.places import press_on
from tests.promises.seats import Seat
from tests.promises.whole_visit import Visit

Way = str | Callable[[Any], object]
UI = Path(hms_desktop.__file__).parent / "ui"
MAKERS = {"FormDialog", "Confirm", "ask_first"}
"""What makes a form or a question; each line that calls one of them makes another form."""
KEY = re.compile(r"F\d+|Del|Return|Esc|\S|Home|End|(Ctrl|Alt)\+.+")


def more_life(seat: Seat, visit: Visit) -> routes.DayView:
    """What the walk needs besides the visit: tasks, a problem, and a second patient who is booked, tested and lies.

    Returns the day of that booking.
    """
    patient, other = visit.patient, visit.other
    seat.do(partial(give_task, title="Call about the result", role="nurse", patient=patient))
    seat.do(partial(take_task, task=seat.do(partial(give_task, title="Weigh again", role="nurse", patient=patient))))
    seat.do(lambda unit: ehr.record_problem(unit, patient, "Asthma"))
    seat.do(partial(billing.add_item, patient=other, code="MED-AMX500", quantity=Decimal(1)))
    booked = booked_some_day(seat, other, reason="Cough")
    test = next(test for test in seat.ask(orderable) if test.code == "K")
    order = partial(ehr.draft_order, category="laboratory", code="K", display=test.display, definition=test.id)
    drafted = seat.do(lambda unit: order(unit, other, priority="urgent"))
    seat.do(lambda unit: ehr.place_order(unit, drafted))
    ward, _name = seat.ask(wards)[0]
    seat.do(partial(admit, patient=other, place=ward, bed="4"))
    return booked


def booked_some_day(seat: Seat, patient: UUID, **more: str) -> routes.DayView:
    """A patient is booked into the next free slot after today, which nobody was lent; the day and the booking."""

    def free(reader: Reader) -> tuple[UUID, datetime, date]:
        today = reader.now.astimezone(reader.clinic.zone).date()
        days = (today + timedelta(days=n) for n in range(1, 8))
        slot, day = next((slot, day) for day in days for slot in slots_on(reader, day) if slot.use.free)
        return slot.session.id, slot.time.starts, day

    session, starts, day = seat.ask(free)
    book = partial(booking.book, patient=patient, session=session, starts=starts, **more)
    return routes.DayView(day, seat.do(book))


def ways_in(visit: Visit, booked: Route) -> list[tuple[Route, tuple[Way, ...]]]:
    """Places and the ways from each to what opens over it."""
    patient, other = visit.patient, visit.other
    chart = partial(routes.PatientChart, patient)
    return [
        (routes.PatientRecord(patient), (
            "E", "L", "D", "U", "Add contact", "Correct +27", "End +27", "Add identifier", "End A09", "Add cover",
            "Correct Umoya", "End Umoya", "Add flag", "Ctrl+2 > New task", "Ctrl+2 > @Tasks > Not needed",
            "Ctrl+2 > @Tasks > =Weigh again > Take or",
            "Restrict", rare.no_death, rare.unlink, rare.lift, rare.glass, "?",
        )),
        (routes.RegisterPatient(), (rare.leave_unfinished,)),
        (routes.DayView(), ("W", "Ctrl+P")),
        (booked, ("M", "C", "X", "F2", rare.second_identifier, rare.check_in_elsewhere)),
        (routes.Ward(patient), ("",)),
        (routes.Ward(other), ("M", "D", "Del")),
        (routes.LabWorklist(), ("@Bench worklist > =Naidoo > N",)),
        (routes.LabWorklist(visit.specimen), (
            "E", "L", "R", "Ctrl+P", rare.label_check, rare.lab_mistake, rare.although_revoked, rare.release,
        )),
        (routes.PharmacyQueue(visit.prescription), (
            "S", "H", "B", "Ctrl+P", rare.go_on, rare.go_on_in_spite, rare.batch_reason, rare.override, rare.witness,
            rare.counter_allergy, rare.could_not, rare.hand_over,
        )),
        (routes.BillingDesk(visit.invoice), ("C", "Ctrl+P", rare.close_drawer, rare.take_over, rare.void_receipt)),
        (routes.BillingDesk(patient=other), ("A", "D", "I", "Del", rare.take)),
        (routes.StaffList(), ("H", "N", "R", "O", "Add place", "@Weekly hours > End hours", "@Weekly hours > Return")),
        (routes.StockList(), (
            "Ctrl+H", "R", "C", "M", "I", "T", "P", "U", "H", "W", rare.expired, rare.expired_controlled, rare.counted,
        )),
        (routes.ControlledRegister(), ("K", rare.let_go_of_register)),
        (chart("summary"), ("V", "A", "A > Record an allergy", "A > Describe", "A > Rule out",
            "O", "R", "P", "D", "Add to the note",
            rare.problem,
            rare.critical,
                            rare.template, rare.sign, rare.cosign, rare.let_go)),
        (chart("results"), ("Return", "Return > Acknowledge")),
        (chart("medicines"), ("Return", "H", "X")),
        (routes.Privacy(), (rare.review_glass,)),
        (routes.Privacy("looks"), (rare.settle_look, rare.own_record)),
        (routes.Privacy("access"), ("O",)),
        (routes.Privacy("requests"), ("N", rare.grant, rare.deny, rare.extend, rare.taken_back, rare.disagree)),
        (routes.Privacy("disclosures"), ("N", "Ctrl+P")),
        (routes.EmergencyReading(), (rare.emergency_note,)),
        (routes.ConflictInbox(), (rare.conflict_task, rare.link_charts, rare.settle_alike)),
        (routes.YourAccount(), (
            "P", "A", "K", "C", rare.remove_app, rare.remove_key, rare.codes_sheet, rare.permit,
            rare.factor, rare.no_factor,
        )),
        (routes.SyncDetails(), (rare.put_away, rare.written)), (routes.SettingsPage(), ("Add a label printer",)),
    ]  # fmt: skip


def go_in(seat: Seat, way: Way) -> Any:
    """Go one way; returns what is open now, standing still, with the keyboard in it."""
    if isinstance(way, str):
        for step in filter(None, way.split(" > ")):
            _step(seat, step)
    else:
        way(seat.window.shown)
    hands.until(lambda: QApplication.activeModalWidget() is not None, f"{way} opens")
    seat.rests()
    shown = QApplication.activeModalWidget()
    assert shown is not None, f"{way} is gone again"
    hands.put_in_front(shown)
    return shown


def _step(seat: Seat, step: str) -> None:
    """`@List` goes to a list, `=words` to its row; a key is pressed; anything else is a button's name."""
    if step.startswith("@"):
        hands.to_list(step[1:])
    elif step.startswith("="):
        hands.row_of(step[1:])
    elif KEY.fullmatch(step):
        hands.press(step)
    else:
        press_on(QApplication.activeModalWidget() or seat.window, step)
    seat.rests()


def go_out(seat: Seat) -> None:
    """Escape leaves everything that is open, one after another."""
    while (shown := QApplication.activeModalWidget()) is not None:
        hands.put_in_front(shown)
        hands.press("Esc")
        hands.until(lambda shown=shown: QApplication.activeModalWidget() is not shown, "Escape closes it")  # type: ignore[misc]
    seat.sit_down()
    if seat.window.shown.has_unsaved():
        throw_away(seat)


def kinds_of_dialog() -> set[type[QDialog]]:
    """Every kind of window over a window that the product has."""
    found, kinds = set(), [QDialog]
    while kinds:
        new = kinds.pop().__subclasses__()
        kinds += new
        found |= {kind for kind in new if kind.__module__.startswith("hms_desktop.")}
    return found


def forms() -> set[tuple[str, int]]:
    """File and line of every call that makes a form or a question."""
    found = set()
    for file in UI.rglob("*.py"):
        if file.name in ("form_dialog.py", "confirm.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                found.add((str(file), node.lineno))
    return found


@contextmanager
def watched(met: set[tuple[str, int]]) -> Iterator[None]:
    """Note in `met` the lines that made forms and questions meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in (FormDialog, Confirm):
            patch.setattr(kind, "__init__", _noting(kind.__init__, met))
        yield


def _noting(make: Callable[..., None], met: set[tuple[str, int]]) -> Callable[..., None]:
    def noting(self: QWidget, *args: Any, **named: Any) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            met.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        make(self, *args, **named)

    return noting

# SPDX-License-Identifier: Apache-2.0
"""Every window tells the true state of sync, and stays live while thousands of changes arrive."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication
from sqlalchemy import func, select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.staff.service import add_place
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.runner import LineState
from hms_desktop.ui.routes import PatientRecord, PatientSearch, RegisterPatient, SyncDetails
from hms_desktop.ui.shell.beside_window import BesideWindow
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Fact
from installer.day import hands
from sync_server.people import NewPerson, add_person
from tests.pace import slowness
from tests.promises.commands import ask
from tests.promises.seats import Seat, ServedClinic, served, words_of
from tests.server.process import PASSWORD

WAITING = re.compile(r"(\d+) changes? waiting")
MANY, EACH = 4000, 200
FIRST_SECONDS = 3.0  # of work, on the computer of tests.pace


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[ServedClinic]:
    """One workstation that may do everything, and two people."""
    with served(tmp_path, qapp) as made:
        for login in ("zanele", "thandi"):
            made.person(login, "receptionist", "manager")
        made.server.start()
        made.station("desk", "all", "zanele")
        yield made


def someone(family: str) -> Any:
    """A registration to run."""
    return partial(register, written=Registration(family=family, given="Sipho", sex="male", born="1990"))


def waiting(bar: Any) -> int:
    """How many changes a status bar says are waiting."""
    found = WAITING.fullmatch(bar.parts["waiting"].words)
    assert found, bar.parts["waiting"].words
    return int(found[1])


@pytest.mark.accepts("X-07")
def test_one_true_indicator_on_every_window(clinic: ServedClinic) -> None:
    seat = clinic.sit("desk", "zanele")
    seat.in_step()
    first = seat.do(someone("Before"))
    seat.in_step()
    seat.workstation.desk.routes.open(PatientRecord(first), beside=True)
    beside = next(w for w in QApplication.topLevelWidgets() if isinstance(w, BesideWindow) and w.isVisible())
    seat.rests()
    seat.in_step()
    bars = (seat.window.frame.status, beside.status)
    watch = Watch(seat, bars)
    clinic.server.kill()
    seat.offline()
    clinic.server.command("people", "end", "zanele")
    assert all(re.fullmatch(r"Offline since \d\d:\d\d", bar.parts["network"].words) for bar in bars)
    for number in range(3):
        seat.do(someone(f"Kept{number}"))
        assert [waiting(bar) for bar in bars] == [number + 1] * 2, "it is counted before the form says saved"
    seat.do(partial(add_place, name="Room 9", kind="room"))
    assert [waiting(bar) for bar in bars] == [4, 4], "both windows count what waits"
    beside.status.parts["waiting"].click()
    page = details(seat)
    for words in ("Patients", "3 changes", "Staff", "1 change", "Last sent", "Last received", "can't be reached"):
        assert words in page, (words, page)
    clinic.server.start()
    hands.until(lambda: seat.says("held_back") == "4 need attention", "what is refused is told")
    assert [bar.parts["held_back"].words for bar in bars] == ["4 need attention"] * 2
    seat.in_step()
    assert watch.network[-1] == "Online"
    assert "Syncing 0 of 4" in watch.network, "how much is on its way is told while it is on its way"
    seat.goes_to(PatientSearch())
    beside.status.parts["held_back"].click()
    page = details(seat)
    assert "Who did this is not, or no longer, among the clinic's people" in page
    assert "Patients: patient record, change" in page and "Staff: record, change" in page
    mend = next(b for b in seat.window.shown.findChildren(Button) if b.isVisible() and b.words == "Mend")
    mend.click()
    seat.shows(RegisterPatient)
    shown = seat.window.shown
    refilled = lambda: shown.form is not None and shown.form.written().family == "Kept0"  # noqa: E731
    hands.until(refilled, "what was refused is one click away, in its form again")
    shown.form.settle()
    watch.stop()
    assert watch.lies == []
    clinic.server.kill()
    seat.offline()
    beside.close()
    remembered(clinic, seat)


def remembered(clinic: ServedClinic, seat: Seat) -> None:
    """Who signs in next, without the line, is told when the server was last heard."""
    seat.goes_to(SyncDetails())
    contact = last_contact(seat)
    clinic.rise()
    seat = clinic.sit("desk", "thandi")
    since = max(contact.values())
    hands.until(lambda: seat.says("network") != "Connecting", "the first try has failed")
    assert seat.says("network") == f"Offline since {since}", "since the last that was heard, not since the sign-in"
    seat.goes_to(SyncDetails())
    assert last_contact(seat) == contact


def last_contact(seat: Seat) -> dict[str, str]:
    """When was last sent and received, as the details say."""
    details(seat)
    said = {fact.label.text(): fact.value.text() for fact in seat.window.shown.findChildren(Fact) if fact.isVisible()}
    return {label: said[label] for label in ("Last sent", "Last received")}


def details(seat: Seat) -> str:
    """What the sync details say, once they stand still."""
    seat.shows(SyncDetails)
    seat.rests()
    return words_of(seat.window.shown)


class Watch(QObject):
    """Looks at every window at each word of the engine and at each turn of the event loop: none may say anything else.

    A word of the engine reaches the windows and then this watch, in one order, however late.
    """

    _told = Signal(object)

    def __init__(self, seat: Seat, bars: tuple[Any, ...]) -> None:
        super().__init__()
        self.lies: list[str] = []
        self.network: list[str] = []
        seat.window.feed.shown.connect(lambda _facts: self.network.append(seat.says("network")))
        self._bars, self._over = bars, False
        self._told.connect(self._compare, Qt.ConnectionType.QueuedConnection)
        seat.workstation.bench.runner.on_state(lambda state: None if self._over else self._told.emit(state))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(5)

    def stop(self) -> None:
        """Enough."""
        self._over = True
        self._timer.stop()

    def _look(self) -> None:
        shown = [part.words for bar in self._bars for part in bar.parts.values()]
        self.lies += [words for words in shown if "synced" in words.casefold()]

    @Slot(object)
    def _compare(self, state: LineState) -> None:
        told = [bar.parts["waiting"].words for bar in self._bars if waiting(bar) != state.waiting]
        self.lies += [f"{state.waiting} unsent, {words}" for words in told]


@pytest.mark.accepts("SYN-17")
def test_the_window_stays_live_while_thousands_of_changes_arrive(clinic: ServedClinic, figure: Any) -> None:
    add_person(clinic.server.home, NewPerson("lindiwe", "Lindiwe", ("receptionist",), PASSWORD))
    ask(clinic.folder / "desk", "zanele", "sync")
    clinic.server.kill()
    begun = time.process_time()
    seat = clinic.sit("desk", "lindiwe")
    seat.goes_to(PatientSearch())
    hands.type_text("Sip")
    first = (time.process_time() - begun) / slowness()
    figure("sign-in to first interaction, offline, processor time", first, "s")
    assert first < FIRST_SECONDS, "processor time of this process, which other processes do not lengthen"
    gc.freeze()  # a workstation does not carry a whole test run's objects
    idle = ticks(lambda count: count >= 60)
    pour(clinic)
    clinic.server.start()
    busy = ticks(lambda _count: arrived(seat) >= MANY)
    worst, usual = busy[-1], idle[len(idle) // 2]
    figure("longest turn of the event loop while changes arrive, against idle", worst / usual, "times")
    gc.unfreeze()
    assert worst < sum(busy) / 8, "the apply is not done on the window's thread"
    assert busy[int(len(busy) * 0.95)] < 12 * usual, (busy[-5:], usual)
    assert seat.says("waiting").endswith("waiting"), "nobody pressed a sync button"


def pour(clinic: ServedClinic) -> None:
    """Thousands of new rows at the server, as change sets of many rows each."""

    def make(unit: Unit) -> None:
        unit.action = "test.setup"
        for number in range(EACH):
            unit.add(Patient, family=f"F{number}", given="Sipho", name_known=True, family_key="", given_key="",
                     sound_key="", born="1990", born_estimated=False, sex="male", mrn=unit.number("MRN"),
                     temporary=False, active=True)  # fmt: skip

    for _set in range(MANY // EACH):
        clinic.setup(make)


def arrived(seat: Seat) -> int:
    """How many patients this replica holds."""
    with seat.workstation.bench.store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(Patient)).scalar_one())


def ticks(done: Callable[[int], bool]) -> list[float]:
    """Seconds between ticks of a 10 ms timer of the window's event loop, sorted, until it is done."""
    marks = [time.perf_counter()]
    timer = QTimer(interval=10)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: marks.append(time.perf_counter()))
    timer.start()
    asked = 0
    while len(marks) - asked < 10 or not done(asked := len(marks)):
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    timer.stop()
    return sorted(later - earlier for earlier, later in pairwise(marks))

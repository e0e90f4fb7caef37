# SPDX-License-Identifier: Apache-2.0
"""The courier's room: works while nobody is signed in, rests while somebody is, backs off, and what the lock says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import NotAllowed, Unavailable
from hms_desktop.ui.shell.courier_room import CourierRoom, Pace
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import CourierFacts, StationFacts, WhoIsLocked
from tests.desk import MONDAY_09_00


class Scripted:
    """Does what the script says, round by round, then nothing for ever; counts how often it was hired and let go."""

    def __init__(self, *script: Any) -> None:
        self.script, self.told = list(script), SimpleNamespace(sent=0, waiting=3, last_ms=0, wiped=False, rests=True)
        self.rounds, self.hired, self.closed = 0, 0, threading.Event()

    def hire(self) -> Scripted:
        self.hired += 1
        return self

    def round(self, _may: Callable[[], bool]) -> Any:
        self.rounds += 1
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if step:
            self.told.sent, self.told.rests = step, False
        else:
            self.told.rests = True
        return self.told

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def rooms(qapp: QApplication) -> Iterator[Callable[[Scripted], tuple[CourierRoom, list[CourierFacts]]]]:
    """Rooms for couriers, and what they tell; emptied in the end."""
    made: list[tuple[CourierRoom, Scripted]] = []

    def room(courier: Scripted) -> tuple[CourierRoom, list[CourierFacts]]:
        heard: list[CourierFacts] = []
        opened = CourierRoom(courier.hire, Pace(rest=60.0, retry=(0.001, 0.002)))
        opened.told.connect(heard.append)
        made.append((opened, courier))
        return opened, heard

    yield room
    for opened, _courier in made:
        opened.rest()


def test_it_goes_on_while_there_is_something_and_backs_off_when_nobody_answers(rooms: Any, qtbot: QtBot) -> None:
    courier = Scripted(Unavailable("gone"), NotAllowed("no", "device"), OSError("disk"), 2, 2)
    room, heard = rooms(courier)
    room.work()
    room.work()
    qtbot.waitUntil(lambda: len(heard) == 6)
    assert [facts.reachable for facts in heard] == [False, True, True, True, True, True]
    assert heard[-1] == CourierFacts(True, 2, 3, 0) and courier.hired == 1


def test_it_rests_while_somebody_is_signed_in_and_another_goes_out_after(rooms: Any, qtbot: QtBot) -> None:
    courier = Scripted()
    room, heard = rooms(courier)
    room.work()
    qtbot.waitUntil(lambda: len(heard) == 1)
    room.rest()
    room.rest()
    qtbot.waitUntil(courier.closed.is_set)
    room.work()
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert courier.hired == 2


def test_a_workstation_whose_keys_cant_be_read_is_tried_again(rooms: Any, qtbot: QtBot) -> None:
    courier = Scripted()
    hire = iter([Unavailable("no keyring")])
    real = courier.hire

    def hires() -> Scripted:
        error = next(hire, None)
        if error is not None:
            raise error
        return real()

    courier.hire = hires  # type: ignore[method-assign]
    room, heard = rooms(courier)
    room.work()
    qtbot.waitUntil(lambda: len(heard) == 1)


def words(window: Any) -> str:
    return " ".join(label.text() for label in window.findChildren(QLabel) if label.isVisibleTo(window))


def test_lock_and_sign_in_say_what_went_out(dressed: QApplication, qtbot: QtBot) -> None:
    clock = SetClock(MONDAY_09_00)
    now = clock.now_ms()
    facts = StationFacts("Riverbend Clinic", "Front desk 2", last_sync_ms=now, waiting=2)
    lock = LockWindow(facts, WhoIsLocked("Zanele Ndlovu", "z.ndlovu", now, waiting=2, last_sync_ms=now), 5, clock)
    qtbot.addWidget(lock)
    assert "2 changes waiting to sync" in words(lock) and "goes out while this computer is locked" in words(lock)
    went = StationFacts("Riverbend Clinic", "Front desk 2", last_sync_ms=now, waiting=1, sent=3)
    lock.show_facts(went)
    assert "3 changes sent, 1 waiting, last contact today" in words(lock)
    lock.show_facts(StationFacts("Riverbend Clinic", "Front desk 2"))
    assert "waiting" not in words(lock)
    window = SignInWindow(went, Look(), lambda _login: False, clock)
    qtbot.addWidget(window)
    assert "3 changes sent, 1 waiting, last contact today" in words(window)

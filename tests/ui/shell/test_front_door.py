# SPDX-License-Identifier: Apache-2.0
"""The always-there process with real session processes: sign in, lock by process end, unlock, wrong tries, a crash."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hms_desktop.commands.door import ask_session
from hms_desktop.core.clock import SystemClock
from hms_desktop.front import ProfileGate, session_command
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.memory import remembered
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from tests.security.conftest import PASSWORD
from tests.ui.shell.enrolled import LOGIN


@pytest.fixture
def door(dressed: QApplication, profile: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    """The door of an enrolled workstation, with its first session process warming up."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    door = FrontDoor(session_command(profile), ProfileGate(profile), remembered(profile), SystemClock())
    door.start()
    yield door
    door.stop()


def sign_in(door: FrontDoor, qtbot: QtBot, password: str = PASSWORD) -> None:
    """Name and password, by keyboard."""
    assert isinstance(door.window, SignInWindow)
    form = door.window.form
    if form.name.isVisibleTo(form):
        QTest.keyClicks(form.name, LOGIN)
        QTest.keyClick(form.name, Qt.Key.Key_Return)
    QTest.keyClicks(form.password, password)
    QTest.keyClick(form.password, Qt.Key.Key_Return)


def signed_in(door: FrontDoor, qtbot: QtBot) -> int:
    """Sign in and wait for the session's window; returns the session's process id."""
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: door.window is None)
    return door.session_pid


def alive(pid: int) -> bool:
    """Whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def lock_window(door: FrontDoor, qtbot: QtBot) -> LockWindow:
    """The lock, once it says that the keys are gone."""
    qtbot.waitUntil(lambda: isinstance(door.window, LockWindow))
    window = door.window
    assert isinstance(window, LockWindow)
    qtbot.waitUntil(lambda: "keys left" in words(window))
    return window


def words(window: LockWindow) -> str:
    """Everything that the lock says."""
    return " ".join(label.text() for label in window.findChildren(QLabel))


def test_locking_ends_the_process_that_holds_the_keys_and_unlocking_starts_another(
    door: FrontDoor, qtbot: QtBot, profile: Path
) -> None:
    """The `hms` command asks the open session, and nobody before it is open and once it is locked."""
    door._memory.looks[LOGIN] = Look(mode="dark", scale=1.15)
    assert ask_session(profile, "status") is None
    first = signed_in(door, qtbot)
    assert alive(first)
    answer = ask_session(profile, "status")
    assert answer is not None and answer["person"] == "Zanele Ndlovu"
    door.lock_now()
    window = lock_window(door, qtbot)
    assert not alive(first) and ask_session(profile, "status") is None
    assert remembered(profile).look(LOGIN) == Look(mode="dark", scale=1.15)
    assert "Zanele Ndlovu" in words(window) and window.windowTitle() == "Locked"
    QTest.keyClicks(window.card.password, PASSWORD)
    QTest.keyClick(window.card.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: door.window is None)
    assert alive(door.session_pid) and door.session_pid != first


def test_a_wrong_password_opens_nothing_and_five_of_them_wait(door: FrontDoor, qtbot: QtBot) -> None:
    assert isinstance(door.window, SignInWindow)
    form = door.window.form
    for left in (4, 3, 2, 1, 1):
        sign_in(door, qtbot, "not the password")
        qtbot.waitUntil(lambda n=left: f"{n} tr" in form.notice.accessibleName())  # type: ignore[misc]
        qtbot.waitUntil(form.password.isEnabled)
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: "Try again in 1 minute" in form.notice.accessibleName())
    assert not form.password.isEnabled() and isinstance(door.window, SignInWindow)


def test_a_session_that_dies_leaves_the_lock_and_the_next_ends_with_the_process_that_could_unlock_it(
    door: FrontDoor, qtbot: QtBot, profile: Path
) -> None:
    os.kill(signed_in(door, qtbot), signal.SIGKILL)
    window = lock_window(door, qtbot)
    assert "ended by itself" in words(window)
    assert remembered(profile).last_login == LOGIN
    assert PASSWORD not in (profile / "sign-in.json").read_text(encoding="utf-8")
    QTest.keyClicks(window.card.password, PASSWORD)
    QTest.keyClick(window.card.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: door.window is None)
    second = door.session_pid
    door.stop()
    assert not alive(second)

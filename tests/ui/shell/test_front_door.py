# SPDX-License-Identifier: Apache-2.0
"""The always-there process of a shared workstation with real session processes: each their own name, fast from one to
the other, locked by the end of the process that holds the keys, and what happens when one dies.

The security key is one in software that speaks like hardware, at ports that a folder stands for.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hms_desktop.commands.door import ask_session
from hms_desktop.core.clock import SystemClock
from hms_desktop.front import ProfileGate
from hms_desktop.security import sign_in
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.second_factor import sign_in_keys
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.ui.shell import front_door
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.memory import remembered
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from tests.security.conftest import CHEAP, PASSWORD
from tests.security.ports import SECURITY_KEY, Ports
from tests.security.soft_key import SoftKey
from tests.ui.shell import enrolled
from tests.ui.shell.enrolled import LOGIN

COLLEAGUE = "s.dlamini"


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """Where devices are plugged in at this computer."""
    return Ports(tmp_path / "ports")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A workstation of two people; the first has a security key."""
    folder = enrolled.enrol(tmp_path / "profile", colleague=COLLEAGUE)
    keychain, key = FileKeychain(folder), SoftKey()
    opened = enrolled.unlock(folder)
    keys = sign_in_keys(opened.profile, opened.device, lambda: [key])
    account = OwnAccount(opened, keys=keys, cost=lambda: CHEAP)
    account.add_key("Blue key", PASSWORD)
    key.save(tmp_path / "key")
    assert sign_in.asks_code(folder, LOGIN, keychain=keychain)
    return folder


@pytest.fixture
def door(dressed: QApplication, shared: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    """The always-there process of that workstation, with its first session process warming up."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    command = [sys.executable, "-m", "tests.ui.shell.keyed_session", str(shared.with_name("key"))]
    command += ["session", "--profile", str(shared)]
    door = FrontDoor(command, ProfileGate(shared), remembered(shared), SystemClock())
    door.start()
    yield door
    door.stop()


def form(door: FrontDoor) -> SignInWindow:
    assert isinstance(door.window, SignInWindow)
    return door.window


def types(door: FrontDoor, login: str, password: str = PASSWORD) -> None:
    """Name and password, by keyboard."""
    shown = form(door).form
    if shown.password.isVisibleTo(shown):
        QTest.keyClick(shown.password, Qt.Key.Key_Escape)
    QTest.keyClicks(shown.name, login)
    QTest.keyClick(shown.name, Qt.Key.Key_Return)
    QTest.keyClicks(shown.password, password)
    QTest.keyClick(shown.password, Qt.Key.Key_Return)


def at_work(door: FrontDoor, qtbot: QtBot, shared: Path) -> str:
    """Who works here once the session is open, as it answers the `hms` command."""
    qtbot.waitUntil(lambda: door.window is None)
    answers: list[str] = []

    def answered() -> bool:
        answer = ask_session(shared, "status")
        answers[:] = [str(answer["person"])] if answer else []
        return bool(answers)

    qtbot.waitUntil(answered)
    return answers[0]


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
    assert isinstance(window, LockWindow) and window.windowTitle() == "Locked"
    qtbot.waitUntil(lambda: "keys left" in words(window))
    return window


def words(window: LockWindow) -> str:
    """Everything that the lock says."""
    return " ".join(label.text() for label in window.findChildren(QLabel))


def switch(door: FrontDoor, qtbot: QtBot) -> None:
    """The computer is given to somebody else."""
    QTest.keyClick(lock_window(door, qtbot), Qt.Key.Key_F12)
    qtbot.waitUntil(lambda: isinstance(door.window, SignInWindow))


def with_her_key(door: FrontDoor) -> None:
    """Zanele signs in by her password and a touch of her key."""
    assert not form(door).form.ways.touch.isVisibleTo(form(door)), "nobody signed in here with a key yet"
    types(door, LOGIN)
    ways = form(door).form.ways
    assert ways.key.isVisibleTo(form(door)) and ways.code.isVisibleTo(form(door))
    QTest.mouseClick(ways.key, Qt.MouseButton.LeftButton)
    assert "Touch your security key" in form(door).form.notice.accessibleName()


@pytest.mark.accepts("SEC-03", "SEC-05", "SEC-13")
def test_each_has_a_name_of_their_own_and_switches_by_password_or_by_a_touch_and_never_by_a_pin(
    door: FrontDoor, qtbot: QtBot, shared: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    door._memory.looks[LOGIN] = dark = Look(mode="dark", scale=1.15)
    key = ports.plug_in(SECURITY_KEY)
    assert ask_session(shared, "status") is None
    with_her_key(door)
    assert at_work(door, qtbot, shared) == "Zanele Ndlovu"
    assert remembered(shared).last_login == LOGIN
    first = door.session_pid
    ports.pull(key)
    assert "Zanele Ndlovu" in words(lock_window(door, qtbot)), "she took her key along"
    assert not alive(first) and ask_session(shared, "status") is None and not door.holds_keys()
    assert remembered(shared).look(LOGIN) == dark
    switch(door, qtbot)

    types(door, COLLEAGUE)
    assert at_work(door, qtbot, shared) == "S.Dlamini"
    second = door.session_pid
    door.lock_now()
    window = lock_window(door, qtbot)
    assert not alive(second)
    QTest.keyClicks(window.card.password, PASSWORD)
    QTest.keyClick(window.card.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: door.window is None)
    third = door.session_pid
    assert alive(third) and third not in (first, second) and door.holds_keys()
    os.kill(third, signal.SIGSTOP)
    monkeypatch.setattr(front_door, "UNHEARD_MS", 1)
    door.lock_now()
    assert "ended by itself" in words(lock_window(door, qtbot)), "one that does not hear is killed"
    assert not alive(third)
    switch(door, qtbot)

    touch = form(door).form.ways.touch
    assert touch.isVisibleTo(form(door))
    QTest.mouseClick(touch, Qt.MouseButton.LeftButton)
    assert at_work(door, qtbot, shared) == "Zanele Ndlovu", "by the touch of her own key alone"
    last = door.session_pid
    door.stop()
    assert not alive(last), "a session ends with the process that could unlock it"
    kept = b"".join(file.read_bytes() for file in shared.iterdir() if file.is_file() and file.suffix != ".db")
    assert b"pin" not in kept.lower().replace(b"ping", b"") and PASSWORD.encode() not in kept


@pytest.mark.accepts("SEC-06")
def test_a_wrong_password_opens_nothing_and_five_of_them_wait_and_a_lock_meets_who_is_just_coming_in(
    door: FrontDoor, qtbot: QtBot
) -> None:
    for left in (4, 3, 2, 1, 1):
        types(door, COLLEAGUE, "not the password")
        qtbot.waitUntil(lambda n=left: f"{n} tr" in form(door).form.notice.accessibleName())  # type: ignore[misc]
        qtbot.waitUntil(form(door).form.password.isEnabled)
        assert not door.holds_keys()
    types(door, COLLEAGUE)
    qtbot.waitUntil(lambda: "Try again in 1 minute" in form(door).form.notice.accessibleName())
    assert not form(door).form.password.isEnabled()
    door._ask(LOGIN, PASSWORD, "000000")
    heard = door.session_pid
    qtbot.waitUntil(lambda: "is wrong" in form(door).form.notice.accessibleName())
    assert door.holds_keys(), "the password was right"
    door.lock_now()
    qtbot.waitUntil(lambda: not door.holds_keys())
    assert not alive(heard), "the computer sleeps only once what it heard is gone"
    door.ask_name()
    with_her_key(door)
    qtbot.waitUntil(door.holds_keys)
    door.lock_now()
    lock_window(door, qtbot)

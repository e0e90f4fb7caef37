# SPDX-License-Identifier: Apache-2.0
"""People of one clinic at one shared workstation: each their own name, fast from one to the other, by password or key.

Real session processes behind the real sign-in window; the security key is one in software that speaks like hardware.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.commands.door import ask_session
from hms_desktop.core.clock import SystemClock
from hms_desktop.front import ProfileGate
from hms_desktop.security import sign_in
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.second_factor import sign_in_keys
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.memory import remembered
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from tests.security.conftest import CHEAP, PASSWORD
from tests.security.soft_key import SoftKey
from tests.ui.shell import enrolled
from tests.ui.shell.enrolled import LOGIN

COLLEAGUE = "s.dlamini"


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
def door(dressed: QApplication, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontDoor]:
    """The always-there process of that workstation."""
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
    """Who works here once the session is open."""
    qtbot.waitUntil(lambda: door.window is None)
    answers: list[str] = []

    def answered() -> bool:
        answer = ask_session(shared, "status")
        answers[:] = [str(answer["person"])] if answer else []
        return bool(answers)

    qtbot.waitUntil(answered)
    return answers[0]


def switch(door: FrontDoor, qtbot: QtBot) -> None:
    """The session gives the computer to somebody else."""
    door.lock_now()
    qtbot.waitUntil(lambda: isinstance(door.window, LockWindow))
    window = door.window
    assert isinstance(window, LockWindow)
    QTest.keyClick(window, Qt.Key.Key_F12)
    qtbot.waitUntil(lambda: isinstance(door.window, SignInWindow))


@pytest.mark.accepts("SEC-03")
def test_each_has_a_name_of_their_own_and_switches_by_password_or_by_a_touch_and_never_by_a_pin(
    door: FrontDoor, qtbot: QtBot, shared: Path
) -> None:
    assert not form(door).form.ways.touch.isVisibleTo(form(door)), "nobody signed in here with a key yet"
    types(door, LOGIN)
    ways = form(door).form.ways
    assert ways.key.isVisibleTo(form(door)) and ways.code.isVisibleTo(form(door))
    QTest.mouseClick(ways.key, Qt.MouseButton.LeftButton)
    assert "Touch your security key" in form(door).form.notice.accessibleName()
    assert at_work(door, qtbot, shared) == "Zanele Ndlovu"
    switch(door, qtbot)
    types(door, COLLEAGUE)
    assert at_work(door, qtbot, shared) == "S.Dlamini"
    switch(door, qtbot)
    touch = form(door).form.ways.touch
    assert touch.isVisibleTo(form(door))
    QTest.mouseClick(touch, Qt.MouseButton.LeftButton)
    assert at_work(door, qtbot, shared) == "Zanele Ndlovu", "by the touch of her own key alone"
    kept = b"".join(file.read_bytes() for file in shared.iterdir() if file.is_file() and file.suffix != ".db")
    assert b"pin" not in kept.lower().replace(b"ping", b"")

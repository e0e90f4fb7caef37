# SPDX-License-Identifier: Apache-2.0
"""What the always-there process does on each word of a session: a session that is played by a few lines of Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hms_desktop.core.clock import SystemClock
from hms_desktop.core.errors import Unavailable
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.memory import Memory, remembered
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import StationFacts, WipedFacts

SESSION = '''
import json, sys
def say(word, **facts):
    sys.stdout.write(json.dumps({"say": word, **facts}) + "\\n"); sys.stdout.flush()
say("ready")
for line in sys.stdin:
    heard = json.loads(line)
    way = heard.get("password", "")
    if heard["say"] == "lock":
        say("locking", unfinished=[["Note", 1]], waiting=3, idle_minutes=0); sys.exit(0)
    if way == "wait":
        say("refused", sentence="Wait", login=heard["login"], wait_s=60)
    elif way == "torn":
        sys.exit(3)
    elif way in ("switch", "sign-out"):
        say("signed-in", name="Ann Onuoha", login="ann")
        say("locking", then=way, look={"mode": "dark"}, waiting=2); sys.exit(0)
    elif way == "wrong":
        say("refused", sentence="Wrong password", login=heard["login"], wrong=True)
    else:
        say("signed-in", name="Ann Onuoha", login="ann"); say("synced", waiting=7, last_sync_ms=5); say("hum")
'''  # fmt: skip


class Gate:
    """A computer of which little is known: it cannot even say who is asked for a code."""

    def facts(self) -> StationFacts:
        return StationFacts("Clinic", "Station 1")

    def asks_code(self, login: str) -> bool:
        raise Unavailable("The list of people cannot be read.")

    def __init__(self) -> None:
        self.broken: list[str] = []

    def tries_left(self, login: str) -> int:
        return 4

    def renew(self, code: str) -> object:
        raise Unavailable("No code can be checked here.")

    def wiped(self) -> WipedFacts | None:
        return None

    def broke_off(self, login: str) -> None:
        self.broken.append(login)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """What this computer remembers between sessions."""
    return remembered(tmp_path)


@pytest.fixture
def door(dressed: QApplication, memory: Memory) -> Iterator[FrontDoor]:
    """A door whose sessions do what the password says."""
    memory.last_login = "ann"
    opened = FrontDoor([sys.executable, "-c", SESSION], Gate(), memory, SystemClock())
    opened.start()
    yield opened
    opened.stop()


def words(door: FrontDoor) -> str:
    """Everything that the window before the session says."""
    assert door.window is not None
    return " ".join(label.text() for label in door.window.findChildren(QLabel))


def enter(door: FrontDoor, qtbot: QtBot, password: str) -> None:
    """The password, at sign-in or at the lock."""
    window = door.window
    field = window.card.password if isinstance(window, LockWindow) else window.form.password  # type: ignore[union-attr]
    qtbot.waitUntil(field.isEnabled)
    QTest.keyClicks(field, password)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_the_last_name_stands_there_and_a_session_that_breaks_off_is_told(door: FrontDoor, qtbot: QtBot) -> None:
    assert isinstance(door.window, SignInWindow) and door.window.form.name.text() == "ann"
    door.lock_now()
    assert isinstance(door.window, SignInWindow), "there is nothing to lock before somebody signed in"
    enter(door, qtbot, "torn")
    qtbot.waitUntil(lambda: "Sign" in words(door) and door.session_pid != 0)
    assert isinstance(door.window, SignInWindow)


@pytest.mark.parametrize(("way", "name"), [("switch", "ann"), ("sign-out", "")])
def test_who_leaves_comes_back_to_sign_in(door: FrontDoor, memory: Memory, qtbot: QtBot, way: str, name: str) -> None:
    before = door.window
    enter(door, qtbot, way)
    qtbot.waitUntil(lambda: isinstance(door.window, SignInWindow) and door.window is not before)
    assert isinstance(door.window, SignInWindow) and door.window.form.name.text() == name
    assert memory.looks["ann"].mode == "dark" and memory.waiting == 2
    qtbot.waitUntil(lambda: door.session_pid != 0)


def test_the_lock_says_what_waits_and_sends_who_must_wait_to_sign_in(
    door: FrontDoor, memory: Memory, qtbot: QtBot
) -> None:
    enter(door, qtbot, "open")
    qtbot.waitUntil(lambda: door.window is None and memory.waiting == 7)
    door.lock_now()
    qtbot.waitUntil(lambda: isinstance(door.window, LockWindow) and "keys left" in words(door))
    assert "Note" in words(door)
    enter(door, qtbot, "wrong")
    qtbot.waitUntil(lambda: "4 tries" in words(door))
    enter(door, qtbot, "wait")
    qtbot.waitUntil(lambda: isinstance(door.window, SignInWindow))
    qtbot.waitUntil(lambda: "Wait" in words(door) or "1 minute" in words(door))
    assert not door.window.form.password.isEnabled()  # type: ignore[union-attr]

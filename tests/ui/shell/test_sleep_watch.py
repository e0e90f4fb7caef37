# SPDX-License-Identifier: Apache-2.0
"""Sleep, the system's own screen lock and another's session on the screen lock this one; waking up does not.

The bus is a real one; whoever speaks on it says what logind and a screen saver say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.shell import sleep_watch
from hms_desktop.ui.shell.sleep_watch import SleepWatch, session_path
from tests.system_bus import SystemBus, needs_bus


class Heard(QObject):
    """A workstation that counts how often it was locked, and holds keys until told otherwise."""

    def __init__(self, bus: SystemBus) -> None:
        from PySide6.QtDBus import QDBusConnection

        super().__init__()
        self.locks, self.keys = 0, True
        self.watch = SleepWatch(self.lock, lambda: self.keys, self)
        self.line = QDBusConnection.connectToBus(bus.address, f"test {id(self)}")
        self.signals = self.watch.start(self.line, self.line)

    def lock(self) -> None:
        self.locks += 1

    def close(self) -> None:
        from PySide6.QtDBus import QDBusConnection

        QDBusConnection.disconnectFromBus(self.line.name())


@pytest.fixture
def bus(tmp_path: Path, qapp: QApplication) -> Iterator[SystemBus]:
    """The bus of a computer."""
    made = SystemBus(tmp_path / "bus")
    yield made
    made.close()


@pytest.fixture
def heard(bus: SystemBus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Listens as in a desktop session that has a number."""
    monkeypatch.setenv("XDG_SESSION_ID", "2")
    made = Heard(bus)
    assert made.signals == 8
    yield made
    made.close()


@needs_bus
def test_what_the_system_says_of_its_screen_and_session_locks_and_the_contrary_does_not(
    heard: Heard, bus: SystemBus, qtbot: QtBot
) -> None:
    for says, silent in (
        (bus.lock_session, lambda: None),
        (lambda: bus.saver_active(True), lambda: bus.saver_active(False)),
        (lambda: bus.session_changed("LockedHint", True), lambda: bus.session_changed("LockedHint", False)),
        (lambda: bus.session_changed("Active", False), lambda: bus.session_changed("Active", True)),
        (lambda: bus.prepare_for_sleep(True), lambda: bus.prepare_for_sleep(False)),
    ):
        before = heard.locks
        silent()
        says()  # what comes on one line comes in its order: had the other locked too, it would be two
        qtbot.waitUntil(lambda n=before: heard.locks > n)  # type: ignore[misc]
    bus.lock_session()
    qtbot.waitUntil(lambda: heard.locks > 5)
    assert heard.locks == 6, "each once"


@needs_bus
def test_the_computer_waits_until_no_process_holds_a_key_and_the_next_time_again(
    heard: Heard, bus: SystemBus, qtbot: QtBot
) -> None:
    for _each in range(2):
        qtbot.waitUntil(lambda: heard.watch.delays)
        assert bus.held_up() == 1
        heard.keys = True
        before = heard.locks
        bus.prepare_for_sleep(True)
        qtbot.waitUntil(lambda n=before: heard.locks > n)  # type: ignore[misc]
        assert bus.held_up() == 1, "the session has not ended yet"
        heard.watch.rested()
        qtbot.waitUntil(lambda: bus.held_up() == 0)
        bus.prepare_for_sleep(False)
    qtbot.waitUntil(lambda: heard.watch.delays)
    heard.watch.rested()
    assert bus.held_up() == 1, "nobody sleeps: a session that ends changes nothing"
    heard.keys = False
    bus.prepare_for_sleep(True)
    qtbot.waitUntil(lambda: bus.held_up() == 0)
    assert not heard.watch.delays


@needs_bus
def test_a_program_that_knows_no_number_of_its_session_asks_for_it(
    bus: SystemBus, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_SESSION_ID", raising=False)
    heard = Heard(bus)
    assert heard.signals == 6
    qtbot.waitUntil(lambda: heard.watch.delays)  # asked later on the same line: the session was named before
    bus.lock_session()
    qtbot.waitUntil(lambda: heard.locks == 1)
    heard.close()


def test_without_d_bus_nothing_is_heard_and_nothing_fails(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleep_watch, "QDBusConnection", None)
    watch = SleepWatch(lambda: None)
    assert watch.start() == 0 and not watch.delays


@pytest.mark.parametrize(("session", "last"), [("2", "_32"), ("c1", "c1"), ("12", "_312"), ("a-b", "a_2db")])
def test_a_session_is_named_as_logind_names_it(session: str, last: str) -> None:
    assert session_path(session) == f"/org/freedesktop/login1/session/{last}"

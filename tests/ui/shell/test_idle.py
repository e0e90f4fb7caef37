# SPDX-License-Identifier: Apache-2.0
"""The idle lock: counted without sleeping, warned of, not stopped by a dialog, not kept off by a resting mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.shell.idle import IdleWatch
from hms_desktop.ui.shell.idle_warning import IdleWarning


class Seconds:
    """A clock that is moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Log:
    """What the watch said."""

    def __init__(self, watch: IdleWatch) -> None:
        self.said: list[object] = []
        watch.ticked.connect(self.said.append)
        watch.warned.connect(self.said.append)
        watch.expired.connect(lambda: self.said.append("expired"))


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watch(qtbot: QtBot, seconds: Seconds) -> Iterator[IdleWatch]:
    watch = IdleWatch(5, now=seconds)
    yield watch
    watch.stop()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def test_the_time_left_is_told_then_a_warning_then_the_end(watch: IdleWatch, seconds: Seconds) -> None:
    log = Log(watch)
    watch.start()
    for passed in (0, 200, 269.5, 270, 299.9, 300):
        seconds.now = 1000 + passed
        watch.look()
    assert log.said == [300, 300, 100, 31, True, 30, 1, "expired"]


def test_a_key_starts_over_and_ends_the_warning(watch: IdleWatch, seconds: Seconds, window: QWidget) -> None:
    log = Log(watch)
    watch.start()
    seconds.now += 280
    watch.look()
    QTest.sendKeyEvent(QTest.KeyAction.Click, window.windowHandle(), Qt.Key.Key_A, "a", Qt.KeyboardModifier.NoModifier)
    watch.look()
    assert log.said == [300, True, 20, False, 300]


def test_a_key_in_a_window_that_opened_later_counts_too(
    watch: IdleWatch, seconds: Seconds, window: QWidget, qtbot: QtBot
) -> None:
    watch.start()
    later = QWidget()
    qtbot.addWidget(later)
    later.show()
    seconds.now += 200
    watch.look()
    QTest.sendKeyEvent(QTest.KeyAction.Click, later.windowHandle(), Qt.Key.Key_A, "a", Qt.KeyboardModifier.NoModifier)
    assert watch.seconds_left() == 300
    watch.stop()
    seconds.now += 100
    QTest.sendKeyEvent(QTest.KeyAction.Click, later.windowHandle(), Qt.Key.Key_A, "a", Qt.KeyboardModifier.NoModifier)
    assert watch.seconds_left() == 0


def test_the_window_that_gets_the_keyboard_is_heard_at_once(watch: IdleWatch, seconds: Seconds, qtbot: QtBot) -> None:
    watch.start()
    seconds.now += 200
    asked = QWidget()
    qtbot.addWidget(asked)
    asked.show()
    asked.activateWindow()
    qtbot.waitUntil(asked.isActiveWindow)
    QTest.sendKeyEvent(QTest.KeyAction.Click, asked.windowHandle(), Qt.Key.Key_A, "a", Qt.KeyboardModifier.NoModifier)
    assert watch.seconds_left() == 300


def test_a_resting_mouse_does_not_keep_the_session_open(watch: IdleWatch, seconds: Seconds, window: QWidget) -> None:
    watch.start()
    seconds.now += 299
    QTest.mouseMove(window.windowHandle(), QPoint(5, 5))
    assert watch.seconds_left() == 1
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton)
    assert watch.seconds_left() == 300


def test_a_modal_dialog_does_not_stop_the_lock(watch: IdleWatch, seconds: Seconds, window: QWidget) -> None:
    dialog = QDialog(window)
    watch.expired.connect(dialog.reject)
    watch.start()
    seconds.now += 299.95
    watch.look()
    seconds.now += 0.05
    dialog.exec()  # returns only because the lock came while the dialog was open
    assert watch.seconds_left() == 0


def test_zero_minutes_never_lock(qtbot: QtBot, seconds: Seconds) -> None:
    watch = IdleWatch(0, now=seconds)
    log = Log(watch)
    watch.start()
    seconds.now += 10_000
    watch.look()
    assert log.said == []


def test_the_warning_counts_down_and_offers_to_stay(dressed: QApplication, qtbot: QtBot, window: QWidget) -> None:
    warning = IdleWarning(window)
    warning.show_seconds(28)
    assert warning.isVisible()
    with qtbot.waitSignal(warning.stay):
        warning.button.click()

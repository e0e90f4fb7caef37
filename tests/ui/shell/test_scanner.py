# SPDX-License-Identifier: Apache-2.0
"""A scanner's burst is told from typing by its speed, and taken out of the text field that it ran into."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.desk import Key
from hms_desktop.ui.shell.keys import GLOBAL, KeyRegistry
from hms_desktop.ui.shell.scanner import Scanner
from installer.day import hands

ENTER = int(Qt.Key.Key_Return)
PLAIN = Qt.KeyboardModifier.NoModifier


class Bench(QLineEdit):
    """A text field with a scanner on its window; `takes` says whether a code means something here."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []
        self.takes = True
        self.scanner = Scanner(self, self._scanned)

    def _scanned(self, code: str) -> bool:
        self.codes.append(code)
        return self.takes

    def burst(self, code: str, gap: int = 5, start: int = 10_000) -> bool:
        """Send a code key by key; True if its Enter was swallowed."""
        at = start
        for sign in code:
            self.scanner.hear(sign, 0, at)
            self.insert(sign)
            at += gap
        return self.scanner.hear("\r", ENTER, at)


@pytest.fixture
def bench(dressed: QApplication, qtbot: QtBot) -> Bench:
    bench = Bench()
    qtbot.addWidget(bench)
    bench.show()
    bench.activateWindow()
    bench.setFocus()
    qtbot.waitUntil(bench.hasFocus)
    return bench


def test_a_burst_is_a_scan_and_leaves_the_field_as_it_was(bench: Bench) -> None:
    bench.setText("typed ")
    assert bench.burst("ACC-7K2-0042")
    assert bench.codes == ["ACC-7K2-0042"] and bench.text() == "typed "


def test_typing_is_no_scan(bench: Bench) -> None:
    assert not bench.burst("okonkwo", gap=90)
    assert bench.codes == [] and bench.text() == "okonkwo"


def test_a_few_fast_letters_are_no_scan(bench: Bench) -> None:
    assert not bench.burst("abc")


def test_a_code_that_means_nothing_here_stays_typed(bench: Bench) -> None:
    bench.takes = False
    assert not bench.burst("4006381333931")
    assert bench.text() == "4006381333931"


def test_a_field_made_for_codes_keeps_them(bench: Bench) -> None:
    bench.setProperty("scan", True)
    assert not bench.burst("4006381333931")
    assert bench.codes == []


def test_what_came_long_before_a_letter_makes_no_burst_of_it(bench: Bench) -> None:
    bench.burst("about 50 y", start=1000)
    bench.scanner.hear("E", 0, 2000)
    alone = bench.scanner.burst_with("E")
    assert not alone()
    bench.scanner.hear("4", 0, 2090)
    assert not alone()


def test_a_letter_with_another_right_before_or_after_it_is_of_a_burst(bench: Bench) -> None:
    bench.scanner.hear("A", 0, 1000)
    first = bench.scanner.burst_with("a")
    bench.scanner.hear("C", 0, 1010)
    assert first() and bench.scanner.burst_with("C")() and not bench.scanner.burst_with("E")()


class Counter(QWidget):
    """A window with a text field and a button, a key E, and a scanner."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.field, self.button = QLineEdit(), QPushButton("Rest")
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        inner = QVBoxLayout()
        inner.addWidget(self.button)
        column.addLayout(inner)
        self.scanner = Scanner(self, self._scanned)
        self.keys = KeyRegistry(self, self.scanner.burst_with)
        done = [Key("E", "Change", lambda: self.heard.append("changed")), Key("Ctrl+Return", "Save", lambda: None)]
        self.keys.add(GLOBAL, done)

    def _scanned(self, code: str) -> bool:
        self.heard.append(code)
        return True


@pytest.fixture
def counter(dressed: QApplication, qtbot: QtBot) -> Counter:
    window = Counter()
    qtbot.addWidget(window)
    window.show()
    hands.put_in_front(window)
    window.field.setFocus()
    return window


def test_a_letter_is_a_command_after_words_were_typed_as_fast_as_a_scanner(counter: Counter) -> None:
    hands.type_text("Khumalo")
    hands.press("Ctrl+Return")
    counter.button.setFocus()
    hands.press("E")
    hands.until(lambda: counter.heard == ["changed"], "the letter acts")


def test_letters_of_a_scanned_code_are_no_commands(counter: Counter) -> None:
    counter.button.setFocus()
    hands.type_text("E1")
    QTest.sendKeyEvent(QTest.KeyAction.Click, counter.windowHandle(), Qt.Key.Key_Shift, "", PLAIN)
    hands.type_text("2E")
    QTest.sendKeyEvent(QTest.KeyAction.Click, counter.windowHandle(), Qt.Key.Key_Return, "\r", PLAIN)
    hands.until(lambda: bool(counter.heard), "the code is heard")
    hands.press("E")
    hands.until(lambda: "changed" in counter.heard, "a letter alone acts")
    assert counter.heard == ["E12E", "changed"]


def test_a_code_is_heard_wherever_the_keyboard_is_in_the_window_and_not_in_another(
    counter: Counter, qtbot: QtBot
) -> None:
    other = QLineEdit()
    qtbot.addWidget(other)
    for part in (counter.field, counter.button):
        hands.put_in_front(counter)
        part.setFocus()
        scan(counter, "4006381333931")
        hands.until(lambda: counter.heard == ["4006381333931"], "the code is heard")
        counter.heard.clear()
        other.show()
        hands.put_in_front(other)
        other.setFocus()
        scan(other, "5449000000996")
        hands.until(lambda: other.text().endswith("5449000000996"), "the other window has the code")
    assert counter.heard == [] and counter.field.text() == ""


def scan(window: QWidget, code: str) -> None:
    """What a scanner sends to a window: the signs and Enter, at once."""
    for sign in code:
        QTest.sendKeyEvent(QTest.KeyAction.Click, window.windowHandle(), QTest.asciiToKey(ord(sign)), sign, PLAIN)
    QTest.sendKeyEvent(QTest.KeyAction.Click, window.windowHandle(), Qt.Key.Key_Return, "\r", PLAIN)

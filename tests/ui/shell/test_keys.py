# SPDX-License-Identifier: Apache-2.0
"""One registry of keys: none twice in a scope, single letters only outside text fields, lists made of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.desk import Key
from hms_desktop.ui.shell.keys import GLOBAL, DuplicateKey, KeyRegistry, sequences, shown_keys


class Window(QWidget):
    """A window with a text field and something else that takes the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.field, self.rest = QLineEdit(), QWidget()
        self.rest.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        column.addWidget(self.rest)
        self.keys = KeyRegistry(self)

    def key(self, sequence: str, text: str = "", **more: object) -> Key:
        """An act that notes its text."""
        words = text or sequence
        return Key(sequence, words, lambda: self.done.append(words), **more)  # type: ignore[arg-type]


@pytest.fixture
def window(dressed: QApplication, qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    window.rest.setFocus()
    return window


@pytest.mark.parametrize(
    ("first", "second"),
    [(("bench", "F2"), ("bench", "F2")), ((GLOBAL, "F5"), ("bench", "F5")), (("bench", "N"), ("bench", "Alt+N"))],
)
def test_a_key_is_taken_once_in_a_scope(window: Window, first: tuple[str, str], second: tuple[str, str]) -> None:
    window.keys.add(first[0], [window.key(first[1], "Receive")])
    with pytest.raises(DuplicateKey, match="“Reject” and “Receive”"):
        window.keys.add(second[0], [window.key(second[1], "Reject")])


def test_two_scopes_that_never_meet_share_a_key(window: Window, qtbot: QtBot) -> None:
    window.keys.add("bench", [window.key("F2", "Receive")])
    window.keys.add("counter", [window.key("F2", "Supply")])
    window.keys.activate("counter")
    QTest.keyClick(window.rest, Qt.Key.Key_F2)
    assert window.done == ["Supply"]


def test_a_single_letter_works_outside_text_fields_only(window: Window, qtbot: QtBot) -> None:
    window.keys.add(GLOBAL, [window.key("N", "New booking")])
    window.field.setFocus()
    QTest.keyClick(window.field, Qt.Key.Key_N)
    assert window.field.text() == "n"
    window.rest.setFocus()
    QTest.keyClick(window.rest, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: window.done == ["New booking"])


def test_with_alt_the_letter_works_inside_a_text_field(window: Window, qtbot: QtBot) -> None:
    window.keys.add(GLOBAL, [window.key("N", "New booking")])
    window.field.setFocus()
    QTest.keyClick(window.field, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: window.done == ["New booking"])
    assert window.field.text() == ""


def test_single_letters_can_be_switched_off(window: Window, qtbot: QtBot) -> None:
    window.keys.add(GLOBAL, [window.key("N", "New booking"), window.key("F2", "Check in")])
    window.keys.use_single_letters(False)
    QTest.keyClick(window.rest, Qt.Key.Key_N)
    QTest.keyClick(window.rest, Qt.Key.Key_F2)
    assert window.done == ["Check in"]
    assert sequences(window.key("N"), letters=False) == ["Alt+N"]


def test_a_digit_answers_on_its_screen_and_leaves_alt_to_the_modules(window: Window) -> None:
    window.keys.add(GLOBAL, [window.key("Alt+1", "Go to Patients")])
    window.keys.add("inbox", [window.key("1", "This device")])
    assert sequences(window.key("1")) == ["1"] and sequences(window.key("1"), letters=False) == []


def test_an_act_that_is_not_possible_now_does_nothing(window: Window) -> None:
    window.keys.add(GLOBAL, [window.key("F2", "Check in", enabled=lambda: False)])
    assert window.keys.press("F2")
    assert window.done == []


def test_a_replaced_scope_forgets_its_keys(window: Window) -> None:
    window.keys.add("screen", [window.key("F2", "Check in")])
    window.keys.replace("screen", [window.key("F2", "Receive")])
    window.keys.activate("screen")
    assert [entry.key.text for entry in window.keys.working()] == ["Receive"]


def test_hints_name_the_screens_own_keys_first(window: Window) -> None:
    window.keys.add(GLOBAL, [window.key("?", "Keys", hint=True), window.key("F5", "Refresh")])
    window.keys.add("screen", [window.key("F2", "Check in", hint=True), window.key("N", "New", hint=True)])
    window.keys.activate("screen")
    assert [key.text for key in window.keys.hints()] == ["Check in", "New", "Keys"]


def test_no_hint_names_what_cannot_be_done_now(window: Window) -> None:
    window.keys.add(GLOBAL, [window.key("?", "Keys", hint=True)])
    window.keys.add("screen", [window.key("F2", "Check in", hint=True, enabled=lambda: False)])
    window.keys.activate("screen")
    assert [key.text for key in window.keys.hints()] == ["Keys"]


@pytest.mark.parametrize(
    ("sequence", "caps"),
    [("Ctrl+Shift+N", ["Ctrl", "Shift", "N"]), ("G, R", ["G", "R"]), ("Ctrl++", ["Ctrl", "+"]), ("F2", ["F2"]),
     ("Ctrl+Return", ["Ctrl", "Enter"]), ("", [""])],
)  # fmt: skip
def test_keys_are_shown_as_their_caps(sequence: str, caps: list[str]) -> None:
    assert shown_keys(sequence) == caps

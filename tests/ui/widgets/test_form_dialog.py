# SPDX-License-Identifier: Apache-2.0
"""A form over a window is finished once, throws nothing typed away unasked, and keeps its buttons in sight."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hms_desktop.core.errors import Refused
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.focus_ring import FocusRing
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField
from tests.ui.widgets.conftest import Shows

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_second_ctrl_enter_while_it_is_saved_does_nothing_and_after_a_refusal_it_tries_again(shows: Shows) -> None:
    asked: list[tuple[Any, ...]] = []
    tasks = SimpleNamespace(run=lambda act, done, failed, owner, left=None: asked.append((act, done, failed)))
    done: list[object] = []
    box = FormDialog(
        SimpleNamespace(tasks=tasks),  # type: ignore[arg-type]
        shows(QLineEdit()),
        "Receive at Pharmacy",
        "Receive",
        lambda values: lambda _unit: values["lot"],
        done.append,
    )
    field = box.form.add(TextField("lot", "&Lot", required=True))
    box.ask()
    QTest.keyClicks(field.control, "M1")
    for _press in range(2):
        QTest.keyClick(field.control, Qt.Key.Key_Return, CTRL)
    assert len(asked) == 1, "one delivery, not two"
    asked[0][2](Refused("The batch is on hold."))
    QTest.keyClick(field.control, Qt.Key.Key_Return, CTRL)
    assert len(asked) == 2
    asked[1][1]("made")
    assert done == ["made"] and not box.isVisible()


def form_over(window: QWidget, lines: int = 1) -> FormDialog:
    """A form with so many fields, open over a window."""
    box = FormDialog(SimpleNamespace(), window, "Receive", "Receive", dict, dict, text="What came today.")  # type: ignore[arg-type]
    for line in range(lines):
        box.form.add(TextField(f"lot{line}", f"Lot {line}"))
    return box.ask()


def test_escape_asks_before_it_throws_away_what_was_typed(shows: Shows, qtbot: QtBot) -> None:
    box = form_over(shows(QLineEdit()))
    QTest.keyClicks(box.form.fields["lot0"].control, "M1")
    for way in (lambda: QTest.keyClick(box, Qt.Key.Key_Escape), lambda: box.windowHandle().close()):
        way()
        qtbot.waitUntil(lambda: box.findChild(Confirm) is not None)
        question = box.findChild(Confirm)
        assert question.accessibleName() == "Throw away what you typed?"
        qtbot.waitUntil(question.stay.hasFocus)
        QTest.keyClick(question, Qt.Key.Key_Escape)
        assert box.isVisible() and box.form.fields["lot0"].typed() == "M1"
        question.deleteLater()
        qtbot.waitUntil(lambda: box.findChild(Confirm) is None)
    box.stay.click()
    box.findChild(Confirm).go.click()
    assert not box.isVisible()


def test_nothing_typed_is_left_at_once(shows: Shows, qtbot: QtBot) -> None:
    for way in (lambda box: QTest.keyClick(box, Qt.Key.Key_Escape), lambda box: box.windowHandle().close()):
        box = form_over(shows(QLineEdit()))
        way(box)
        qtbot.waitUntil(lambda box=box: not isValid(box) or not box.isVisible())


def test_a_form_higher_than_its_window_scrolls_between_title_and_buttons(
    shows: Shows, qtbot: QtBot, qapp: QApplication
) -> None:
    ring = FocusRing(qapp)
    box = form_over(shows(QLineEdit(), height=500), lines=12)
    box.activateWindow()
    qtbot.waitUntil(box.isActiveWindow)
    qtbot.waitUntil(lambda: box.pane.verticalScrollBar().maximum() > 0)
    assert box.height() <= 500 - 48
    assert box.rect().contains(box.go.geometry()) and box.rect().contains(box.stay.geometry())
    names = []
    for _step in range(15):
        part = box.focusWidget()
        names.append(part.accessibleName())
        qtbot.waitUntil(lambda part=part: not part.visibleRegion().isEmpty())
        QTest.keyClick(part, Qt.Key.Key_Tab)
    assert names == [*(f"Lot {n}" for n in range(12)), "Go back", "Receive", "What is asked"]
    last = box.form.fields["lot11"]

    def comes_into_sight() -> bool:
        if not last.control.hasFocus():  # only in a window that is in front does the keyboard come to a part
            box.activateWindow()
            box.stay.setFocus()
            last.take_focus()
        return not last.control.visibleRegion().isEmpty()

    qtbot.waitUntil(comes_into_sight)
    ring.deleteLater()
    QTest.keyClick(box, Qt.Key.Key_Escape)


def test_a_form_grows_with_what_it_comes_to_ask(shows: Shows, qtbot: QtBot) -> None:
    box = form_over(shows(QLineEdit(), height=900))
    before = box.height()
    box.form.add(TextField("why", "Why"))
    qtbot.waitUntil(lambda: box.height() > before)
    assert box.pane.accessibleName() == "", "nothing scrolls: Tab passes the pane by"
    QTest.keyClick(box, Qt.Key.Key_Escape)

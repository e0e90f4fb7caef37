# SPDX-License-Identifier: Apache-2.0
"""A field for several: each pick is kept once, shown with its way off, and comes back from a draft."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.choice_field import Option, finds_in
from hms_desktop.ui.widgets.several_field import SeveralField
from tests.ui.widgets.conftest import Shows

ITEMS = [Option("VISIT", "Visit"), Option("CUFF", "Cuff", "ZAR 349.00"), Option("CHECK", "Check")]


def several() -> SeveralField:
    return SeveralField("excluded", "&Not covered", finds_in(ITEMS), optional=True)


def pick(field: SeveralField, qtbot: QtBot, typed: str) -> list[str]:
    """Type, see what is offered, take the first; returns what was offered."""
    field.take_focus()
    QTest.keyClicks(field.line, typed)
    qtbot.waitUntil(field.list.isVisible)
    offered = list(field.list.lines)
    QTest.keyClick(field.line, Qt.Key.Key_Return)
    return offered


def test_picks_come_one_after_another_and_each_goes_by_its_button(shows: Shows, qtbot: QtBot) -> None:
    field = several()
    shows(field, width=700)
    assert field.value() == () and field.is_empty() and field.check(finishing=True)
    pick(field, qtbot, "cuff")
    assert pick(field, qtbot, "c") == ["Check"], "what is picked is not offered again"
    assert field.value() == ("CUFF", "CHECK") and field.shown() == "Cuff, Check" and field.line.hasFocus()
    buttons = [part for part in field.row.parts if isinstance(part, Button)]
    assert [part.accessibleName() for part in buttons] == ["Take off Cuff", "Take off Check"]
    buttons[0].setFocus()
    QTest.keyClick(buttons[0], Qt.Key.Key_Space)
    assert [one.words for one in field.picks] == ["Check"] and field.line.hasFocus()
    field.start_over()
    assert field.value() == () and field.row.isHidden()


def test_words_that_were_not_picked_are_told(shows: Shows) -> None:
    field = several()
    shows(field)
    field.type_in([ITEMS[0]])
    field.line.setText("cu")
    assert not field.check(finishing=True)
    assert field.error == "“cu” was not picked. Choose one from the list."


def test_a_draft_comes_back_with_its_picks_and_its_words() -> None:
    field, again = several(), several()
    assert field.typed() is None
    field.type_in(ITEMS[:2])
    field.line.setText("che")
    again.type_in(field.typed())
    assert again.picks == (Option("VISIT", "Visit"), Option("CUFF", "Cuff")) and again.line.text() == "che"

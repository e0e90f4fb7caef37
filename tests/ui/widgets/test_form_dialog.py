# SPDX-License-Identifier: Apache-2.0
"""A form over a window is finished once, however often its key is pressed while it is being saved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from hms_desktop.core.errors import Refused
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField
from tests.ui.widgets.conftest import Shows

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_second_ctrl_enter_while_it_is_saved_does_nothing_and_after_a_refusal_it_tries_again(shows: Shows) -> None:
    asked: list[tuple[Any, ...]] = []
    tasks = SimpleNamespace(run=lambda act, done, failed, owner: asked.append((act, done, failed)))
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

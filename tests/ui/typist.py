# SPDX-License-Identifier: Apache-2.0
"""Somebody who works at a desk's window by keys alone; the server is nowhere."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from sqlalchemy import select

from hms_desktop.ui.routes import Route
from tests.ui.office import Window

KEYS = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


class Typist(Window):
    """One window over a real encrypted file: `press` and `type` go where the keyboard is."""

    @property
    def page(self) -> Any:
        """The screen that is shown."""
        return self.workstation.window.shown

    def go(self, route: Route) -> None:
        """Go to a place."""
        self.workstation.desk.routes.open(route)

    def focus(self) -> QWidget:
        """Where the keyboard is."""
        return QApplication.focusWidget() or self.workstation.window

    def type(self, text: str) -> None:
        """Type words."""
        self._rest()
        QTest.keyClicks(self.focus(), text)
        QTest.qWait(20)

    def _rest(self) -> None:
        """Keys of a test carry no time: without a rest they would all be one burst of a scanner."""
        self.workstation.window.scanner.hear("\x1b", 0, -1000)

    def dialog(self) -> Any:
        """The form, question or preview that is open and has the keyboard."""
        found: list[QDialog] = []

        def look() -> bool:
            found[:] = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
            return bool(found)

        self.until(look)
        found[0].activateWindow()
        self.until(found[0].isActiveWindow)
        return found[0]

    def tab_to(self, widget: QWidget) -> None:
        """Tab until this widget has the keyboard."""
        for _step in range(60):
            if widget.hasFocus():
                return
            self.press(KEYS.Key_Tab)
        raise AssertionError("Tab does not reach it")

    def agree(self) -> None:
        """Tab from the safe button of a question to its verb and press it."""
        question = self.dialog()
        assert question.stay.hasFocus()
        self.tab_to(question.go)
        self.press(KEYS.Key_Space)

    def rows(self, record: Any) -> list[Any]:
        """All rows of a table in this station's file, the oldest first."""
        table = record.__table__
        return self.desk.ask(lambda reader: reader.rows(select(table).order_by(table.c.rid)))

    def close(self) -> None:
        """Close the window."""
        for window in QApplication.topLevelWidgets():
            if isinstance(window, QDialog):
                window.close()
        self.workstation.close()

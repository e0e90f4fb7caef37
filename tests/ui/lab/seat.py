# SPDX-License-Identifier: Apache-2.0
"""A person at the bench who has a keyboard and nothing else: keys go to whatever has the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.lab.bench_facts import BenchFacts
from hms_desktop.ui.lab.bench_screen import BenchPage
from hms_desktop.ui.shell.workstation import Workstation
from tests.clinic.lab.laboratory import Laboratory

D = TypeVar("D", bound=QWidget)
CTRL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier
Key = Qt.Key


class Seat:
    """`page` is the bench of an open window."""

    def __init__(self, lab: Laboratory, workstation: Workstation, qtbot: QtBot) -> None:
        self.lab, self.workstation, self._qtbot = lab, workstation, qtbot
        shown = workstation.window.shown
        assert isinstance(shown, BenchPage)
        self.page = shown
        self.until(lambda: self.page._facts is not None and self.page.list.table.rows.total is not None)

    def until(self, so: Callable[[], object]) -> None:
        """Wait until it is so."""
        self._qtbot.waitUntil(lambda: bool(so()), timeout=60_000)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """Press a key where the keyboard is."""
        if key != Qt.Key.Key_Return:  # which may end a scan
            self.workstation.window.scanner.hear("", 0, -1000)  # keys of a test carry no time: no burst of a scanner
        QTest.keyClick(self.focus, key, modifier)

    def write(self, text: str) -> None:
        """Type where the keyboard is."""
        QTest.keyClicks(self.focus, text)

    def enter(self, text: str) -> None:
        """Type, then Enter."""
        self.write(text)
        self.key(Key.Key_Return)

    def finish(self) -> None:
        """Ctrl+Enter."""
        self.key(Key.Key_Return, CTRL)

    def scan(self, code: str) -> None:
        """F3 and the code."""
        self.key(Key.Key_F3)
        self.until(self.page.list.scan.hasFocus)
        self.enter(code)

    @property
    def focus(self) -> QWidget:
        """What has the keyboard."""
        return QApplication.focusWidget() or self.workstation.window

    def dialog(self, kind: type[D]) -> D:
        """The dialog of this kind over the window, once it is there and has the keyboard."""
        self.until(lambda: self._has_keyboard(kind))
        box = QApplication.activeModalWidget()
        assert isinstance(box, kind)
        return box

    def _has_keyboard(self, kind: type[QWidget]) -> bool:
        box = QApplication.activeModalWidget()
        if not isinstance(box, kind):
            return False
        if not box.isActiveWindow():
            box.activateWindow()
        focus: QWidget | None = QApplication.focusWidget()
        return focus is not None and focus.window() is box

    def alone(self) -> None:
        """Wait until no dialog is open and the window has the keyboard again."""
        self.until(lambda: not isinstance(QApplication.activeModalWidget(), QWidget))
        self.workstation.window.activateWindow()
        self.until(self.workstation.window.isActiveWindow)

    def shows(self, specimen: UUID, state: str = "") -> BenchFacts:
        """Wait until this specimen is shown, in this state."""

        def so() -> bool:
            facts = self.page.detail.facts
            return facts is not None and facts.bench.specimen == specimen and state in ("", facts.bench.state)

        self.until(so)
        assert self.page.detail.facts is not None
        return self.page.detail.facts

    def open(self, specimen: UUID, state: str = "") -> BenchFacts:
        """Go to a line with the arrow keys and open it with Enter."""
        table = self.page.list.table
        table.view.setFocus()
        self.until(table.view.hasFocus)
        at = table.rows.find(specimen)
        assert at >= 0, "not on the list"
        self.key(Key.Key_Home, CTRL)
        for _step in range(at):
            self.key(Key.Key_Down)
        self.key(Key.Key_Return)
        return self.shows(specimen, state)

    @property
    def said(self) -> str:
        """What the last scan was said to be."""
        return self.page.list.said.face.title if self.page.list.said is not None else ""

    @property
    def refused(self) -> str:
        """What the detail says was refused."""
        return self.page.detail.refused.face.title if self.page.detail.refused is not None else ""

    def leave(self) -> None:
        """Close the window; the store stays open."""
        self.workstation.close()

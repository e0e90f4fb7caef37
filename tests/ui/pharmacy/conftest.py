# SPDX-License-Identifier: Apache-2.0
"""A pharmacy's window over a real encrypted file, with no server anywhere: the workstation is offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from hms_desktop.security.accounts import Account
from hms_desktop.ui.pharmacy.dispense_screen import DispensePage
from hms_desktop.ui.pharmacy.folder import folder
from hms_desktop.ui.routes import PharmacyQueue
from hms_desktop.ui.shell.workstation import Workstation
from hms_desktop.ui.widgets.look import install_look
from hms_desktop.ui.widgets.theme import theme
from tests.clinic.meeting import Meeting, write
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk
from tests.ui.office import open_office


class Window:
    """One station's window; `press` types keys, `until` waits for what follows."""

    def __init__(self, qtbot: QtBot, desk: Desk) -> None:
        self.qtbot, self.desk = qtbot, desk
        self.workstation: Workstation = open_office(desk, [folder()])
        with qtbot.waitExposed(self.workstation.window):
            self.workstation.show()
        self.workstation.window.activateWindow()
        qtbot.waitUntil(self.workstation.window.isActiveWindow)

    @property
    def page(self) -> DispensePage:
        """The counter."""
        page = self.workstation.window.shown
        assert isinstance(page, DispensePage)
        return page

    def open(self, prescription: UUID) -> DispensePage:
        """Open the counter at a prescription and wait until its patient is shown."""
        self.workstation.desk.routes.open(PharmacyQueue(prescription))
        lines = self.page.pane.lines
        self.until(lambda: any(r.prescription == prescription and r.isVisible() for r in lines.rows))
        self.to_lines()
        return self.page

    def to_lines(self) -> None:
        """Let this station have the keyboard, on the current line."""
        self.front()
        self.page.pane.lines.take_focus()
        self.until(lambda: any(row.hasFocus() for row in self.page.pane.lines.rows))

    def front(self) -> None:
        """Bring the window to the front once no form is open over it."""
        self.until(lambda: QApplication.activeModalWidget() is None)
        self.workstation.window.activateWindow()
        self.until(self.workstation.window.isActiveWindow)

    def press(self, *keys: Any, to: QWidget | None = None) -> None:
        """Type keys where the keyboard is."""
        for key in keys:
            target = to or QApplication.focusWidget() or self.workstation.window
            combination = key if isinstance(key, tuple) else (key, Qt.KeyboardModifier.NoModifier)
            QTest.keyClick(target, *combination)
            QTest.qWait(60)

    def type(self, text: str) -> None:
        """Type words where the keyboard is."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, text)

    def tab_to_line(self) -> None:
        """Tab on to the next line of text."""
        for _step in range(6):
            self.press(Qt.Key.Key_Tab)
            if isinstance(QApplication.focusWidget(), QLineEdit):
                return
        raise AssertionError("no line of text is reached by Tab")

    def scan(self, code: str) -> None:
        """What a scanner types into the scan field."""
        self.page.pane.pick.scan.setFocus()
        self.page.pane.pick.scan.setText(code)
        self.press(Qt.Key.Key_Return, to=self.page.pane.pick.scan)

    def dialog(self) -> QDialog:
        """The small form or question that is open."""
        found: list[QDialog] = []

        def look() -> bool:
            found[:] = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
            focus = QApplication.focusWidget()
            return bool(found) and focus is not None and found[0].isAncestorOf(focus)

        self.until(look)
        return found[0]

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self.qtbot.waitUntil(true, timeout=10_000)

    def rows(self, record: Any) -> list[Any]:
        """All rows of a table in this station's file."""
        return self.desk.ask(lambda reader: reader.rows(select(record.__table__)))

    def close(self) -> None:
        """Close the window."""
        self.workstation.close()


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    """Light, 100 %."""
    if not qapp.property("focusRing"):
        install_look(qapp, "light", 1.0)
    theme.use(mode="light", scale=1.0)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def opens(qtbot: QtBot, scene: Scene) -> Iterator[Callable[[str], Window]]:
    """Call with a name: a further pharmacy station with its window."""
    kept: list[Window] = []

    def open_one(name: str) -> Window:
        desk = scene.meeting.desk(name, "pharmacist", kind="pharmacy")
        who = desk.acting.person
        add = write(
            Account, id=who.id, login=who.login, name=who.name, roles=["pharmacist"], active=True, needs_code=False,
            statement=b"-", wrapped=b"-",
        )  # fmt: skip
        scene.meeting.setup(add)
        kept.append(Window(qtbot, desk))
        return kept[-1]

    yield open_one
    for window in kept:
        window.close()


@pytest.fixture
def window(opens: Callable[[str], Window]) -> Window:
    """One pharmacy station."""
    return opens("Pharmacy 1")


CTRL_ENTER = (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

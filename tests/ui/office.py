# SPDX-License-Identifier: Apache-2.0
"""A workstation opened over a test desk's store: real file, real window, no server and no sign-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from hms_desktop.app import OwnShelf, SignedStore
from hms_desktop.ui.desk import Folder, Place, SignedIn
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sync_facts import NoSync
from hms_desktop.ui.shell.workstation import Rooms, Workstation
from hms_desktop.ui.tasks import Tasks
from tests.desk import CLINIC, Desk
from tests.ui.letters import await_letter


def open_office(desk: Desk, folders: Sequence[Folder], close: Callable[[], object] = lambda: None) -> Workstation:
    """The window of the desk's person with these folders' screens."""
    acting, store = desk.acting, desk.store
    who = acting.person
    person = SignedIn(who.id, who.name, who.login, tuple(sorted(who.roles)), who.permissions)
    station = store.station
    place = Place(CLINIC.name, station.name, station.site, station.kind, CLINIC.currency, CLINIC.zone, CLINIC.training)
    rooms = Rooms(Tasks(SignedStore(store, acting)), OwnShelf(store, who.id), NoSync(), close)
    return Workstation(rooms, person, place, store.clock, Look(), idle_minutes=15, folders=list(folders))


CTRL_ENTER = (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


class Window:
    """One station's window; `press` types keys, `until` waits for what follows."""

    def __init__(self, qtbot: QtBot, desk: Desk, folders: Sequence[Folder]) -> None:
        self.qtbot, self.desk = qtbot, desk
        self.workstation: Workstation = open_office(desk, folders)
        with qtbot.waitExposed(self.workstation.window):
            self.workstation.show()
        self.front()

    @property
    def shown(self) -> Any:
        """The screen that is shown."""
        return self.workstation.window.shown

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
            self.workstation.window.scanner.hear("", 0, -1000)  # keys of a test carry no time: no burst of a scanner
            QTest.keyClick(target, *combination)
            await_letter()

    def type(self, text: str) -> None:
        """Type words where the keyboard is."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, text)

    def tab_to_line(self) -> None:
        """Tab on to the next line of text."""
        for _step in range(8):
            self.press(Qt.Key.Key_Tab)
            if isinstance(QApplication.focusWidget(), QLineEdit):
                return
        raise AssertionError("no line of text is reached by Tab")

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
        self.qtbot.waitUntil(true, timeout=60_000)

    def rows(self, record: Any) -> list[Any]:
        """All rows of a table in this station's file."""
        return self.desk.ask(lambda reader: reader.rows(select(record.__table__)))

    def close(self) -> None:
        """Close the window."""
        self.workstation.close()

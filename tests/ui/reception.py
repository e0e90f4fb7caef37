# SPDX-License-Identifier: Apache-2.0
"""An open window over a real encrypted file, at a desk of a small clinic, for tests of the front desk's screens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.app import OwnShelf, SignedStore
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.reactions import react
from hms_desktop.clinic.staff import service as staff
from hms_desktop.clinic.staff.rules import Hours
from hms_desktop.core.clock import SetClock
from hms_desktop.ui.appointments.folder import folder as appointments
from hms_desktop.ui.desk import Folder, Page, Place, SignedIn
from hms_desktop.ui.patients.folder import folder as patients
from hms_desktop.ui.routes import Route
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sync_facts import NoSync
from hms_desktop.ui.shell.workstation import Rooms, Workstation
from hms_desktop.ui.staff.folder import folder as directory
from hms_desktop.ui.tasks import Tasks
from tests.desk import CLINIC, Desk, person, rights_of

T = TypeVar("T")
MONDAY = date(2026, 11, 23)
PERSON_MS = 1000
KEYS = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Reception:
    """A workstation's window and the store behind it; the server is nowhere."""

    def __init__(self, folder: Path, qtbot: QtBot, *roles: str) -> None:
        self.qtbot = qtbot
        roles = roles or ("receptionist", "manager")
        acting = person("Zanele Ndlovu", rights_of(roles), roles)
        self.desk = Desk(folder, acting, react=react)
        store = self.desk.store
        tasks = Tasks(SignedStore(store, acting))
        who = acting.person
        rooms = Rooms(tasks, OwnShelf(store, who.id), NoSync(), store.close)
        signed_in = SignedIn(who.id, who.name, who.login, roles, who.permissions, "Receptionist")
        place = Place(CLINIC.name, store.station.name, "Main", "all", CLINIC.currency, CLINIC.zone)
        clock = self.desk.clock
        assert isinstance(clock, SetClock)
        self.clock = clock
        self.workstation = Workstation(
            rooms, signed_in, place, clock, Look(), idle_minutes=15, folders=list(self.folders())
        )
        self.window = self.workstation.window
        with qtbot.waitExposed(self.window):
            self.workstation.show()

    @staticmethod
    def folders() -> tuple[Folder, ...]:
        """The screens of the front desk, the register and the directory."""
        return appointments(), patients(), directory()

    def do(self, action: Callable[[Any], T]) -> T:
        """Act behind the window, as another window of this station would."""
        return self.desk.do(action)

    def ask(self, query: Callable[[Any], T]) -> T:
        """Ask the store."""
        return self.desk.ask(query)

    def open(self, route: Route, kind: type[T]) -> T:
        """Go to a place and wait until it stands still."""
        self.workstation.desk.routes.open(route)
        self.settle()
        return self.page(kind)

    def page(self, kind: type[T]) -> T:
        """The page that is shown, which is of this kind."""
        shown = self.window.shown
        assert isinstance(shown, kind), f"{type(shown).__name__} is shown"
        return shown

    def settle(self) -> None:
        """Wait until nothing that was asked for is under way and its answers are shown."""
        calm = 0
        while calm < 2:
            calm = calm + 1 if self.workstation.tasks.settle(0) else 0
            self.workstation.tasks.settle()
            QApplication.processEvents()
            QApplication.sendPostedEvents()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        self.qtbot.waitUntil(lambda: bool(holds()), timeout=60_000)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is, with the pause that tells a person from a scanner."""
        self.window.scanner.hear("", 0, -PERSON_MS)  # keys of a test carry no time: they would all be one burst
        if QApplication.activeWindow() is None:
            self.window.activateWindow()
            QApplication.processEvents()
        QTest.keyClick(self.focus(), key, modifier)
        self.settle()

    def write(self, text: str) -> None:
        """Type where the keyboard is."""
        QTest.keyClicks(self.focus(), text)

    def focus(self) -> QWidget:
        """What has the keyboard."""
        return QApplication.focusWidget() or self.window

    def dialog(self, kind: type[T]) -> T:
        """The dialog of this kind that is open."""
        self.until(lambda: isinstance(QApplication.activeWindow(), kind) and QApplication.focusWidget())
        return self.dialogs(kind)[-1]

    def dialogs(self, kind: type[T]) -> list[T]:
        """All dialogs of this kind that are open."""
        return [w for w in QApplication.topLevelWidgets() if w.isVisible() and isinstance(w, kind)]

    def toasts(self) -> list[str]:
        """What was said, latest first."""
        return [message.text for message in self.window.frame.notices.messages]

    def error(self) -> str:
        """The error that stands above the work, or nothing."""
        panel = self.window.frame.error
        return str(panel.error) if panel.error is not None else ""

    def register(self, **who: Any) -> UUID:
        """Register a patient behind the window."""
        return self.do(partial(register.register, written=Registration(**who)))

    def hours(self, family: str = "Mbeki", service: str = "General practice") -> tuple[UUID, UUID]:
        """A clinician with hours 08:00 to 12:00 on Mondays, in half hours; (practitioner, session)."""
        who = self.do(partial(staff.add_practitioner, family=family, given="Thabo", prefix="Dr", speciality=service))
        room = self.do(partial(staff.add_place, name="Room 3", kind="room"))
        hours = Hours(0, "08:00", "12:00", 30, 1, date(2026, 1, 1))
        return who, self.do(partial(staff.open_session, practitioner=who, hours=hours, service=service, place=room))

    def at(self, clock: str) -> datetime:
        """A time of today by the wall clock."""
        return datetime.combine(MONDAY, datetime.strptime(clock, "%H:%M").time(), CLINIC.zone)

    def close(self) -> None:
        """Close the window and the file."""
        self.workstation.close()


def unnamed(page: Page) -> list[str]:
    """Controls of a page that a screen reader could not name."""
    return [
        f"{type(control).__name__} {control.geometry()}"
        for control in page.findChildren(QWidget)
        if control.isVisible()
        and control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not control.accessibleName()
        and not getattr(control, "text", lambda: "")()
    ]

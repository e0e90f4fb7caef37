# SPDX-License-Identifier: Apache-2.0
"""A clinic whose people have windows: real file, real reactions, no server anywhere: every workstation is offline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.clinic import reactions
from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.rules import check_in_id
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.patients.model import PatientFlag
from hms_desktop.clinic.staff.model import Practitioner
from hms_desktop.core.events import Event
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.unit import Unit
from hms_desktop.ui.desk import Page
from hms_desktop.ui.ehr.folder import folder
from hms_desktop.ui.routes import Route
from hms_desktop.ui.shell.workstation import Workstation
from hms_desktop.ui.widgets.drop_list import DropList
from tests.clinic.ehr.practice import by_role
from tests.clinic.lab.laboratory import Laboratory
from tests.desk import Desk
from tests.ui.letters import await_letter
from tests.ui.office import open_office

CTRL_ENTER = (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
CTRL_S = (Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)


class Rooms(Laboratory):
    """A clinic's day: the doctor of the practice has an own list of patients."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.practitioner = self.add(
            Practitioner, family="Mbeki", given="Thabo", prefix="Dr", account=self.doctor.person.id, active=True
        )

    def _hear(self, unit: Unit, event: Event) -> None:
        super()._hear(unit, event)
        reactions.react(unit, event)

    def booked(self, patient: UUID, minutes: int = 0, reason: str = "") -> UUID:
        """A booking of today with the doctor."""
        starts = self.later() + timedelta(minutes=minutes)
        return self.add(
            Appointment,
            patient=patient,
            practitioner=self.practitioner,
            service="General practice",
            starts=starts,
            minutes=15,
            firm=True,
            reason=reason or None,
            status="booked",
        )

    def arrived(self, patient: UUID, minutes: int = 0, reason: str = "") -> UUID:
        """A booked patient who is here; returns the visit."""
        appointment = self.booked(patient, minutes, reason)
        visit: UUID = self.do(ehr.open_encounter, appointment, patient)
        self.add(CheckIn, id=check_in_id(appointment), appointment=appointment, encounter=visit)
        return visit

    def prescribed(self, patient: UUID, name: str, strength: str, amount: str, frequency: str = "daily") -> UUID:
        """A medicine that is taken."""
        item = self.item(name, strength, "tablet")
        dose = make_dose(Decimal(amount), "mg", "oral", frequency, 28)
        drug: UUID = self.do(ehr.draft_prescription, patient, dose, medicine=item)
        self.do(ehr.prescribe, drug)
        return drug

    def third(self) -> Acting:
        """A further laboratory physician, for corrections that the first one typed."""
        return by_role("Nomsa Khumalo", "lab_verifier")

    def flagged(self, patient: UUID, text: str) -> None:
        """A flag in the banner."""
        self.add(PatientFlag, patient=patient, kind="safety", active=True, text=text)


class Window:
    """One person's window; `press` types keys where the keyboard is, `until` waits for what follows."""

    def __init__(self, qtbot: QtBot, rooms: Rooms, acting: Acting | None = None) -> None:
        self.qtbot = qtbot
        desk = _as(rooms.desk, acting) if acting else rooms.desk
        self.workstation: Workstation = open_office(desk, [folder()])
        with qtbot.waitExposed(self.workstation.window):
            self.workstation.show()
        self.workstation.window.activateWindow()
        qtbot.waitUntil(self.workstation.window.isActiveWindow)

    @property
    def page(self) -> Any:
        """The screen that is shown."""
        return self.workstation.window.shown

    def open(self, route: Route, ready: Callable[[Any], bool]) -> Any:
        """Go somewhere and wait until it is read."""
        self.workstation.desk.routes.open(route)
        self.until(lambda: isinstance(self.page, Page) and ready(self.page))
        return self.page

    def press(self, *keys: Any) -> None:
        """Type keys."""
        for key in keys:
            combination = key if isinstance(key, tuple) else (key, Qt.KeyboardModifier.NoModifier)
            self.workstation.window.scanner.hear("", 0, -1000)  # keys of a test carry no time: no burst of a scanner
            QTest.keyClick(self._target(), *combination)
            await_letter()

    def type(self, text: str) -> None:
        """Type words."""
        QTest.keyClicks(self._target(), text)
        QTest.qWait(20)

    def _target(self) -> QWidget:
        popup = QApplication.activePopupWidget()
        return popup or QApplication.focusWidget() or self.workstation.window

    def pick(self, words: str) -> None:
        """Type into a picker and take the first choice that begins so."""
        self.type(words)
        found: list[str] = []

        def offered() -> bool:
            lists = [box for box in self._target().window().findChildren(DropList) if box.isVisible()]
            found[:] = lists[0].lines if lists else []
            return any(line.casefold().startswith(words.casefold()) for line in found)

        self.until(offered)
        at = next(n for n, line in enumerate(found) if line.casefold().startswith(words.casefold()))
        self.press(*[Qt.Key.Key_Down] * at, Qt.Key.Key_Return)

    def dialog(self, titled: str = "") -> Any:
        """The topmost dialog that is open; with `titled`, the one of that accessible name."""
        found: list[QDialog] = []

        def look() -> bool:
            shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
            found[:] = [w for w in shown if not titled or titled in w.accessibleName()]
            return bool(found)

        self.until(look)
        found[-1].activateWindow()
        self.until(found[-1].isActiveWindow)
        return found[-1]

    def no_dialog(self) -> None:
        """Wait until every dialog is closed."""
        self.until(lambda: not [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()])
        self.workstation.window.activateWindow()
        self.until(self.workstation.window.isActiveWindow)

    def tab_to(self, words: str, most: int = 40) -> QAbstractButton:
        """Tab until a button with these words has the keyboard."""
        passed: list[str] = []
        for _step in range(most):
            focus = QApplication.focusWidget()
            if isinstance(focus, QAbstractButton) and words in focus.accessibleName():
                return focus
            passed.append(focus.accessibleName() or type(focus).__name__ if focus else "nothing")
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(f"no way by Tab to “{words}”: {passed}")

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self.qtbot.waitUntil(true, timeout=60_000)

    def close(self) -> None:
        """Close the window."""
        self.workstation.close()


def _as(desk: Desk, acting: Acting) -> Desk:
    other = object.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    other.acting = acting
    return other

# SPDX-License-Identifier: Apache-2.0
"""A pharmacy's window over a real encrypted file, with no server anywhere: the workstation is offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hms_desktop.security.accounts import Account
from hms_desktop.ui.pharmacy.dispense_screen import DispensePage
from hms_desktop.ui.pharmacy.folder import folder
from hms_desktop.ui.routes import PharmacyQueue
from tests.clinic.meeting import Meeting, write
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk
from tests.ui.office import Window


class Counter(Window):
    """A pharmacy's window at the counter."""

    def __init__(self, qtbot: QtBot, desk: Desk) -> None:
        super().__init__(qtbot, desk, [folder()])

    @property
    def page(self) -> DispensePage:
        """The counter."""
        assert isinstance(self.shown, DispensePage)
        return self.shown

    def open(self, prescription: UUID) -> DispensePage:
        """Open the counter at a prescription and wait until its patient is shown."""
        self.front()
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

    def scan(self, code: str) -> None:
        """What a scanner types into the scan field."""
        self.page.pane.pick.scan.setFocus()
        self.page.pane.pick.scan.setText(code)
        self.press(Qt.Key.Key_Return, to=self.page.pane.pick.scan)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def opens(qtbot: QtBot, scene: Scene) -> Iterator[Callable[[str], Counter]]:
    """Call with a name: a further pharmacy station with its window."""
    kept: list[Counter] = []

    def open_one(name: str) -> Counter:
        desk = scene.meeting.desk(name, "pharmacist", kind="pharmacy")
        who = desk.acting.person
        add = write(
            Account, id=who.id, login=who.login, name=who.name, roles=["pharmacist"], active=True, needs_code=False,
            statement=b"-", wrapped=b"-",
        )  # fmt: skip
        scene.meeting.setup(add)
        kept.append(Counter(qtbot, desk))
        return kept[-1]

    yield open_one
    for window in kept:
        window.close()


@pytest.fixture
def window(opens: Callable[[str], Counter]) -> Counter:
    """One pharmacy station."""
    return opens("Pharmacy 1")

# SPDX-License-Identifier: Apache-2.0
"""A person at a workstation of the demo clinic: the real window, opened by signing in, and what stands in its replica."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from PySide6.QtWidgets import QApplication

from hms_desktop.app import open_workstation
from hms_desktop.core.errors import ClinicError
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import Unit
from hms_desktop.ui.widgets.look import install_look
from installer.day import hands
from installer.day.clinic import DemoClinic

T = TypeVar("T")
WINDOW_SIZE = (1440, 900)


def dressed_application() -> QApplication:
    """The one Qt application of this process, with the clinic's look."""
    known = QApplication.instance()
    app = known if isinstance(known, QApplication) else QApplication(["hms"])
    app.setQuitOnLastWindowClosed(False)
    install_look(app)
    return app


class Seat:
    """One signed-in person at one workstation. `window` is the real main window."""

    def __init__(self, clinic: DemoClinic, station: str, login: str) -> None:
        self.station, self.login = station, login
        self.opened = clinic.unlock(station, login)
        self.workstation = open_workstation(self.opened)
        self.window = self.workstation.window
        self.window.resize(*WINDOW_SIZE)
        self.workstation.show()
        hands.breathe()

    def sit_down(self) -> None:
        """Bring this window to the front."""
        hands.put_in_front(self.window)

    def do(self, action: Callable[[Unit], T]) -> T:
        """Run an action as this person on the window's own writer thread."""
        return self._answer(self.workstation.tasks.run, action)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """What the replica of this workstation holds."""
        return self._answer(self.workstation.tasks.read, query)

    def hears_of(self, record: type[Record], id: UUID) -> None:
        """Wait until a record that was made elsewhere has come to this workstation."""
        hands.until(lambda: self.ask(lambda reader: reader.find(record, id)) is not None, f"news at {self.station}")

    def says(self, part: str) -> str:
        """What a part of the status bar says: `network`, `waiting`, `held_back`, `last_sync`, `conflicts`."""
        return self.window.frame.status.parts[part].words

    def picture(self, path: Path) -> None:
        """Keep what the window shows."""
        hands.breathe(0.05)
        self.window.grab().save(str(path))

    def leave(self) -> None:
        """Sign out: what is typed is kept, the file is closed."""
        self.workstation.close()
        self.window.close()
        self.window.deleteLater()
        self.workstation.deleteLater()
        hands.breathe()

    def _answer(self, way: Callable[..., None], question: Callable[[Any], T]) -> T:
        answers: list[T] = []
        errors: list[ClinicError] = []
        way(question, answers.append, errors.append)
        hands.until(lambda: bool(answers or errors), "an answer from the store")
        if errors:
            raise errors[0]
        return answers[0]

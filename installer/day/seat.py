# SPDX-License-Identifier: Apache-2.0
"""A person at a workstation of the demo clinic: the real window, opened by signing in, and what its replica holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMainWindow, QWidget

from hms_desktop.app import open_workstation
from hms_desktop.core.errors import ClinicError
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.ui.conflicts.detail_pane import DetailPane
from hms_desktop.ui.routes import Route
from hms_desktop.ui.widgets.look import install_look
from installer.day import hands
from installer.day.clinic import DemoClinic

if TYPE_CHECKING:
    from installer.day.day import Day

T = TypeVar("T")
R = TypeVar("R", bound=Route)
WINDOW_SIZE = (1440, 900)
REST_SECONDS = 0.2
"""Longer than a window waits for more news before it reads again."""


def dressed_application() -> QApplication:
    """The one Qt application of this process, with the clinic's look."""
    known = QApplication.instance()
    app = known if isinstance(known, QApplication) else QApplication(["hms"])
    app.setQuitOnLastWindowClosed(False)
    qInstallMessageHandler(_only_news)
    install_look(app)
    stray = app.findChild(StrayWindows)
    if stray is None:
        StrayWindows(app)
    return app


def stray_windows() -> list[str]:
    """The kinds of parts that flashed as windows of their own so far."""
    app = QApplication.instance()
    stray = app.findChild(StrayWindows) if app else None
    return stray.seen if isinstance(stray, StrayWindows) else []


class StrayWindows(QObject):
    """Notes parts of a window that showed themselves before they had a place: each flashes as a window of its own."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.seen: list[str] = []
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at every widget that shows itself without being part of another."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            meant = Qt.WindowType.Popup, Qt.WindowType.ToolTip, Qt.WindowType.Dialog, Qt.WindowType.Sheet
            if not isinstance(watched, QMainWindow) and watched.windowType() not in meant:
                self.seen.append(f"{type(watched).__name__} {watched.accessibleName()}".strip())
        return False


def _only_news(kind: QtMsgType, _where: object, words: str) -> None:
    """Pass on what Qt says, except that the off-screen platform lacks what a window system does."""
    if "This plugin does not support" not in words:
        print(f"Qt: {words}", file=sys.stderr, flush=True)
    if kind == QtMsgType.QtFatalMsg:
        sys.exit(words)


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
        hands.put_in_front(self.dialog() or self.window)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """What the replica of this workstation holds."""
        return self._answer(self.workstation.tasks.read, query)

    def hears_of(self, record: type[Record], id: UUID) -> None:
        """Wait until a record that was made elsewhere has come to this workstation."""
        hands.until(lambda: self.ask(lambda reader: reader.find(record, id)) is not None, f"news at {self.station}")

    def shows(self, kind: type[R]) -> R:
        """Wait until the window shows this kind of place; returns the place."""
        routes = self.workstation.desk.routes
        hands.until(lambda: isinstance(routes.current, kind), f"{self.station} shows {kind.__name__}")
        hands.breathe()
        assert isinstance(routes.current, kind)
        return routes.current

    def dialog_opens(self, name: str) -> QWidget:
        """Wait until a dialog is in front (whose accessible name begins so); returns it."""
        found: list[QWidget] = []

        def there() -> bool:
            dialog = self.dialog()
            if dialog is None or not dialog.accessibleName().startswith(name) or not dialog.isActiveWindow():
                if dialog is not None and QApplication.activeWindow() is not dialog:
                    dialog.activateWindow()  # what a window system does by itself
                return False
            found[:] = [dialog]
            return True

        hands.until(there, f"the dialog “{name}” opens at {self.station}")
        return found[0]

    def heard_in_dialog(self, begins: str) -> str:
        """Words on the dialog in front that begin so, without that beginning."""
        dialog = self.dialog() or self.window
        said = [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
        return next((words.removeprefix(begins) for words in said if words.startswith(begins)), "")

    def rests(self) -> None:
        """Wait until the window shows everything that it has asked for so far."""
        hands.until(self._is_at_rest, f"{self.station} shows what it asked for")

    def _is_at_rest(self) -> bool:
        """Nothing is being read, nor was a while later."""
        at_rest = self.workstation.tasks.settle(0.0)
        hands.breathe(REST_SECONDS)
        return at_rest and self.workstation.tasks.settle(0.0)

    def offers(self, words: str) -> None:
        """Wait until a button of the window says these words and can be pressed."""

        def there() -> bool:
            buttons = self.window.findChildren(QAbstractButton)
            return any(b.isVisible() and b.isEnabled() and b.text().startswith(words) for b in buttons)

        hands.until(there, f"a button “{words}” at {self.station}")

    def first_found(self) -> str:
        """What the search box found first, as it stands there."""
        rows = self.window.palette_box.rows()
        return " ".join(repr(row) for row in rows[:2])

    def offers_choice(self) -> None:
        """Wait until the line of the inbox that is current is open beside the list."""
        hands.until(lambda: bool(self.window.findChildren(DetailPane)), "the line is open beside the list")

    def next_step(self, about: str) -> str:
        """The words of the window's main button (the one of Ctrl Enter), once the window shows what they are about."""
        hands.until(lambda: about in spoken(self.window), f"{self.station} shows {about}")
        buttons = self.window.findChildren(QAbstractButton)
        main = [b for b in buttons if b.isVisible() and b.accessibleDescription() == "Ctrl Enter"]
        return main[-1].text().replace("&", "") if main else ""

    def saves_paper(self, day: Day, name: str) -> None:
        """Save what the print preview shows as a PDF of this name, and close the preview."""
        self.dialog_opens("Print preview")
        day.look(self, f"print-{name}")
        path = day.papers / f"{name}.pdf"
        hands.answer_file_dialog(path)
        hands.press("Ctrl+S")
        hands.until(path.exists, f"{name}.pdf is written")
        self.dialog_opens("Print preview")
        hands.press("Esc")
        hands.until(lambda: not self._previews(), "the preview is closed")
        self.sit_down()

    def _previews(self) -> bool:
        dialog = self.dialog()
        return dialog is not None and dialog.accessibleName().startswith("Print preview")

    def read_patient(self, listed: str) -> None:
        """Read the banner before touching anything: the right patient, by family name."""
        family = listed.split(",")[0].upper()
        banner = self.window.frame.banner
        hands.until(lambda: banner.isVisible() and family in spoken(banner), f"the banner says {family}")

    def dialog(self) -> QWidget | None:
        """The dialog in front of the window, if there is one."""
        return QApplication.activeModalWidget()

    def dialog_closes(self) -> None:
        """Wait until no dialog is in front any more, and the window has the keyboard again."""
        hands.until(lambda: self.dialog() is None, "the dialog is done")
        self.sit_down()  # what a window system does by itself when a dialog goes

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


def spoken(widget: QWidget) -> str:
    """Everything that a part of the window says: its accessible name and the words of its labels."""
    said = [widget.accessibleName(), *(label.text() for label in widget.findChildren(QLabel) if label.isVisible())]
    return " ".join(said)

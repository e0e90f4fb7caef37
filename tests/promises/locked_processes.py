# SPDX-License-Identifier: Apache-2.0
"""The two processes of a workstation as the product starts them, told by a test what a person would do.

`front PROFILE NOTES` is the always-there process: it does what each line on stdin says and answers with a line of JSON.
`session PROFILE NOTES` is what it starts: after sign-in the person types half a form and saves a patient, copies a
name, and leaves a question and a menu standing open; then something breaks over that name. NOTES is a folder outside
the profile: what must not be found elsewhere is written there. `paste - -` is another program that looks what it could
paste.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu

from hms_desktop import app, front
from hms_desktop.__main__ import main as run_hms
from hms_desktop.clinic.patients.service import Registration, register
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.ui.routes import RegisterPatient
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.widgets.clipboard import MARK
from hms_desktop.ui.widgets.confirm import Confirm

PLANTED = "planted.json"


class Hands:
    """What a person does at the always-there process, one line each."""

    def __init__(self, door: FrontDoor) -> None:
        self._door = door
        self._notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._hear)

    def _hear(self) -> None:
        line = os.read(sys.stdin.fileno(), 4096).decode()
        for word, *rest in (one.split("\t") for one in line.splitlines()):
            getattr(self, word.replace("-", "_"))(*rest)

    def look(self) -> None:
        """Say what is to be seen."""
        window = self._door.window
        words = [label.text() for label in window.findChildren(QLabel)] if window else []
        seen = {
            "window": type(window).__name__, "title": window.windowTitle() if window else "",
            "words": " ".join(words), "session": self._door.session_pid, "warm": self._door._ready,
        }  # fmt: skip
        _answer(seen)

    def screen(self) -> None:
        """Say how much of the screen shows anything but this window."""
        window, screen = self._door.window, QGuiApplication.primaryScreen()
        assert window is not None
        real = screen.grabWindow(0).toImage().convertToFormat(QImage.Format.Format_RGB32)
        alone = QImage(real.size(), QImage.Format.Format_RGB32)
        alone.fill(Qt.GlobalColor.black)
        painter = QPainter(alone)
        painter.drawPixmap(window.pos(), window.grab())
        painter.end()
        other = sum(
            real.pixel(x, y) != alone.pixel(x, y) for x in range(0, real.width(), 4) for y in range(0, real.height(), 4)
        )
        _answer({"other": other / (real.width() * real.height() / 16), "size": list(window.size().toTuple())})

    def sign_in(self, login: str, password: str) -> None:
        """Type name and password, or the password alone."""
        window = self._door.window
        if isinstance(window, SignInWindow):
            if window.form.name.isVisibleTo(window.form):
                QTest.keyClicks(window.form.name, login)
                QTest.keyClick(window.form.name, Qt.Key.Key_Return)
            QTest.keyClicks(window.form.password, password)
            QTest.keyClick(window.form.password, Qt.Key.Key_Return)
        elif isinstance(window, LockWindow):
            QTest.keyClicks(window.card.password, password)
            window.card.go_on()

    def breaks(self, name: str) -> None:
        """Something breaks over a name: where windows are served, and beside them, where the courier works."""
        QTimer.singleShot(0, partial(_break, name))
        threading.Thread(target=_break, args=(name,), name="courier").start()

    def leave(self) -> None:
        """Close the program."""
        self._door._leave()


def _answer(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _break(name: str) -> None:
    raise ValueError(name)


def run_front(folder: Path, notes: Path) -> int:
    """The product's own always-there process, with hands."""
    made: list[Any] = []

    def door(_command: list[str], *rest: Any) -> FrontDoor:
        words = [sys.executable, "-m", "tests.promises.locked_processes", "session", str(folder), str(notes)]
        opened = FrontDoor(words, *rest)
        made.append(Hands(opened))
        return opened

    front.FrontDoor = door  # type: ignore[assignment, misc]
    return _command("desktop", folder)


def run_session(folder: Path, notes: Path) -> int:
    """The product's own session process, with somebody who works."""
    real = app.open_workstation

    def opened(profile: OpenProfile, **rest: Any) -> app.Opened:
        workstation = real(profile, **rest)
        QTimer.singleShot(0, partial(_work, workstation, profile, notes))
        return workstation

    app.open_workstation = opened
    return _command("session", folder)


def _command(word: str, folder: Path) -> int:
    """The product's own command."""
    sys.argv = ["hms", word, "--profile", str(folder)]
    run_hms()
    return 0


def _work(workstation: app.Opened, profile: OpenProfile, notes: Path) -> None:
    workstation.desk.routes.open(RegisterPatient())
    page: Any = workstation.window.shown
    _when(lambda: page.form is not None, partial(_type, workstation, profile, notes, page))


def _type(workstation: app.Opened, profile: OpenProfile, notes: Path, page: Any) -> None:
    field = page.form.fields["family"].line
    if (notes / PLANTED).exists():
        _when(lambda: bool(field.text()), partial(_say_back, notes, field))
        return
    mark = os.urandom(9).hex()
    names = [f"{mark}{kind}" for kind in ("typed", "saved", "copied")]
    QTest.keyClicks(field, names[0])
    written = Registration(family=names[1], given="Ann", sex="female", born="1980-02-03")
    workstation.tasks.run(partial(register, written=written), partial(_stand, workstation, profile, notes, names))


def _stand(workstation: app.Opened, profile: OpenProfile, notes: Path, names: list[str], _made: object) -> None:
    QGuiApplication.clipboard().setText(names[2])
    Confirm(workstation.window, "Sure?", names[1], "Yes", lambda: None).open()
    menu = QMenu(workstation.window)
    menu.addAction(names[1])
    menu.popup(workstation.window.mapToGlobal(workstation.window.rect().center()))
    QTimer.singleShot(0, partial(_break, names[1]))
    broken = threading.Thread(target=_break, args=(names[1],))
    broken.start()
    broken.join()
    keys = profile.keys
    secret = [profile.file_key, keys.signing.private_bytes_raw(), keys.exchange.private_bytes_raw()]
    kept = {
        "mark": names[0].removesuffix("typed"), "names": names,
        "keys": [key.hex() for key in secret], "pid": os.getpid(),
    }  # fmt: skip
    drafts = workstation.drafts
    _when(lambda: not drafts._fresh and not drafts._under_way, partial(_note, notes / PLANTED, kept))


def _say_back(notes: Path, field: QLineEdit) -> None:
    _note(notes / "back.json", {"family": field.text(), "pid": os.getpid()})


def _when(holds: Callable[[], bool], then: Callable[[], object]) -> None:
    if holds():
        then()
    else:
        QTimer.singleShot(5, partial(_when, holds, then))


def _note(file: Path, kept: dict[str, Any]) -> None:
    file.with_suffix(".new").write_text(json.dumps(kept), encoding="utf-8")
    file.with_suffix(".new").rename(file)


def paste(_folder: Path, _notes: Path) -> int:
    """Say what another program could paste here, and what a history is told of it."""
    app = QApplication(sys.argv)
    board = QGuiApplication.clipboard()
    hint = bytes(board.mimeData().data(MARK).data()).decode()
    _answer({"text": board.text(), "hint": hint, "platform": app.platformName()})
    return 0


def main() -> None:
    """`front`, `session` or `paste`."""
    run = {"front": run_front, "session": run_session, "paste": paste}[sys.argv[1]]
    sys.exit(run(Path(sys.argv[2]), Path(sys.argv[3])))


if __name__ == "__main__":
    main()

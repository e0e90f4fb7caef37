# SPDX-License-Identifier: Apache-2.0
"""A served clinic whose workstations are enrolled over the wire, and people who sit at them in real windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from hms_desktop.app import Opened, open_workstation
from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import ClinicError
from hms_desktop.security import sign_in
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import pull
from hms_desktop.ui.routes import Route
from hms_desktop.ui.widgets.look import install_look
from hms_desktop.ui.widgets.theme import theme
from installer.day import hands
from installer.day.clinic import morning_zone
from tests.server.process import PASSWORD, ServerProcess

PAUSE_MS = 200
"""Timers up to this long wait for typing or news to pause before a screen reads; longer ones count, or keep drafts."""

T = TypeVar("T")
R = TypeVar("R", bound=Route)


class Seat:
    """One signed-in person at one workstation: the real window and what the replica below it holds."""

    def __init__(self, folder: Path, login: str, clock: Clock | None = None, code: str | None = None) -> None:
        opened = sign_in.unlock(folder, login, PASSWORD, code, keychain=FileKeychain(folder))
        self.workstation: Opened = open_workstation(opened, clock=clock)
        self.window: Any = self.workstation.window
        self.workstation.show()
        hands.breathe()

    def sit_down(self) -> Seat:
        """Bring this window to the front."""
        hands.put_in_front(self.window)
        return self

    def goes_to(self, route: R) -> Any:
        """Open a place; returns the screen that shows it."""
        assert self.workstation.desk.routes.open(route)
        hands.breathe()
        return self.window.shown

    def shows(self, kind: type[R]) -> R:
        """Wait until the window shows this kind of place; returns the place."""
        routes = self.workstation.desk.routes
        hands.until(lambda: isinstance(routes.current, kind), f"{kind.__name__} is shown")
        hands.breathe()
        assert isinstance(routes.current, kind)
        return routes.current

    def says(self, part: str) -> str:
        """What a part of the status bar says."""
        return str(self.window.frame.status.parts[part].words)

    def do(self, action: Callable[[Unit], T]) -> T:
        """Run an action as this person on the window's own writer thread."""
        return self._answer(self.workstation.tasks.run, action)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """What this replica holds."""
        return self._answer(self.workstation.tasks.read, query)

    def _answer(self, way: Callable[..., None], question: Callable[[Any], T]) -> T:
        answers: list[T] = []
        errors: list[ClinicError] = []
        way(question, answers.append, errors.append)
        hands.until(lambda: bool(answers or errors), "an answer from the store")
        if errors:
            raise errors[0]
        return answers[0]

    def rests(self) -> None:
        """Wait until nothing that was asked of this window is under way: no answer, no timer that waits for a pause."""
        quiet = 0
        while quiet < 2:
            turned: list[bool] = []
            assert self.workstation.tasks.settle(hands.PATIENCE_SECONDS)
            QTimer.singleShot(0, partial(turned.append, True))
            hands.until(lambda turned=turned: bool(turned), "what has come is shown")  # type: ignore[misc]
            quiet = 0 if self._awaits() else quiet + 1

    def _awaits(self) -> bool:
        timers = self.window.findChildren(QTimer)
        soon = any(t.isActive() and t.isSingleShot() and t.interval() <= PAUSE_MS for t in timers)
        return soon or bool(self.workstation.tasks._pending)

    def in_step(self) -> None:
        """Wait until nothing waits here and the server has answered; who comes back to it presses “Sync now”."""
        if self.says("network") != "Online":
            self.workstation.bench.runner.sync_now()
        hands.until(lambda: self.says("network") == "Online" and self.says("waiting") == "0 changes waiting", "in step")

    @property
    def followed(self) -> int:
        """The position of the server up to which everything that is for this device has come."""
        exchange = self.workstation.bench.exchange
        assert exchange.welcome is not None
        with exchange.store.reading() as connection:
            places = pull.cursors(connection, UUID(bytes=exchange.welcome.server))
        return min((places.get(table, 0) for table in exchange.granted), default=0)

    def offline(self) -> None:
        """Wait until the window says that it is offline."""
        hands.until(lambda: self.says("network").startswith("Offline since "), "offline is said", 60)

    def leave(self) -> None:
        """Sign out."""
        self.workstation.close()
        self.window.close()
        self.window.deleteLater()
        self.workstation.deleteLater()
        hands.breathe()


class ServedClinic:
    """A server process and enrolled, filled workstations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = ServerProcess(folder / "server", morning_zone())
        self._seats: list[Seat] = []

    def person(self, login: str, *roles: str, coded: bool = False) -> None:
        """Somebody who may sign in; `coded`, and whose role asks for it, with a second factor."""
        self.server.person(login, *roles, coded=coded)

    def setup(self, action: Callable[[Unit], T]) -> T:
        """Write something at the server, as its worker."""
        return self.server.home.store.act(action, self.server.home.worker)

    def at_server(self, query: Callable[[Reader], T]) -> T:
        """What the server holds."""
        return self.server.home.store.read(query, self.server.home.worker)

    def station(self, name: str, kind: str, login: str, site: str = "Main") -> Path:
        """Enrol and fill a workstation; returns its folder."""
        folder = self.folder / name
        self.server.enrol(folder, name, kind, site)
        bench = self.server.bench(folder, login)
        bench.exchange.catch_up()
        bench.store.close()
        return folder

    def sit(self, name: str, login: str, clock: Clock | None = None) -> Seat:
        """Somebody signs in at a workstation; the window is open and in front."""
        seat = Seat(self.folder / name, login, clock, self.server.factor(login, self.folder / name))
        self._seats.append(seat)
        return seat.sit_down()

    def meet(self, *seats: Seat) -> None:
        """Everybody is in step, and each has what any of them had sent by then."""
        for seat in seats:
            seat.in_step()
        with self.server.home.store.reading() as connection:
            place = pull.position(connection)
        hands.until(lambda: all(seat.followed >= place for seat in seats), "everybody has what the others sent")

    def leaves(self, seat: Seat) -> None:
        """One person signs out."""
        self._seats.remove(seat)
        seat.leave()

    def rise(self) -> None:
        """Everybody signs out."""
        while self._seats:
            self._seats.pop().leave()

    def close(self) -> None:
        """The end."""
        self.rise()
        self.server.close()


@contextmanager
def served(folder: Path, app: QApplication) -> Iterator[ServedClinic]:
    """A clinic to fill, start and use; everything is closed in the end."""
    if not app.property("focusRing") or (theme.mode, theme.scale) != ("light", 1.0):
        install_look(app, "light", 1.0)
    app.setQuitOnLastWindowClosed(False)
    clinic = ServedClinic(folder)
    try:
        yield clinic
    finally:
        clinic.close()


def words_of(widget: QWidget) -> str:
    """Everything that the visible parts of a widget say, to the eye or to a screen reader."""
    said = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    said += [part.accessibleName() for part in widget.findChildren(QWidget) if part.isVisible()]
    return " | ".join(dict.fromkeys(words for words in said if words))


def rows_of(table: Any) -> list[str]:
    """Every row of a `Table`, as a screen reader hears it."""
    model = table.view.model()
    return [
        " | ".join(str(model.index(row, column).data()) for column in range(model.columnCount()))
        for row in range(model.rowCount())
    ]


def type_form(fields: Sequence[tuple[str, str]]) -> int:
    """Type into fields by Tab in reading order; returns how many keys it took."""
    keys = 0
    for name, text in fields:
        before = hands.focused_name()
        hands.tab_to(name)
        keys += (0 if before == name else 1) + len(text)
        hands.type_text(text)
    return keys


def the(found: Sequence[UUID]) -> UUID:
    """The only one."""
    assert len(found) == 1, found
    return found[0]

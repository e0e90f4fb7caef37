# SPDX-License-Identifier: Apache-2.0
"""While nobody is signed in, what was saved still reaches the server and what is new still comes: real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.core.clock import SystemClock
from hms_desktop.front import ProfileGate, hire_courier
from hms_desktop.security import sign_in
from hms_desktop.security.accounts import Account
from hms_desktop.security.profile import trusted_profile
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync import pull
from hms_desktop.sync.client import HttpTransport
from hms_desktop.sync.courier import Courier
from hms_desktop.sync.gathered import Inbox
from hms_desktop.sync.protocol import Pushed
from hms_desktop.sync.sealed import PATH, SealedPush
from hms_desktop.sync.spool import Spool
from hms_desktop.ui.shell.courier_room import CourierRoom, Pace
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.memory import remembered
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.wiped_window import WipedWindow
from hms_desktop.ui.widgets.look import install_look
from installer.day import hands
from sync_server import standing
from tests.server.process import PASSWORD, ServerProcess, until

LOGIN = "zanele"
SAVED = 3


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A served clinic with one receptionist."""
    server = ServerProcess(tmp_path / "server")
    server.person(LOGIN, "receptionist")
    server.start()
    yield server
    server.close()


def enrolled(server: ServerProcess, folder: Path) -> Path:
    """A workstation that was filled and heard once how it stands."""
    server.enrol(folder, folder.name, "front_desk")
    bench = server.bench(folder, LOGIN)
    bench.exchange.catch_up()
    bench.shut()
    return folder


def killed_after_saving(folder: Path) -> None:
    """A session process that is killed the moment it has said that the last of its work is saved."""
    words = [sys.executable, "-m", "tests.promises.courier_process", str(folder), LOGIN, str(SAVED)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        for line in session.stdout:
            if line == f"saved {SAVED - 1}\n":
                session.kill()
                break


def saved(server: ServerProcess, folder: Path) -> None:
    """Somebody works without the network and leaves."""
    bench = server.bench(folder, LOGIN)
    for at in range(SAVED):
        task = partial(give_task, title=f"Task {at}", role="receptionist", subject=None, subject_table=None)
        bench.store.act(task, bench.acting)
    bench.shut()


def tasks_at(server: ServerProcess) -> list[str]:
    """Titles of the tasks that the server holds."""
    return [r.title for r in server.home.store.read(lambda r: r.rows(select(Task.title)), server.home.worker)]


def gathered_to(folder: Path) -> int:
    """The position that the gathered pages reach."""
    device = trusted_profile(folder, FileKeychain(folder))[0].station.device
    return max((page.whence.position for page in Inbox(folder, device).pages()), default=0)


def opened_door(folder: Path) -> FrontDoor:
    """The always-there process's door and courier, where nobody comes to sign in."""
    nobody_comes = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    door = FrontDoor(nobody_comes, ProfileGate(folder), remembered(folder), SystemClock())
    door.employ(CourierRoom(partial(hire_courier, folder), Pace(rest=0.2, retry=(0.2,))))
    door.start()
    return door


def says(window: QWidget | None) -> str:
    """All that a window says."""
    return " ".join(label.text() for label in window.findChildren(QLabel)) if window else ""


def test_what_was_saved_goes_out_and_news_comes_in_while_nobody_is_signed_in(
    qapp: QApplication, tmp_path: Path, server: ServerProcess
) -> None:
    install_look(qapp, "light", 1.0)
    qapp.setQuitOnLastWindowClosed(False)
    folder = enrolled(server, tmp_path / "desk")
    server.kill()
    killed_after_saving(folder)
    assert len(Spool(folder).numbers()) == SAVED and tasks_at(server) == []

    door = opened_door(folder)
    hands.until(lambda: door._reachable is False, "it tries")
    assert tasks_at(server) == []
    server.start()
    hands.until(lambda: "3 changes sent, 0 waiting, last contact today" in says(door.window), "sign-in says so", 60)
    assert sorted(tasks_at(server)) == ["Task 0", "Task 1", "Task 2"] and Spool(folder).numbers() == []

    server.person("joiner", "receptionist")
    with server.home.store.reading() as connection:
        place = pull.position(connection)
    hands.until(lambda: gathered_to(folder) >= place, "what is new is here", 60)
    door.stop()
    server.kill()
    news_is_here_without_the_server(server, folder)
    the_last_order_is_carried_out(server, folder)


def news_is_here_without_the_server(server: ServerProcess, folder: Path) -> None:
    """Unlocking applies what came; who joined meanwhile signs in at once, and nothing waits to be sent again."""
    bench = server.bench(folder, LOGIN)
    bench.runner.start()
    question = select(Account.login).order_by(Account.login)
    until(lambda: len(bench.store.read(lambda r: r.rows(question), bench.acting)) == 2)
    until(lambda: not list(Inbox(folder, bench.store.station.device).pages()))
    assert bench.exchange.counts().waiting == 0
    bench.close()
    sign_in.unlock(folder, "joiner", PASSWORD, keychain=FileKeychain(folder))


def the_last_order_is_carried_out(server: ServerProcess, folder: Path) -> None:
    """A workstation that is to be wiped brings what waits, then destroys everything, with nobody signed in."""
    saved(server, folder)
    device = trusted_profile(folder, FileKeychain(folder))[0].station.device
    standing.order_wipe(server.home, device)
    server.start()
    door = opened_door(folder)
    assert isinstance(door.window, SignInWindow)
    hands.until(lambda: isinstance(door.window, WipedWindow), "it says that it was wiped", 60)
    door.stop()
    assert len(tasks_at(server)) == 2 * SAVED
    left = sorted(file.name for file in folder.rglob("*"))
    assert set(left) <= {"desktop.lock", "wiped.json"}, left


def test_what_is_brought_twice_changed_or_by_another_changes_nothing(tmp_path: Path, server: ServerProcess) -> None:
    folder = enrolled(server, tmp_path / "desk")
    saved(server, folder)
    boxes = Spool(folder).batch(10, 10_000_000)
    courier = Courier(folder, FileKeychain(folder))
    told = courier.round(lambda: True, 0)
    assert (told.sent, told.waiting, len(tasks_at(server))) == (SAVED, 0, SAVED)
    line = courier._line
    assert isinstance(line, HttpTransport)
    again = line.send(PATH, SealedPush(boxes), Pushed)
    assert {verdict.state for verdict in again.verdicts} == {"repeated"} and len(tasks_at(server)) == SAVED

    spoilt = boxes[0].sealed[:-1] + bytes([boxes[0].sealed[-1] ^ 1])
    changed = type(boxes[0])(boxes[0].number, boxes[0].root, spoilt)
    renamed = type(boxes[0])(boxes[0].number + 10, boxes[0].root, boxes[0].sealed)
    for box in (changed, renamed):
        (verdict,) = line.send(PATH, SealedPush([box]), Pushed).verdicts
        assert (verdict.number, verdict.state) == (box.number, "unreadable")
    courier.close()

    other = Courier(enrolled(server, tmp_path / "other"), FileKeychain(tmp_path / "other"))
    other.round(lambda: True, 0)
    assert isinstance(other._line, HttpTransport)
    (verdict,) = other._line.send(PATH, SealedPush(boxes[:1]), Pushed).verdicts
    assert verdict.state == "unreadable" and len(tasks_at(server)) == SAVED
    other.close()

    bench = server.bench(folder, LOGIN)
    assert bench.exchange.counts().waiting == 0
    bench.shut()

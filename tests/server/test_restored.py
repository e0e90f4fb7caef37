# SPDX-License-Identifier: Apache-2.0
"""A lost server, and yesterday's backup put back: workstations bring back by themselves what came since."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.patients.service import give_task
from hms_desktop.core.ids import author_code
from hms_desktop.security.accounts import Device
from sync_server import console_access as access
from sync_server.administration import COMMAND, By
from sync_server.devices import device_rows
from sync_server.home import KEYS_FILE
from sync_server.notebook import open_notebook
from sync_server.people import NewPerson, add_person
from tests import stores
from tests.server.console.scene import Hand
from tests.server.process import CHEAP, PASSWORD, ServerProcess


def works(server: ServerProcess, folder: Path, login: str, *titles: str, told: bool = True) -> None:
    """Somebody writes tasks at a workstation, which then meets the server (or can't)."""
    bench = server.bench(folder, login)
    for title in titles:
        bench.store.act(partial(give_task, title=title, role="receptionist"), bench.acting)
    if told:
        bench.exchange.catch_up()
        assert bench.exchange.counts().waiting == 0
    bench.shut()


def titles_at(server: ServerProcess) -> set[str]:
    home = server.home
    return {row.title for row in home.store.read(lambda r: r.rows(select(Task.title)), home.worker)}


def report(server: ServerProcess) -> tuple[int, dict[str, object]]:
    done = server.run("restored", "--json")
    return done.returncode, json.loads(done.stdout)


def stations(server: ServerProcess, names: Iterable[tuple[str, str]], root: Path) -> list[Path]:
    for name, kind in names:
        server.enrol(root / name, name, kind)
    return [root / name for name, _kind in names]


class Keeper:
    """An administrator with a console password and an authenticator."""

    def __init__(self, server: ServerProcess) -> None:
        self.server, self.home, self._seed = server, server.home, pyotp.random_base32()
        add_person(self.home, NewPerson("anele", "Anele", ("administrator",), PASSWORD), CHEAP)
        book = open_notebook(self.home)
        by, person = By(self.home.facts.id, "Sync server", COMMAND), access.colleague_called(self.home, "anele")
        access.give_access(self.home, book, by, person, PASSWORD, self._seed, CHEAP)
        book.close()

    def code(self, _login: str) -> str:
        """What the authenticator shows."""
        return str(pyotp.TOTP(self._seed).now())

    def looks_at(self, server: ServerProcess) -> Hand:
        """Signed in to the console of this server."""
        self.server, self.home = server, server.home
        return Hand(self, "anele")  # type: ignore[arg-type]


def stops_with_work(server: ServerProcess, folder: Path, login: str) -> None:
    """Somebody writes something, the workstation calls, and before it sends the computer is gone."""
    bench = server.bench(folder, login)
    bench.store.act(partial(give_task, title="left behind", role="receptionist"), bench.acting)
    bench.exchange.greet()
    bench.shut()


def shows_that_all_is_here(again: ServerProcess, hand: Keeper, authors: set[int], folder: Path) -> None:
    """A new workstation has a number that nobody had; the command and the page say that nothing is awaited."""
    (fresh,) = stations(again, [("Fresh", "front_desk")], folder)
    works(again, fresh, "sipho")
    new = again.home.store.read(
        lambda r: r.scalar(select(Device.author).where(Device.name == "Fresh")), again.home.worker
    )
    assert new not in authors and new > max(authors)
    assert "is here again" in again.run("restored").stdout
    page = hand.sees("backups")
    assert "Every workstation gave back what it held" in page and "Put back from a backup" in page


@pytest.mark.hazard("H25")
@pytest.mark.accepts("SYN-10", "X-20", "SYN-08")
@stores.files_only("a database is put back by PostgreSQL's own means")
def test_a_lost_server_is_put_back_and_nothing_that_anybody_holds_is_lost(tmp_path: Path) -> None:
    lost = ServerProcess(tmp_path / "server")
    lost.person("zanele", "receptionist")
    keeper = Keeper(lost)
    lost.start()
    desk, second = stations(lost, [("Desk", "front_desk"), ("Second", "all")], tmp_path)
    works(lost, desk, "zanele", "before")
    works(lost, second, "zanele")
    (tmp_path / "copies").mkdir()
    copy = lost.command("backup", "--to", str(tmp_path / "copies"))["file"]
    lost.person("sipho", "receptionist")
    (late,) = stations(lost, [("Late", "front_desk")], tmp_path)
    works(lost, late, "sipho", "by who came later")
    works(lost, desk, "zanele", "after", "after, too")
    works(lost, second, "zanele", "at the second")
    lost.kill()
    works(lost, desk, "zanele", "never sent", told=False)
    authors = {row.author for row in lost.home.store.read(lambda r: r.rows(select(Device.author)), lost.home.worker)}
    everything = titles_at(lost) | {"never sent"}
    lost.close()
    to = tmp_path / "restored"
    told = lost.command("restore", copy, "--to", str(to), "--keys", str(lost.folder / KEYS_FILE))
    lost.folder.rename(tmp_path / "gone")
    again = ServerProcess(to)
    assert told["author"] not in {author_code(author) for author in authors}
    again.start()
    code, found = report(again)
    assert code == 1 and found["awaited"] == ["Desk", "Second"] and titles_at(again) == {"before"}
    again.factors = lost.factors
    said = again.run("restored").stdout
    assert "Second                   is awaited" in said and "Nothing is lent" in said
    hand = keeper.looks_at(again)
    assert "Still awaited: Desk, Second." in hand.sees("backups")
    works(again, second, "zanele")
    assert {"by who came later", "after", "after, too", "at the second"} <= titles_at(again)
    code, found = report(again)
    assert code == 1 and found["awaited"] == ["Desk", "Late"]
    works(again, desk, "zanele")
    works(again, late, "sipho", "and on it goes")
    works(again, desk, "zanele")
    code, found = report(again)
    assert (code, found["awaited"], found["missing"], found["complete"]) == (0, [], [], True), found
    assert titles_at(again) == everything | {"and on it goes"}
    shows_that_all_is_here(again, hand, authors, tmp_path)
    stops_with_work(again, late, "sipho")
    (row,) = (one for one in device_rows(again.home) if one.name == "Late")
    page = hand.sees(f"devices/{row.id.hex}")
    assert "<strong>1 change</strong>" in page and "Last call" in page, "by its own last word"
    assert again.run("verify", "--json").returncode == 0
    again.close()

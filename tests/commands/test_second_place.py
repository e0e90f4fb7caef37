# SPDX-License-Identifier: Apache-2.0
"""`hms backup` as people run it: the line is down, the work is kept on a second disk, too, then the computer dies."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands import second_copy
from hms_desktop.commands.bench import Bench
from hms_desktop.commands.second_copy import SecondCopy
from hms_desktop.security.audit import AccessEvent
from hms_desktop.sync.second_place import SecondPlace, second_place
from hms_desktop.sync.vectors import chain_end
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess, until

DESK = "Front desk 1"


@pytest.fixture
def server(tmp_path: Path) -> ServerProcess:
    """A server that knew a workstation once, and is then out of reach."""
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start()
    server.enrol(tmp_path / "desk", DESK, "front_desk")
    bench = server.bench(tmp_path / "desk", "zanele")
    bench.exchange.catch_up()
    bench.shut()
    server.stop()
    return server


def backup(desk: Path, *words: str) -> CompletedProcess[str]:
    """`hms backup` at this workstation."""
    who = ("--profile", str(desk), "--login", "zanele", "--password-stdin", "--json")
    return hms("backup", *words, *who, typed=PASSWORD + "\n")


def told(done: CompletedProcess[str], code: int = 0) -> dict[str, Any]:
    """What a command answered; fails the test for another exit code."""
    assert done.returncode == code, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def take_in(bench: Bench, family: str) -> None:
    """Somebody new is registered."""
    bench.store.act(
        partial(register, written=Registration(family=family, sex="female", born="1980-02-03")), bench.acting
    )


def place_of(bench: Bench) -> SecondPlace:
    """How the second place stands."""
    with bench.store.reading() as connection:
        place = second_place(connection)
    assert place is not None
    return place


def last_of(bench: Bench) -> int:
    """The number of the last thing that was done here."""
    with bench.store.reading() as connection:
        return chain_end(connection, bench.store.station.author).number


def test_the_work_of_a_computer_that_died_before_the_line_came_back_is_not_lost(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_copy, "SETTLE_SECONDS", 0.01)
    desk, stick = tmp_path / "desk", tmp_path / "stick"
    stick.mkdir()
    assert told(backup(desk))["folder"] == "", "nobody chose a place yet"
    first = told(backup(desk, "--to", str(stick)))
    assert (stick / first["file"]).is_file() and first["problem"] == ""

    bench = server.bench(desk, "zanele")
    copy = SecondCopy(bench)
    copy.start()
    for family in ("Okonkwo", "Adeyemi"):
        take_in(bench, family)
    until(lambda: place_of(bench).number == last_of(bench))
    (file,) = stick.iterdir()
    assert file.name == place_of(bench).file != first["file"], "one file, and it is the newest"
    assert not any(name in file.read_bytes() for name in (b"Okonkwo", b"Adeyemi"))
    copy.stop()
    bench.store.close()
    shutil.rmtree(desk)

    server.start()
    came = server.command("bundle", "take", str(file))
    assert came["station"] == DESK and came["refused"] == 0
    with server.home.store.reading() as connection:
        families = set(connection.execute(select(Patient.family)).scalars())
        looks = set(connection.execute(select(AccessEvent.detail).where(AccessEvent.kind == "export")).scalars())
    assert families == {"Okonkwo", "Adeyemi"} and looks == {"second place"}
    assert server.command("verify")["broken"] == []
    server.close()


def test_a_place_that_is_gone_is_said_and_used_again_when_it_is_back(server: ServerProcess, tmp_path: Path) -> None:
    desk, stick, drawer = tmp_path / "desk", tmp_path / "stick", tmp_path / "drawer"
    stick.mkdir()
    before = told(backup(desk, "--to", str(stick)))
    stick.rename(drawer)
    gone = told(backup(desk), 6)["message"]
    assert str(stick) in gone and "is the disk in?" in gone and f"copy of {before['made']} stays" in gone
    drawer.rename(stick)
    back = told(backup(desk))
    assert back["problem"] == "" and [one.name for one in stick.iterdir()] == [back["file"]]

    server.start()
    told(hms("sync", "--profile", str(desk), "--login", "zanele", "--password-stdin", "--json", typed=PASSWORD + "\n"))
    after = told(backup(desk))
    left = {one.name for one in stick.iterdir()}
    assert left == ({after["file"]} if after["file"] else set()), "what the server has does not lie about"
    assert told(backup(desk, "--off"))["folder"] == "" and not list(stick.iterdir())
    server.close()


def test_a_place_that_would_be_lost_with_the_computer_is_refused(server: ServerProcess, tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    for folder, words in ((desk, "own folder"), (desk / "in", "no folder"), (desk / "profile.json", "no folder")):
        assert words in told(backup(desk, "--to", str(folder)), 2)["message"]
    assert told(backup(desk, "--to", str(tmp_path), "--off"), 2)["message"].startswith("Either")
    assert told(backup(desk))["folder"] == ""
    server.close()

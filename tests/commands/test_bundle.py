# SPDX-License-Identifier: Apache-2.0
"""`hms bundle` and `hms-server bundle` as people run them: the server's process is stopped, and files are carried."""

from __future__ import annotations

import json
import threading
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.security.profile import trusted_profile
from hms_desktop.security.standing import read_standing
from hms_desktop.storage.keychain import FileKeychain
from sync_server import devices
from tests.promises.commands import ask, hms
from tests.server.process import PASSWORD, ServerProcess, until


def enrol_by_stick(server: ServerProcess, folder: Path) -> None:
    """A second computer is enrolled by the command and left empty."""
    code = server.code("Front desk 2")
    words = ("enroll", "--profile", str(folder), "--server", server.address, "--code", code, "--by-stick",
             "--allow-private-file", "--json")  # fmt: skip
    done: list[int] = []
    said: list[str] = []

    def run() -> None:
        ran = hms(*words)
        said.append(ran.stdout + ran.stderr)
        done.append(ran.returncode)

    enrolling = threading.Thread(target=run)
    enrolling.start()
    until(lambda: done or any(row.status == "pending" for row in devices.device_rows(server.home)))
    assert not done, said
    devices.decide(server.home, devices.find_device(server.home, "Front desk 2").id, "approved")
    enrolling.join()
    assert done == [0], said


@pytest.fixture
def server(tmp_path: Path) -> ServerProcess:
    """A server that runs while two computers are enrolled, and is stopped then."""
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start()
    server.enrol(tmp_path / "one", "Front desk 1", "front_desk")
    bench = server.bench(tmp_path / "one", "zanele")
    bench.exchange.catch_up()
    bench.store.act(
        partial(register, written=Registration(family="Okonkwo", sex="female", born="1980-02-03")), bench.acting
    )
    bench.store.close()
    enrol_by_stick(server, tmp_path / "two")
    server.stop()
    return server


def carry(folder: Path, *words: str) -> CompletedProcess[str]:
    """One `hms bundle` command at this workstation."""
    who = ("--profile", str(folder), "--login", "zanele", "--password-stdin", "--json")
    return hms("bundle", *words, *who, typed=PASSWORD + "\n")


def carried(folder: Path, *words: str) -> dict[str, Any]:
    """The same; fails the test unless it succeeds."""
    done = carry(folder, *words)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def standing_ms(folder: Path) -> int:
    """When the server last said how this workstation stands, as far as it is known there (ms since 1970)."""
    profile, keys = trusted_profile(folder, FileKeychain(folder))
    standing = read_standing(folder, profile, keys)
    return standing.issued_ms if standing else 0


@pytest.mark.accepts("SYN-02")
def test_a_stick_carries_what_no_line_does_and_fills_an_empty_workstation(
    server: ServerProcess, tmp_path: Path
) -> None:
    one, two, stick = tmp_path / "one", tmp_path / "two", tmp_path / "stick"
    stick.mkdir()
    up = carried(one, "make", "--for", "server", "--to", str(stick))
    assert up["sets"] >= 1 and b"Okonkwo" not in Path(up["file"]).read_bytes()
    came = server.command("bundle", "take", up["file"])
    assert (came["station"], came["refused"], came["waiting"]) == ("Front desk 1", 0, 0) and came["taken"] == up["sets"]
    again = server.run("bundle", "take", up["file"], "--json")
    assert again.returncode == 1 and "already" in json.loads(again.stdout)["message"]

    before = standing_ms(one)
    for folder, name in ((one, "Front desk 1"), (two, "Front desk 2")):
        down = server.command("bundle", "make", "--for", name, "--to", str(stick))
        taken = carried(folder, "take", down["file"])
        assert taken["lacking"] == 0 and taken["filled"] == down["filled"]
        found = ask(folder, "zanele", "search", "okonkwo")
        assert [patient["name"] for patient in found["patients"]] == ["Okonkwo"]
    assert taken["filled"] > 50 and standing_ms(one) > before > 0, "its permit is renewed, too"
    wrong = carry(one, "take", down["file"])
    assert wrong.returncode == 4 and "another workstation" in wrong.stderr
    back = carried(two, "make", "--to", str(stick))
    assert server.command("bundle", "take", back["file"])["taken"] == back["sets"]
    assert server.command("verify")["broken"] == []
    assert ask(one, "zanele", "verify")["broken"] == []
    server.close()

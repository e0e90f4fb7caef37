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
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.carrying import make_file, take_file
from hms_desktop.commands.second_copy import keep_at
from hms_desktop.security.administration import AdminEvent
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.profile import trusted_profile
from hms_desktop.security.standing import read_standing
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync.bundles import Made
from hms_desktop.sync.fill import Cancelled
from hms_desktop.ui.shell.sync_link import AtWork, Carries, RunnerLink
from sync_server import devices
from tests.promises.commands import hms
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
    being_made = server.folder / "snapshots" / ("0" * 32)
    being_made.mkdir(parents=True)
    down = server.command("bundle", "make", "--for", "Front desk 1", "--to", str(stick))
    assert being_made.is_dir(), "what a serving server is making stays"
    taken = carried(one, "take", down["file"])
    assert (taken["lacking"], taken["filled"]) == (0, 0) and taken["delivered"] == up["sets"]
    assert standing_ms(one) > before > 0, "its permit is renewed, too"

    down = server.command("bundle", "make", "--for", "Front desk 2", "--to", str(stick))
    back = filled_by_the_window(server, two, Path(down["file"]), stick)
    assert server.command("bundle", "take", str(back.file))["taken"] == back.sets
    assert server.command("verify")["broken"] == []
    assert written_down(server) == {
        "export": {"bundle 1"}, "carried-in": {"bundle 1"}, "bundle.made": {"Front desk 1 1", "Front desk 2 1"},
        "bundle.taken": {f"Front desk 1 1: {up['sets']}", f"Front desk 2 1: {back.sets}"},
    }  # fmt: skip
    server.close()


def filled_by_the_window(server: ServerProcess, folder: Path, file: Path, stick: Path) -> Made:
    """What the window's buttons do: the file is taken in, stopped on the way and taken in again; then one is made."""
    bench = server.bench(folder, "zanele")
    carries = Carries(partial(make_file, bench), partial(take_file, bench), partial(keep_at, bench))
    who = AtWork(bench.store.station.author, bench.acting.person.id)
    link = RunnerLink(bench.runner, bench.store.reading, who, lambda _held, _role: None, carries=carries)
    with pytest.raises(Cancelled):
        link.carry_in(file, lambda _done, _of: link.stop_carrying())
    taken = link.carry_in(file, lambda _done, _of: None)
    assert taken.filled > 50 and taken.lacking == 0
    names = bench.store.read(lambda reader: reader.rows(select(Patient.family)), bench.acting)
    assert [row.family for row in names] == ["Okonkwo"]
    made = link.carry_out(stick, lambda _done, _of: None)
    bench.shut()
    return made


def written_down(server: ServerProcess) -> dict[str, set[str]]:
    """What stands in the trail of files that went and came: at the workstations, and in the administrators' log."""
    found: dict[str, set[str]] = {}
    with server.home.store.reading() as connection:
        looks = select(AccessEvent.kind, AccessEvent.detail).where(AccessEvent.kind.in_(("export", "carried-in")))
        acts = select(AdminEvent.kind, AdminEvent.detail).where(AdminEvent.kind.startswith("bundle."))
        for row in [*connection.execute(looks), *connection.execute(acts)]:
            found.setdefault(row.kind, set()).add(row.detail)
    return found

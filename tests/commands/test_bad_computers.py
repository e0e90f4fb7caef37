# SPDX-License-Identifier: Apache-2.0
"""A computer that is not as it should be: another program holds the file, the disk takes no writing, the program is
opened twice, the clock is wrong. Each is said plainly, and goes on by itself once it is put right.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from installer.day.server import free_port
from sync_server.authority import SERVER_DAYS, Issued, issue_server
from sync_server.home import CERTIFICATE_FILE, KEY_FILE, Home
from tests.commands.small_disk import make_room, make_writable, on_small_disk, read_only
from tests.commands.test_hms import add, as_zanele
from tests.promises.bad_line import BadLine
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess, until
from tests.server.test_cut_off import families
from tests.server.warm import Running

ZANELE = ("--login", "zanele", "--password-stdin")
A_LONG_TIME = 25 * 365 * 24 * 60
WRITES = 120
"""The byte of the file beside a replica by which one writer keeps the others out."""
HOLDS = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, int(sys.argv[2]), int(sys.argv[3]))
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(file: Path, length: int = 0, begin: int = 0) -> Iterator[int]:
    """Another program holds a file, or so many bytes of it from there on; the id of its process."""
    line = [sys.executable, "-c", HOLDS, str(file), str(length), str(begin)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None and program.stdout is not None
        assert program.stdout.readline() == "held\n"
        yield program.pid
        program.stdin.close()


@pytest.mark.accepts("OPS-07")
def test_a_file_that_another_program_holds_is_not_called_damaged_and_its_holder_is_named(desk: Path) -> None:
    with held(desk / "replica.db") as scanner:
        said = as_zanele("search", desk, "a")
    assert said.returncode == 6 and said.stdout == "", said.stderr
    assert f"(process {scanner}). Close it, or wait until it is done" in said.stderr and "damaged" not in said.stderr
    assert as_zanele("search", desk, "a").returncode == 0


@pytest.mark.accepts("OPS-07")
def test_an_open_workstation_goes_on_by_itself_when_another_program_lets_go(
    bench: Bench, server: ServerProcess
) -> None:
    bench.exchange.catch_up()
    bench.runner.start()
    until(lambda: bench.runner.state.network == "online")
    with held(bench.store.path.with_name("replica.db-shm"), 1, WRITES) as scanner:
        with pytest.raises(Unavailable, match=rf"using the local store: .* \(process {scanner}\). Close it"):
            add(bench, "Heldup")
        add_at(server, "Elsewhere")
        until(lambda: f"(process {scanner})" in bench.runner.state.problem)
    until(lambda: "Elsewhere" in families(bench) and not bench.runner.state.problem)
    add(bench, "Heldup")
    until(lambda: bench.runner.state.waiting == 0)
    bench.runner.stop()


def add_at(server: ServerProcess, family: str) -> None:
    """Somebody is registered at the server."""
    written = Registration(family=family, sex="female", born="1981-02-03")
    server.home.store.act(partial(register, written=written), server.home.worker)


@pytest.mark.accepts("OPS-07")
def test_on_a_disk_that_takes_no_writing_nobody_comes_in_and_it_is_called_so(desk: Path) -> None:
    steps = [
        (read_only, ("search", "a", *ZANELE)), (read_only, ("desktop",)), (make_writable, ("search", "a", *ZANELE)),
        (make_room, ("verify", *ZANELE)),
    ]  # fmt: skip
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (desk / "desktop.lock").write_text(f"{gone.pid}\nhms\n{socket.gethostname()}\n", "utf-8")  # killed, it lies there
    command, window, after, checked = on_small_disk(desk, steps, PASSWORD + "\n")
    for said in (command, window):
        assert said.returncode == 6 and "read-only" in said.stderr and "ask support" in said.stderr.lower(), said.stderr
        assert said.stdout == "" and "Traceback" not in said.stderr and "already open" not in said.stderr
    assert after.returncode == checked.returncode == 0, after.stderr + checked.stderr


@pytest.mark.accepts("OPS-07")
def test_the_program_is_open_once_on_a_computer_and_a_killed_one_holds_nobody_up(desk: Path) -> None:
    words, lock = ("desktop", "--profile", str(desk)), desk / "desktop.lock"
    first = Running("hms", words, os.environ)
    until(lambda: _holder(lock) == first.process)
    second = Running("hms", words, os.environ).wait(120)
    assert second.returncode == 6 and second.stdout == "", second.stderr
    assert second.stderr.strip() == "This workstation is already open on this computer. Look for its window."
    assert first.poll() is None
    first.kill()
    first.wait(60)
    third = Running("hms", words, os.environ)
    until(lambda: third.poll() is not None or _holder(lock) == third.process)
    assert third.poll() is None, third.said
    third.kill()
    assert third.wait(60).returncode == -signal.SIGKILL


def _holder(lock: Path) -> int:
    """Which process a lock file names."""
    with suppress(OSError, ValueError, IndexError):
        return int(lock.read_text("utf-8", "replace").splitlines()[0])
    return 0


@pytest.mark.accepts("OPS-07")
def test_two_commands_at_once_wait_for_each_other(desk: Path) -> None:
    words = ("sync", "--profile", str(desk), *ZANELE)
    both = [Running("hms", words, os.environ, PASSWORD + "\n") for _each in range(2)]
    for done in [one.wait(120) for one in both]:
        assert done.returncode == 0 and " 0 held back" in done.stdout, done.stderr
    assert as_zanele("verify", desk).returncode == 0
    assert "0 waiting, 0 held back" in as_zanele("sync", desk).stdout


@pytest.mark.accepts("OPS-07")
def test_a_clock_that_was_reset_stops_no_work_and_is_said(server: ServerProcess, desk: Path) -> None:
    words = ("sync", "--profile", str(desk), *ZANELE)
    done = Running("hms", words, os.environ, PASSWORD + "\n", A_LONG_TIME).wait(120)
    assert done.returncode == 0 and "0 waiting, 0 held back" in done.stdout, done.stderr
    assert "This computer's clock is" in done.stdout and "slow: set it right." in done.stdout
    assert as_zanele("verify", desk).returncode == 0 and not server.command("verify")["broken"]


@pytest.mark.accepts("OPS-07")
def test_a_clock_before_the_servers_certificate_is_not_called_another_clinics_server(tmp_path: Path) -> None:
    own, beyond = ServerProcess(tmp_path / "server"), free_port()
    own.person("zanele", "receptionist")
    own.start()
    own.enrol(tmp_path / "desk", "Front desk 5", "front_desk")
    own.stop()
    own.start("--port", str(beyond))
    line = BadLine(certified_for_later(own.home, tmp_path), own.home.authority.decode(), own.port, beyond, Random(1))
    new = ("--profile", str(tmp_path / "new"), "--server", own.address, "--code", own.code("New"))
    for said in (as_zanele("sync", tmp_path / "desk"), hms("enroll", *new, "--allow-private-file")):
        assert said.returncode == 6 and "Set the clock right" in said.stderr, said.stderr
        assert "not this clinic's" not in said.stderr and "can't be reached" not in said.stderr
    line.close()
    own.stop()
    own.start()
    assert as_zanele("sync", tmp_path / "desk").returncode == 0
    own.close()


def certified_for_later(home: Home, folder: Path) -> Path:
    """A certificate of the server that, by the clock here, holds from a later year on."""
    later = datetime.now(UTC) + timedelta(days=SERVER_DAYS)
    made = issue_server(Issued(home.authority, home.keys.authority_key), home.facts.hosts, later, home.keys.server_key)
    (folder / CERTIFICATE_FILE).write_bytes(made.certificate)
    shutil.copy(home.folder / KEY_FILE, folder / KEY_FILE)
    return folder

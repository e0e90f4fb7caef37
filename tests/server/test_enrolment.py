# SPDX-License-Identifier: Apache-2.0
"""A workstation joins by a code, comparing words and approval; anything else does not get in."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hms_desktop.core.clock import SetClock, SystemClock
from hms_desktop.core.errors import BadInput, ClinicError, Damaged, NotAllowed
from hms_desktop.security.enrolment import CODE_MINUTES, prove, read_code, read_ticket
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync.enrol import Enrolment
from hms_desktop.sync.enrolling import Application, Decision
from sync_server import devices
from sync_server.authority import der
from sync_server.home import Home, open_home
from sync_server.people import logins
from tests.documents.qr import read_svg
from tests.promises.commands import hms as warm
from tests.server.process import PASSWORD, ServerProcess, until
from tests.server.warm import ROOT


def hms(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """From nothing, as a shell starts it."""
    line = [sys.executable, "-m", "hms_desktop", *words]
    return subprocess.run(line, input=typed, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_a_computer_is_enrolled_by_commands_alone(server: ServerProcess, folder: Path) -> None:
    code = server.command("enroll-code", "--name", "Front desk 1", "--kind", "front_desk")["code"]
    done: list[subprocess.CompletedProcess[str]] = []

    def enroll() -> None:
        done.append(
            hms("enroll", "--profile", str(folder), "--server", server.address, "--code", code,
                "--allow-private-file", "--json")
        )  # fmt: skip

    waiting = threading.Thread(target=enroll)
    waiting.start()
    until(lambda: any(row.name == "Front desk 1" for row in devices.device_rows(server.home)))
    words = next(d["words"] for d in server.command("devices")["devices"] if d["name"] == "Front desk 1")
    refused = server.run("approve", "Front desk 1", "--words", "six words that are not these")
    assert refused.returncode == 2 and "do not match" in refused.stderr
    server.command("approve", "Front desk 1", "--words", " ".join(words))
    waiting.join(60)
    assert done[0].returncode == 0, done[0].stderr
    assert " ".join(words) in done[0].stderr
    assert json.loads(done[0].stdout)["name"] == "Front desk 1"
    status = warm("status", "--profile", str(folder), "--login", "zanele", "--password-stdin", "--json",
                 typed=PASSWORD + "\n")  # fmt: skip
    assert json.loads(status.stdout)["waiting"] == 1, "that somebody signed in, and nothing else"
    again = warm("enroll", "--profile", str(folder), "--server", server.address, "--code", code)
    assert again.returncode == 2 and "already an enrolled workstation" in again.stderr


@pytest.mark.accepts("SEC-08")
def test_a_code_is_good_once(server: ServerProcess) -> None:
    code = server.code("Desk A")
    Enrolment(server.address, code).apply(True)
    with pytest.raises(ClinicError, match=r"The code for Desk A was used already, at .* block Desk A"):
        Enrolment(server.address, code).apply(True)
    assert "wrong, used or too old" in _with_wrong_proof(Enrolment(server.address, code)), "who lacks it learns nothing"


def test_an_approval_says_as_what(server: ServerProcess, folder: Path) -> None:
    enrolment = Enrolment(server.address, server.code("Desk N"))
    enrolment.apply(True)
    keychain = FileKeychain(folder)
    with pytest.raises(Damaged, match="did not say as what"):
        enrolment.finish(Decision("approved"), folder, keychain, keychain.where, True)
    assert not folder.exists(), "nothing is made of it"


def test_codes_are_forgotten_a_day_after_their_time(server: ServerProcess) -> None:
    clock = SetClock(SystemClock().now_ms())
    home = open_home(server.folder, clock)
    before = devices.codes_open(home)
    codes = [devices.make_code(home, devices.NewDevice(f"Desk {n}", "front_desk", "Main")) for n in "FG"]
    assert devices.codes_open(home) == before + 2
    clock.ms += (CODE_MINUTES + 1) * 60_000
    assert devices.codes_open(home) == 0
    with pytest.raises(NotAllowed, match=r"The code for Desk F was good until \d\d:\d\d\. Ask for a new one"):
        devices.apply(home, application(home, codes[0]))
    clock.ms += 24 * 3_600_000
    devices.make_code(home, devices.NewDevice("Desk H", "front_desk", "Main"))
    with pytest.raises(NotAllowed, match="wrong, used or too old"):
        devices.apply(home, application(home, codes[1]))
    home.store.close()


def application(home: Home, code: str) -> Application:
    """What a computer that has this code sends."""
    read, nonce = read_code(code), b"n" * 16
    return Application(read.name, b"k" * 32, nonce, prove(read.proof_key, der(home.authority), b"k" * 32, nonce), True)


def test_the_qr_of_a_code_holds_the_address_and_goes_into_a_picture(server: ServerProcess, tmp_path: Path) -> None:
    picture = tmp_path / "code.svg"
    shown = server.run("enroll-code", "--name", "Desk I", "--kind", "front_desk", "--qr-file", str(picture)).stdout
    address, code = read_ticket(read_svg(picture.read_text()))
    assert address == server.address and code in shown and str(picture) in shown
    assert picture.stat().st_mode & 0o077 == 0, "whoever has the picture has the code"
    assert read_ticket(code.lower()) == ("", code.lower()), "a code alone is a code"
    nowhere = warm("enroll", "--profile", str(tmp_path / "new"), "--allow-private-file", typed=code + "\n")
    assert nowhere.returncode == 2 and "--server" in nowhere.stderr


def test_a_mistyped_code_says_so_before_anything_is_sent(server: ServerProcess) -> None:
    code = server.code("Desk B")
    other = "B" if code[0] == "A" else "A"
    with pytest.raises(BadInput, match="typing mistake"):
        Enrolment(server.address, other + code[1:])


def test_five_wrong_proofs_end_a_code(server: ServerProcess) -> None:
    code = server.code("Desk C")
    for _try in range(5):
        assert "wrong, used or too old" in _with_wrong_proof(Enrolment(server.address, code))
    with pytest.raises(ClinicError, match="wrong, used or too old"):
        Enrolment(server.address, code).apply(True)


def _with_wrong_proof(enrolment: Enrolment) -> str:
    from hms_desktop.sync.enrolling import Application, Applied

    message = Application(enrolment._code.name, enrolment._device.public, b"n" * 16, b"p" * 32, True)
    with pytest.raises(ClinicError) as refused:
        enrolment._send("/v1/enroll", message, Applied)
    return str(refused.value)


@pytest.mark.accepts("SEC-08")
def test_a_code_of_another_clinic_is_not_believed(server: ServerProcess, tmp_path: Path) -> None:
    other = ServerProcess(tmp_path / "other")
    code = other.code("Desk")
    other.close()
    with pytest.raises(NotAllowed, match="not the one that the code is for"):
        Enrolment(server.address, code)


@pytest.mark.accepts("SEC-08")
def test_a_plain_address_is_refused(server: ServerProcess) -> None:
    code = server.code("Desk D")
    with pytest.raises(BadInput, match="https"):
        Enrolment(server.address.replace("https", "http"), code)


@pytest.mark.accepts("SEC-08")
def test_a_blocked_workstation_is_answered_no_more(server: ServerProcess, folder: Path) -> None:
    server.enrol(folder, "Desk E", "front_desk")
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    assert server.command("block", "Desk E")["name"] == "Desk E"
    with pytest.raises(ClinicError, match="not approved"):
        bench.exchange.catch_up()
    bench.store.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("enroll-code", "--name", "X", "--kind", "spaceship"), "no kind of workstation"),
        (("enroll-code", "--name", " ", "--kind", "front_desk"), "Give the workstation a name"),
        (
            ("people", "add", "--login", "zanele", "--name", "Z", "--role", "nurse", "--password-stdin"),
            "already signs in",
        ),
        (("people", "add", "--login", "new", "--name", "N", "--role", "wizard", "--password-stdin"), "these roles"),
        (("approve", "Nobody", "--words", "a b"), "0 workstations are called"),
    ],
)
def test_bad_input_names_what_is_wrong_and_changes_nothing(
    server: ServerProcess, words: tuple[str, ...], says: str
) -> None:
    before = devices.device_rows(server.home), logins(server.home)
    done = server.run(*words, typed=PASSWORD + "\n")
    assert done.returncode in (2, 5) and says in done.stderr and "Traceback" not in done.stderr
    assert (devices.device_rows(server.home), logins(server.home)) == before

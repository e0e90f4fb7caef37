# SPDX-License-Identifier: Apache-2.0
"""`hms enroll, status, sync, search, verify` as a script runs them: one JSON object, exit codes, plain sentences."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.audit import note_coming_or_going
from hms_desktop.storage import ledger
from hms_desktop.sync.enrol import Enrolment
from sync_server import devices
from tests.promises.commands import ask, hms
from tests.server.process import PASSWORD, ServerProcess


def as_zanele(command: str, folder: Path, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    who = ("--profile", str(folder), "--login", "zanele", "--password-stdin")
    return hms(command, *words, *who, typed=password + "\n")


def add(bench: Bench, family: str) -> None:
    written = Registration(family=family, sex="female", born="1980-02-03")
    bench.store.act(partial(register, written=written), bench.acting)


def test_status_in_words_and_as_json(server: ServerProcess, tmp_path: Path) -> None:
    server.enrol(tmp_path / "desk", "Front desk 3", "front_desk")
    bench = server.bench(tmp_path / "desk", "zanele")
    bench.exchange.catch_up()
    add(bench, "Waiting")
    bench.store.act(partial(note_coming_or_going, kind="lock"), bench.acting)
    with bench.store.writing() as connection:
        held = {"author": bench.store.station.author, "number": 2, "reason": "Not now.", "at_ms": 1}
        connection.execute(insert(ledger.refusal), held)
    bench.store.close()
    done = as_zanele("status", tmp_path / "desk")
    assert done.returncode == 0 and "Front desk 3 (front_desk), Zanele" in done.stdout
    assert "held back 2 (security.note): Not now." in done.stdout, "what wrote no record is called by what was done"
    assert "3 changes waiting; 1 held back" in done.stdout and "last sync 20" in done.stdout
    answer = ask(tmp_path / "desk", "zanele", "status")
    assert answer["waiting"] == 5  # one patient, a lock, and who came, went and came again to ask
    assert answer["waiting_by_module"] == {"patients": 1, "security": 4}


def test_search_shows_who_fits_and_says_so_when_nobody_does(desk: Path, bench: Bench) -> None:
    add(bench, "Adeyemi")
    bench.store.close()
    found = as_zanele("search", desk, "adeyemi 1980")
    assert found.returncode == 0 and "Adeyemi" in found.stdout and "1980-02-03" in found.stdout
    nobody = as_zanele("search", desk, "zzyzx")
    assert nobody.returncode == 0 and "Nobody on this device fits." in nobody.stdout
    assert as_zanele("search", desk, " ").returncode == 2


def test_nobody_is_let_in_without_name_and_password(desk: Path) -> None:
    unnamed = hms("status", "--profile", str(desk))
    assert unnamed.returncode == 2 and "--login" in unnamed.stderr
    silent = hms("status", "--profile", str(desk), "--login", "zanele")
    assert silent.returncode == 2 and "--password-stdin" in silent.stderr
    wrong = as_zanele("status", desk, password="not the password at all")
    assert (
        wrong.returncode == 4 and "is wrong" in wrong.stderr and wrong.stdout == "" and "Traceback" not in wrong.stderr
    )


def test_a_folder_that_is_no_workstation_is_named(tmp_path: Path) -> None:
    done = as_zanele("status", tmp_path / "nowhere")
    assert done.returncode == 5 and "no enrolled workstation here" in done.stderr


def test_a_workstation_whose_file_is_gone_says_what_is_lost_with_it(server: ServerProcess, tmp_path: Path) -> None:
    server.enrol(tmp_path / "desk", "Front desk 9", "front_desk")
    file = tmp_path / "desk" / "replica.db"
    file.rename(tmp_path / "elsewhere")
    done = as_zanele("status", tmp_path / "desk")
    assert done.returncode == 3 and "not yet sent" in done.stderr and not file.exists()


def test_a_folder_with_the_file_of_another_enrolment_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "replica.db").write_bytes(b"another")
    done = hms("enroll", "--profile", str(tmp_path), "--server", "https://127.0.0.1:9", "--code", "X")
    assert done.returncode == 2 and "another enrolment" in done.stderr
    assert (tmp_path / "replica.db").read_bytes() == b"another"


@pytest.mark.accepts("SEC-16")
def test_a_workstation_that_is_copied_to_another_computer_opens_nothing_there(desk: Path, tmp_path: Path) -> None:
    """The right password is no use without what the keyring of its own computer holds."""
    shutil.copytree(desk, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("*.secret"))
    done = as_zanele("search", tmp_path / "elsewhere", "a")
    assert done.returncode == 6 and "use the one it was copied from" in done.stderr and done.stdout == ""


@pytest.mark.accepts("SEC-16")
def test_broken_links_are_named_with_what_to_do_and_exit_3(server: ServerProcess, tmp_path: Path) -> None:
    server.enrol(tmp_path / "desk", "Front desk 4", "front_desk")
    bench = server.bench(tmp_path / "desk", "zanele")
    bench.exchange.catch_up()
    for given in ("First", "Second", "Third"):
        add(bench, given)
    assert as_zanele("verify", tmp_path / "desk").returncode == 0
    with bench.store.writing() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS own_change_log_no_update"))
        for harm in ("signature = zeroblob(64) WHERE number = 1", "leaves = substr(leaves, 1, 90) WHERE number = 2",
                     "details = zeroblob(40) WHERE number = 3"):  # fmt: skip
            sql = text(f"UPDATE own_change_log SET {harm} AND author = :author")
            connection.execute(sql, {"author": bench.store.station.author})
    bench.store.close()
    done = as_zanele("verify", tmp_path / "desk")
    assert done.returncode == 3 and "Traceback" not in done.stderr
    for told in ("1 (Front desk 4): is not signed by the person", "2 (Front desk 4): holds bytes that can't be read",
                 "3 (Front desk 4): does not say who made it"):  # fmt: skip
        assert told in done.stdout, done.stdout
    assert "enrol this computer anew" in done.stdout and "from 1 on has not reached the server" in done.stdout
    stopped = as_zanele("sync", tmp_path / "desk")
    assert stopped.returncode == 3 and " 2 is damaged in this computer's log" in stopped.stderr, stopped.stderr


def test_sync_says_when_the_server_is_out_of_reach_and_what_waits(tmp_path: Path) -> None:
    own = ServerProcess(tmp_path / "server")
    own.person("zanele", "receptionist")
    own.start()
    own.enrol(tmp_path / "desk", "Front desk 5", "front_desk")
    assert as_zanele("sync", tmp_path / "desk").returncode == 0
    own.stop()
    bench = own.bench(tmp_path / "desk", "zanele")
    add(bench, "Alone")
    bench.store.close()
    done = as_zanele("sync", tmp_path / "desk")
    assert done.returncode == 6 and "Waiting here: 3." in done.stderr  # with a signing out and a signing in
    own.start()
    said = ask(tmp_path / "desk", "zanele", "sync")
    assert (said["sent"], said["waiting"], said["held_back"]) == (5, 0, 0) and abs(said["clock_ahead_ms"]) < 60_000
    own.close()


def test_an_enrolment_that_nobody_approves_ends_and_writes_nothing(server: ServerProcess, tmp_path: Path) -> None:
    code = server.code("Never")
    done = hms("enroll", "--profile", str(tmp_path / "w"), "--server", server.address, "--code", code,
               "--allow-private-file", "--wait", "0")  # fmt: skip
    assert done.returncode == 6 and "Nobody approved this computer in time" in done.stderr
    assert not (tmp_path / "w" / "profile.json").exists()


def test_an_enrolment_that_is_turned_down_says_so(server: ServerProcess, tmp_path: Path) -> None:
    enrolment = Enrolment(server.address, server.code("Unwanted"))
    applied, _words = enrolment.apply(True)
    assert enrolment.ask().status == "pending"
    devices.decide(server.home, applied.device, "blocked")
    with pytest.raises(NotAllowed, match="did not approve"):
        enrolment.ask()


def test_enrolling_where_nobody_answers_is_said_plainly(server: ServerProcess, tmp_path: Path) -> None:
    code = server.code("Lost")
    done = hms("enroll", "--profile", str(tmp_path / "w"), "--server", "https://127.0.0.1:9", "--code", code)
    assert done.returncode != 0 and "Traceback" not in done.stderr and done.stderr.strip()
    assert done.stdout == ""

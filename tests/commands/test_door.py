# SPDX-License-Identifier: Apache-2.0
"""While a session is open, commands of the same user are answered by it over a private socket, and by nothing else."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.commands.door import SOCKET_FILE, Answered, SessionDoor, ask_session
from hms_desktop.core.errors import Unavailable
from tests.promises.commands import hms


@pytest.fixture
def door(bench: Bench) -> Iterator[SessionDoor]:
    """The open session's door."""
    made = SessionDoor(bench)
    yield made
    made.close()


def test_without_a_session_nobody_answers(desk: Path) -> None:
    assert ask_session(desk, "status") is None


def test_a_door_that_was_left_behind_by_a_crash_is_no_session(desk: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(desk / SOCKET_FILE))
    assert ask_session(desk, "status") is None
    (desk / SOCKET_FILE).unlink()


def test_the_session_answers_and_its_door_is_for_this_user_only(desk: Path, door: SessionDoor) -> None:
    answer = ask_session(desk, "status")
    assert answer is not None and answer["workstation"] == "Front desk 1" and answer["person"] == "Zanele"
    assert stat.S_IMODE((desk / SOCKET_FILE).stat().st_mode) == 0o600


def test_the_command_is_answered_by_the_open_session_without_a_password(
    desk: Path, bench: Bench, door: SessionDoor
) -> None:
    bench.store.act(partial(register, written=Registration(family="Okoye", sex="female", born="1990")), bench.acting)
    done = hms("search", "okoye", "--profile", str(desk), "--json")
    assert done.returncode == 0, done.stderr
    assert [hit["name"] for hit in json.loads(done.stdout)["patients"]] == ["Okoye"]
    done = hms("sync", "--profile", str(desk))
    assert done.returncode == 0 and "0 waiting, 0 held back" in done.stdout
    done = hms("verify", "--profile", str(desk), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["broken"] == []


def test_what_the_session_refuses_is_refused_by_name(desk: Path, door: SessionDoor) -> None:
    with pytest.raises(Answered, match="Type a name") as refused:
        ask_session(desk, "search", text=" ")
    assert refused.value.code == "bad-input"
    with pytest.raises(Answered, match="does not know this command"):
        ask_session(desk, "enchant")
    with pytest.raises(Answered, match="does not know this command"):
        ask_session(desk, "status", colour="blue")
    done = hms("search", " ", "--profile", str(desk))
    assert done.returncode != 0 and "Type a name" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("said", [b"nonsense\n", b"", b'{"operation": ', b"[]\n"])
def test_nonsense_at_the_door_ends_nothing(desk: Path, door: SessionDoor, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(desk / SOCKET_FILE))
        line.sendall(said)
        line.shutdown(socket.SHUT_WR)
        line.recv(1000)
    assert ask_session(desk, "status") is not None


def test_a_session_that_says_nonsense_is_out_of_reach(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as strange:
        strange.bind(str(tmp_path / SOCKET_FILE))
        strange.listen(1)

        def answer() -> None:
            line, _address = strange.accept()
            with line:
                line.recv(1000)
                line.sendall(b"what?\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unavailable, match="does not answer"):
            ask_session(tmp_path, "status")
        thread.join(10)


def test_a_closed_door_leaves_nothing(desk: Path, bench: Bench) -> None:
    SessionDoor(bench).close()
    assert not (desk / SOCKET_FILE).exists() and ask_session(desk, "status") is None


def test_a_session_in_a_deep_folder_is_asked_like_any_other(bench: Bench, tmp_path: Path) -> None:
    deep = tmp_path / ("a folder with a long name " * 3) / ("and another one within it " * 3)
    deep.mkdir(parents=True)
    assert ask_session(deep, "status") is None
    door = SessionDoor(replace(bench, opened=replace(bench.opened, folder=deep)))
    try:
        answer = ask_session(deep, "status")
        assert answer is not None and answer["workstation"] == "Front desk 1"
    finally:
        door.close()
    assert ask_session(deep, "status") is None and not (deep / SOCKET_FILE).exists()

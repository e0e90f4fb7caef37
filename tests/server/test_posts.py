# SPDX-License-Identifier: Apache-2.0
"""A server in several processes, one of which ends: another takes its post, and with the first all end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hms_desktop.sync.enrol import Enrolment
from hms_desktop.sync.vectors import chain_end
from installer.day.server import free_port
from sync_server.crew import CREW_FILE, member
from sync_server.home import Plan, make
from sync_server.posts import LONGEST_PAUSE, STEADY_SECONDS, Pauses
from tests import stores
from tests.server.process import ServerProcess, children, until

ENDED, TAKEN = "a worker ended, another takes its place", "a worker's place is taken again"
needs_postgresql = pytest.mark.skipif(not stores.there(), reason=stores.MISSING)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A clinic on PostgreSQL."""
    folder, database = tmp_path_factory.mktemp("posts") / "server", stores.cluster().empty()
    make(
        folder, Plan("Riverbend", "UTC", "ZAR", "Main", ("127.0.0.1",), free_port(), True, database, True)
    ).store.close()
    server = ServerProcess(folder)
    yield server
    server.close()


@pytest.fixture
def server(made: ServerProcess) -> ServerProcess:
    """The same, served by two processes."""
    if not made.process:
        made.start("--workers", "2")
    return made


def written_by(server: ServerProcess, author: int) -> int:
    """How far this author's chain is."""
    with server.home.store.reading() as connection:
        return chain_end(connection, author).number


def writes(server: ServerProcess, author: int) -> bool:
    """Let workstations apply until this author is the worker that writes it down; whichever is asked answers."""
    before = written_by(server, author)
    for number in range(100):
        Enrolment(server.address, server.code(f"Desk {before} {number}")).apply(reduced_protection=True)
        if written_by(server, author) > before:
            return True
    return False


def told(server: ServerProcess, event: str) -> list[float]:
    """The pauses of all that was written down of this."""
    lines = (json.loads(line) for line in server.said.splitlines() if line.startswith("{"))
    return [line.get("pause", 0) for line in lines if line["event"] == event]


def test_who_ends_again_and_again_is_replaced_ever_more_slowly_and_begins_anew_after_serving_well() -> None:
    pauses = Pauses()
    first = [pauses.after(0.1) for _end in range(9)]
    assert first == [0.5, 1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE]
    assert [pauses.after(served) for served in (STEADY_SECONDS, 1.0)] == [0.5, 1]


@needs_postgresql
def test_another_takes_the_post_of_a_killed_worker_and_goes_on_in_its_chain(server: ServerProcess) -> None:
    (worker,) = children(server.process)
    author = member(server.home, 1).author
    assert writes(server, author)
    os.kill(worker, signal.SIGKILL)
    until(lambda: told(server, TAKEN))
    assert writes(server, author)
    keys = server.folder / CREW_FILE
    aside = keys.rename(keys.with_name("aside"))
    os.kill(*children(server.process), signal.SIGKILL)
    until(lambda: len(told(server, ENDED)) >= 3)
    assert writes(server, server.home.facts.author), "the first goes on alone"
    aside.rename(keys)
    until(lambda: len(told(server, TAKEN)) == 2)
    pauses = told(server, ENDED)
    assert pauses == [0.5 * 2**end for end in range(len(pauses))]
    assert writes(server, author)
    assert not server.command("verify")["broken"]


@needs_postgresql
def test_with_the_first_process_all_end_whether_it_is_told_to_or_killed(server: ServerProcess) -> None:
    (worker,) = children(server.process)
    server.kill()
    until(lambda: not Path(f"/proc/{worker}").exists())
    server.start("--workers", "2")
    (worker,) = children(server.process)
    server.stop()
    assert not Path(f"/proc/{worker}").exists(), "who is told to stop waits for the others"

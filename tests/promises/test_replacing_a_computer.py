# SPDX-License-Identifier: Apache-2.0
"""A dead PC is replaced by commands alone: code or its QR, words, approval; the new one holds what the old one held."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.security.enrolment import CODE_MINUTES
from sync_server.devices import device_rows
from tests.documents.qr import read_terminal
from tests.plugins.acceptance import Figure
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess, until
from tests.server.warm import Running
from tests.sync.world import dump

OLD, NEW = "Front desk 1", "Front desk 1b"
A_QUARTER_OF_AN_HOUR = 15 * 60
NEWS = {"device", "admin_event"}
"""Tables in which replacing a computer writes: that there is another one, and who saw to it."""


@dataclass
class Drill:
    """What a person does to put a new computer in the place of a dead one, step by step."""

    server: ServerProcess
    steps: list[str] = field(default_factory=list)

    def administrator(self, *words: str) -> str:
        """One command at the server."""
        self.steps.append(words[0])
        done = self.server.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def scans(self, shown: str, folder: Path) -> Running:
        """`hms enroll` on the new computer, and a scanner that types what the QR on the terminal holds."""
        self.steps.append("enroll")
        held = read_terminal([line for line in shown.splitlines() if line and set(line) <= set("█▀▄ ")])
        return enroll(folder, held)


def enroll(folder: Path, typed: str) -> Running:
    """The command on a computer; it asks for the code."""
    words = ("enroll", "--profile", str(folder), "--allow-private-file")
    return Running("hms", words, os.environ, typed + "\n")


@pytest.mark.accepts("OPS-03")
def test_a_dead_workstation_is_replaced(tmp_path: Path, figure: Figure) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    amara = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female")
    server.home.store.act(partial(register, written=amara), server.home.worker)
    server.start()
    old, new = tmp_path / "old", tmp_path / "new"
    server.enrol(old, OLD, "front_desk")
    bench = server.bench(old, "zanele")
    bench.exchange.catch_up()
    held = dump(bench.store, bench.exchange.granted)
    bench.store.close()
    a_code_has_its_time(server, new)

    drill = Drill(server)
    drill.administrator("block", OLD)
    shown = drill.administrator("enroll-code", "--name", NEW, "--kind", "front_desk", "--qr")
    waits = drill.scans(shown, new)
    approved_by_its_words(drill, waits)
    done = waits.wait(60)
    assert done.returncode == 0 and f"{NEW} is enrolled and filled" in done.stdout, done.stderr
    assert drill.steps == ["block", "enroll-code", "enroll", "approve"], "all that a person does"

    a_code_is_good_once(server, shown, tmp_path / "third")
    holds_what_the_old_one_held(server, new, held)
    minutes, seconds = (int(part) for part in done.stdout.rsplit(", in ")[1].split() if part.isdigit())
    figure("a dead workstation replaced, from its code to its last row", minutes * 60 + seconds, "s",
           floor=A_QUARTER_OF_AN_HOUR)  # fmt: skip
    server.close()


def a_code_has_its_time(server: ServerProcess, folder: Path) -> None:
    """A code that was made a minute too long ago is refused by name, and leaves nothing behind."""
    late = server.command("enroll-code", "--name", NEW, "--kind", "front_desk", minutes_ago=CODE_MINUTES + 1)
    refused = enroll(folder, late["qr"]).wait(60)
    assert refused.returncode != 0 and f"The code for {NEW} was good until" in refused.stderr
    assert not folder.exists() and NEW not in [row.name for row in device_rows(server.home)]


def a_code_is_good_once(server: ServerProcess, shown: str, folder: Path) -> None:
    """The same code on another computer is refused by name."""
    before = device_rows(server.home)
    code = next(line.strip() for line in shown.splitlines() if line.strip().count("-") == 10)
    again = enroll(folder, f"{server.address} {code}").wait(60)
    assert again.returncode != 0 and f"The code for {NEW} was used already" in again.stderr
    assert not folder.exists() and device_rows(server.home) == before


def approved_by_its_words(drill: Drill, waits: Running) -> None:
    """The computer waits and shows six words; the administrator types them, and no other words will do."""
    pending: list[str] = []

    def applied() -> bool:
        assert waits.poll() is None, waits.said
        pending[:] = [" ".join(row.words) for row in device_rows(drill.server.home) if row.status == "pending"]
        return bool(pending)

    until(applied)
    refused = drill.server.run("approve", NEW, "--words", "not these words at all now")
    assert refused.returncode == 2 and "do not match" in refused.stderr
    until(lambda: pending[0] in waits.said)
    drill.administrator("approve", NEW, "--words", pending[0])


def holds_what_the_old_one_held(server: ServerProcess, new: Path, held: object) -> None:
    """Row by row; the kind of workstation chose which tables those are, and the old one is answered no more."""
    bench = server.bench(new, "zanele")
    granted = bench.exchange.granted
    assert "appointment" in granted and "lab_result" not in granted
    bench.exchange.catch_up()
    now = dump(bench.store, granted - NEWS)
    assert now == dump(server.home.store, granted - NEWS)
    assert {table: rows for table, rows in held.items() if table not in NEWS} == now  # type: ignore[attr-defined]
    bench.store.close()
    old = hms("sync", "--profile", str(new.with_name("old")), "--login", "zanele", "--password-stdin",
              typed=PASSWORD + "\n")  # fmt: skip
    assert old.returncode != 0 and "not approved" in old.stderr

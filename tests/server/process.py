# SPDX-License-Identifier: Apache-2.0
"""A real sync server in a process of its own, and workstations enrolled at it by its commands."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.security import sign_in
from hms_desktop.security.kdf import KdfCost
from hms_desktop.security.roles import needs_code
from hms_desktop.security.totp import new_seed
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync.enrol import Enrolled, Enrolment
from installer.day.server import free_port
from sync_server import devices
from sync_server.home import FACTS_FILE, Plan, make, open_home
from sync_server.people import NewPerson, add_person
from tests import stores
from tests.factors import Factors, give_codes
from tests.server.warm import Running

CHEAP = KdfCost(memory_kib=1024, passes=1, lanes=1, below_floor=True)
PASSWORD = "walk nineteen quiet lanterns home"


class ServerProcess:
    """A server's folder, made or found, and the process that serves it; `kill` is SIGKILL."""

    def __init__(self, folder: Path, zone: str = "Africa/Johannesburg", *, training: bool = True) -> None:
        self.folder = folder
        self.log = folder.with_name(folder.name + ".log")
        self._process: Running | None = None
        self.factors: dict[str, Factors] = {}
        if (folder / FACTS_FILE).exists():
            self.home = open_home(folder)
        else:
            plan = Plan(
                "Riverbend Clinic", zone, "ZAR", "Main", ("127.0.0.1",), free_port(), training, **stores.place()
            )
            self.home = make(folder, plan)
        (self.address,) = self.home.facts.addresses
        self.port = int(self.address.rpartition(":")[2])

    def run(self, *words: str, typed: str = "", minutes_ago: int = 0) -> subprocess.CompletedProcess[str]:
        """One `hms-server` command as an administrator runs it, or ran it so many minutes ago."""
        return Running("hms-server", words, self._environment(), typed, minutes_ago).wait(60)

    def command(self, *words: str, typed: str = "", minutes_ago: int = 0) -> dict[str, Any]:
        """The same with `--json`; fails the test unless it succeeds."""
        done = self.run(*words, "--json", typed=typed, minutes_ago=minutes_ago)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def person(self, login: str, *roles: str, coded: bool = False) -> None:
        """Add a person with the test password, at a cost that only tests may ask for.

        `coded`, and whose role asks for it, has an authenticator app and recovery codes.
        """
        self.employ(login, login.title(), roles, coded=coded)

    def employ(self, login: str, name: str, roles: tuple[str, ...], *, coded: bool = False) -> UUID:
        """The same under a name of their own; returns the person."""
        seed = new_seed() if coded or needs_code(roles) else None
        person = add_person(self.home, NewPerson(login, name, roles, PASSWORD, seed), CHEAP)
        if seed is not None:
            self.factors[login] = Factors(seed, give_codes(self.home, person))
        return person

    def start(self, *more: str) -> None:
        """Serve; returns when it listens."""
        words = ("serve", "--bind", "127.0.0.1", "--port", str(self.port), *more)
        process = self._process = Running("hms-server", words, self._environment())
        until(lambda: process.poll() is not None or "serving" in process.said)
        assert process.poll() is None, process.said

    @property
    def process(self) -> int:
        """The id of the process that serves; 0 while none does."""
        return self._process.process if self._process is not None else 0

    @property
    def said(self) -> str:
        """What it, and whom it started, wrote down of their running so far."""
        return self._process.said if self._process is not None else ""

    def close(self) -> None:
        """The end of a test: stop serving and close the administrator's view of the store."""
        self.stop()
        self.home.store.close()

    def kill(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def stop(self) -> None:
        """Stop cleanly."""
        if self._process is not None:
            self._process.terminate()
            self._end()

    def _end(self) -> None:
        assert self._process is not None
        ended = self._process.wait(60)
        self.log.write_text(ended.stdout + ended.stderr, encoding="utf-8")
        self._process = None

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "HMS_SERVER_FOLDER": str(self.folder)}

    def code(self, name: str, kind: str = "front_desk", site: str = "Main") -> str:
        """A one-time code."""
        return devices.make_code(self.home, devices.NewDevice(name, kind, site))

    def enrol(self, folder: Path, name: str, kind: str, site: str = "Main") -> Enrolled:
        """A workstation, approved by its words; its file is still empty."""
        enrolment = Enrolment(self.address, self.code(name, kind, site))
        applied, _words = enrolment.apply(reduced_protection=True)
        devices.decide(self.home, applied.device, "approved")
        keychain = FileKeychain(folder)
        return enrolment.finish(enrolment.ask(), folder, keychain, keychain.where, True)

    def bench(self, folder: Path, login: str) -> Bench:
        """A person signs in at an enrolled workstation."""
        code = self.factors[login].paper() if login in self.factors else None
        return open_bench(sign_in.unlock(folder, login, PASSWORD, code, keychain=FileKeychain(folder)))

    def factor(self, login: str, folder: Path) -> str | None:
        """A second factor of this person that is good now at this workstation; None for who has none."""
        return self.factors[login].next(folder) if login in self.factors else None


def children(process: int) -> list[int]:
    """The processes that this one started and that have not ended, by their ids (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == process and state != "Z":
                found.append(int(stat.parent.name))
    return sorted(found)


def until(holds: Any, seconds: float = 60.0, pause: float = 0.005) -> None:
    """Wait until something holds; fails the test when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(pause)

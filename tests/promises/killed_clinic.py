# SPDX-License-Identifier: Apache-2.0
"""A clinic of real processes that are killed all the while: a server, and desks with sessions and `hms sync`, over a
bad line. What holds afterwards is asked of the files and of the commands.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from installer.day.server import free_port
from tests.commands.small_disk import fill, make_room
from tests.killing import said
from tests.promises.bad_line import BadLine
from tests.promises.commands import hms
from tests.promises.killed_desk import FAULT, SAVED, somebody, works
from tests.promises.test_cut_exchange import must_be_whole
from tests.server.process import PASSWORD, ServerProcess, until
from tests.server.warm import COPIES, LAST_STEP, STILL, Running
from tests.sync.world import dump

PEOPLE = ("zanele", "thandi", "naledi")
MUST_WAIT, OUT_OF_REACH = 4, 6
_EARLY = 0.15
"""The chance that the time to a kill counts from the start, not from when the process has come up."""
_ENDS = (0, MUST_WAIT, OUT_OF_REACH)
"""How `hms sync` may end while everything fails: done, must wait after tries that were cut off, out of reach."""


class Mortal:
    """A process that is started again as often as it dies; `deaths` counts those that were killed, by what they did."""

    def __init__(self, chance: random.Random, deaths: Counter[str]) -> None:
        self.chance, self.deaths = chance, deaths
        self.faults: list[str] = []
        self._left, self._until, self._early = 0.0, 0.0, False

    def turn(self) -> None:
        """Look after it once: start it, or kill it when its hour has come."""
        ended = self.ended()
        if ended is not None:
            if ended == -signal.SIGKILL:
                self.deaths[f"{self.doing()}, at a step"] += 1
            self._left, self._until = self.start(self.misfortunes()), 0.0
            self._early = self.chance.random() < _EARLY
        elif not self._until:
            if self._early or self.at_work():
                self._until = time.monotonic() + self._left
        elif time.monotonic() > self._until:
            self.deaths[self.doing()] += 1
            self.kill()

    def misfortunes(self) -> dict[str, str]:
        """What befalls the next life of it by itself."""
        env = {}
        if self.chance.random() < 0.5:
            env[LAST_STEP] = str(self.chance.randint(1, self.chance.choice((10, 60, 200))))
        if self.chance.random() < 0.1:
            env[STILL] = "1"
        return env

    def ended(self) -> int | None:
        """How it ended; None while it lives. What never lived ended well."""
        raise NotImplementedError

    def kill(self) -> None:
        """SIGKILL."""
        raise NotImplementedError

    def start(self, env: dict[str, str]) -> float:
        """Start it; returns how long it is to live at most from when it is at work (s)."""
        raise NotImplementedError

    def at_work(self) -> bool:
        """Whether it has come up."""
        raise NotImplementedError

    def doing(self) -> str:
        """What it does, for the count."""
        raise NotImplementedError


class Desk(Mortal):
    """A workstation: now a session, now the command `hms sync`."""

    def __init__(self, folder: Path, said: Path, chance: random.Random, deaths: Counter[str]) -> None:
        super().__init__(chance, deaths)
        self.folder, self.said = folder, said
        self.said.mkdir(parents=True)
        self._lives = 0
        self._session: Any = None
        self._command: Running | None = None

    def ended(self) -> int | None:
        """The exit code of whichever runs."""
        if self._command is not None and (code := self._command.poll()) is not None:
            done, self._command = self._command.wait(60), None
            if code >= 0 and code not in _ENDS:
                self.faults.append(f"hms sync ended with {code}: {done.stderr}")
            return code
        if self._session is not None and self._session.exitcode is not None:
            code, self._session = self._session.exitcode, None
            return int(code)
        return None if self._command is not None or self._session is not None else 0

    def kill(self) -> None:
        """Whichever runs."""
        if self._command is not None:
            self._command.kill()
            self._command.wait(60)
        if self._session is not None:
            self._session.kill()
            self._session.join()
        self._command = self._session = None

    def start(self, env: dict[str, str]) -> float:
        """Three sessions for one command."""
        login = self.chance.choice(PEOPLE)
        if self.chance.random() < 0.25:
            words = ("sync", "--profile", str(self.folder), "--login", login, "--password-stdin")
            self._command = Running("hms", words, {**os.environ, **env}, PASSWORD + "\n")
            return self.chance.uniform(0.0, 2.0)
        self._lives += 1
        given = (self.folder, login, self.said / str(self._lives), self.chance.randrange(1 << 32), env)
        self._session = COPIES.Process(target=works, args=given, daemon=True)
        self._session.start()
        return self.chance.uniform(0.0, 2.0)

    def at_work(self) -> bool:
        """A session says so; a command works from the beginning."""
        return self._command is not None or (self.said / str(self._lives)).exists()

    @property
    def lines(self) -> list[str]:
        """Whatever its sessions said."""
        return [line for file in self.said.iterdir() if not file.suffix for line in said(file)]

    def doing(self) -> str:
        """A command or a session."""
        return "hms sync" if self._command is not None else "session"


class Server(Mortal):
    """The server's process, which listens behind the bad line."""

    def __init__(self, made: ServerProcess, beyond: int, chance: random.Random, deaths: Counter[str]) -> None:
        super().__init__(chance, deaths)
        self.made, self._beyond = made, beyond
        self._process: Running | None = None
        self.log = ""

    def ended(self) -> int | None:
        """Its exit code."""
        if self._process is None:
            return 0
        code = self._process.poll()
        if code is not None:
            self.log += self._process.wait(60).stderr
            self._process = None
            if code != -signal.SIGKILL and not (code == OUT_OF_REACH and "disk is full" in self.log[-2000:]):
                self.faults.append(f"hms-server serve ended with {code}: {self.log[-2000:]}")
        return code

    def kill(self) -> None:
        """The plug."""
        if self._process is not None:
            self._process.kill()
            self.log += self._process.wait(60).stderr
            self._process = None

    def start(self, env: dict[str, str]) -> float:
        """Serve."""
        words = ("serve", "--bind", "127.0.0.1", "--port", str(self._beyond))
        self._process = Running("hms-server", words, {**self.made._environment(), **env})
        return self.chance.uniform(0.0, 6.0)

    def at_work(self) -> bool:
        """It listens."""
        return self._process is not None and "serving" in self._process.said

    def serves(self) -> None:
        """Start it for good, and wait until it listens."""
        self.kill()
        self.start({})
        until(self.at_work)

    def doing(self) -> str:
        """It serves."""
        return "hms-server serve"


class KilledClinic:
    """A server, its bad line and desks; `deaths` counts the kills by what they hit."""

    def __init__(self, disk: Path, notes: Path, seed: int, desks: int = 3) -> None:
        self.disk, self.chance = disk, random.Random(seed)
        self.deaths: Counter[str] = Counter()
        self.befell: Counter[str] = Counter()
        self.late: list[str] = []
        made = ServerProcess(disk / "server")
        for login in PEOPLE:
            made.person(login, "receptionist")
        beyond = free_port()
        ca_pem = made.home.authority.decode()
        self.line = BadLine(made.folder, ca_pem, made.port, beyond, random.Random(seed + 1))
        self.server = Server(made, beyond, self.chance, self.deaths)
        self.server.serves()
        self.desks = [self._desk(disk / f"desk {number}", notes) for number in range(desks)]

    def _desk(self, folder: Path, notes: Path) -> Desk:
        self.server.made.enrol(folder, folder.name, "front_desk")
        bench = self.server.made.bench(folder, PEOPLE[0])
        bench.exchange.catch_up()
        bench.shut()
        return Desk(folder, notes / folder.name, self.chance, self.deaths)

    def close(self) -> None:
        """Nothing runs any more."""
        for one in (*self.desks, self.server):
            one.kill()
        self.line.close()
        self.server.made.close()

    def lives(self, kills: int, *events: Callable[[], None]) -> None:
        """Go on until so many processes were killed, and something was saved; now and then one of the events comes."""
        self.line.trouble = 0.4
        soon = time.monotonic() + 2
        while sum(self.deaths.values()) < kills or not self._saved():
            self._goes_on(0.1)
            if events and time.monotonic() > soon:
                self.chance.choice(events)()
                soon = time.monotonic() + self.chance.uniform(1, 8)

    def held_open(self) -> None:
        """Another process of the server writes, and holds its transaction open while desks push and pull."""
        store, written = self.server.made.home.store, somebody(self.chance)
        with store.writing() as connection:
            id, changes = store.act_on(connection, partial(register, written=written), self.server.made.home.worker)
            self._goes_on(1)
        store.tell(changes)
        self.late.append(id.hex)
        self.befell["transaction held open"] += 1

    def full_disk(self) -> None:
        """The disk of all of them is full for a while, and full again when the room that was kept back is used."""
        for _time in range(2):
            fill(self.disk)
            self._goes_on(1)
        make_room(self.disk)
        self.befell["disk full"] += 1

    def _goes_on(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for one in (*self.desks, self.server):
                one.turn()
            time.sleep(0.005)

    def heals(self) -> None:
        """The line is good, the server stands, and every desk exchanges until nothing waits."""
        self.line.trouble = 0.0
        for desk in self.desks:
            desk.kill()
        self.server.serves()
        for desk in self.desks:
            answer = self._asks(desk, "sync")
            assert (answer["waiting"], answer["held_back"]) == (0, 0), answer

    def _asks(self, desk: Desk, command: str) -> dict[str, Any]:
        """The answer to a command, given by whoever need not wait after sign-ins that were cut off."""
        who = ("--profile", str(desk.folder), "--password-stdin", "--json")
        for login in PEOPLE:
            done = hms(command, *who, "--login", login, typed=PASSWORD + "\n")
            if done.returncode != MUST_WAIT:
                break
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def holds(self) -> int:
        """Everything that was called saved is there once, whole and the same everywhere; how many patients that is."""
        wrong = [fault for one in (*self.desks, self.server) for fault in one.faults]
        assert not wrong + [line for desk in self.desks for line in desk.lines if line.startswith(FAULT)]
        saved = self._saved() | set(self.late)
        self._verified()
        home = self.server.made.home
        there = home.store.read(_patients, home.worker)
        assert saved <= {row.id.hex for row in there}, "nothing that was called saved is lost"
        assert len({row.mrn for row in there}) == len({row.family for row in there}) == len(there), "nor there twice"
        for desk in self.desks:
            with self._opened(desk) as bench:
                granted = bench.exchange.granted
                assert must_be_whole(bench) == len(there)
                assert dump(bench.store, granted) == dump(home.store, granted)
        return len(there)

    @contextmanager
    def _opened(self, desk: Desk) -> Iterator[Bench]:
        bench = self.server.made.bench(desk.folder, PEOPLE[0])
        assert not bench.old
        bench.exchange.catch_up()
        try:
            yield bench
        finally:
            bench.shut()

    def _saved(self) -> set[str]:
        """Whoever a desk called saved."""
        return {line.split()[1] for desk in self.desks for line in desk.lines if line.startswith(SAVED)}

    def _verified(self) -> None:
        assert not self.server.made.command("verify")["broken"]
        for desk in self.desks:
            assert not self._asks(desk, "verify")["broken"]


def _patients(reader: Any) -> list[Any]:
    return list(reader.rows(select(Patient.id, Patient.family, Patient.mrn)))

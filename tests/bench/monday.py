# SPDX-License-Identifier: Apache-2.0
"""Monday, 08:00: two hundred workstations greet a server on PostgreSQL in the same second, and begin to work.

Each pulls what came over the weekend, pushes its first change sets and waits for news; once with one worker, then with
two and with four. The workstations have no stores of their own; everything else is as it is: TLS, signatures, checks.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from hms_desktop.sync.client import pinned_session
from installer.day.server import free_port
from sync_server.home import Plan, make
from tests import stores
from tests.bench import many_clinics, nothing, people
from tests.bench.figures import Figure, at, worked
from tests.bench.thin_desks import HELLO, PULL, PUSH, Request, ThinDesk, at_once, enlist, rows_of
from tests.server.process import ServerProcess, children
from tests.server.warm import ROOT

DESKS, WEEKEND, MORNING, SETS = 200, 100, 2, 2
"""Workstations; change sets of the weekend; how often each pushes, and how many change sets at a time."""
WORKERS, BATCH = (1, 2, 4), 50
IDLE_SECONDS, NEWS, ALONE = 4.0, 3, 30
BARE = "the same bytes, a server that does nothing"


def measure(folder: Path, _rows: int) -> Iterator[Figure]:
    """All on loopback, PostgreSQL's files on memory where there is such."""
    if not stores.there():
        sys.stderr.write(f"  Monday was not measured: {stores.MISSING}\n")
        return
    try:
        with ThreadPoolExecutor(DESKS) as crowd, _clinic(folder, crowd) as clinic:
            least: dict[str, float] = {}
            for workers in WORKERS:
                morning = Morning(clinic, crowd, workers)
                morning.run()
                least = least or bare(clinic.server, crowd, morning.asked)
                yield from morning.figures(least)
            yield from many_clinics.figures(DESKS, MORNING, morning.cost())
            yield inserted(clinic)
    finally:
        stores.end()


@dataclass
class Clinic:
    """A server on PostgreSQL, its workstations, and one more that worked over the weekend."""

    server: ServerProcess
    database: str
    desks: list[ThinDesk]
    night: ThinDesk
    patients: list[UUID]


@contextmanager
def _clinic(folder: Path, crowd: ThreadPoolExecutor) -> Iterator[Clinic]:
    """With every workstation enrolled, greeted on Friday, and up to date since; some work is in it already."""
    database = stores.cluster().empty()
    plan = Plan("Riverbend", "UTC", "ZAR", "Main", ("127.0.0.1",), free_port(), True, database, True)
    make(folder / "monday", plan).store.close()
    server = ServerProcess(folder / "monday")
    server.person("thabo", "doctor")
    people.pour(server.home.store, "patient", people.patients(1000))
    patients = [UUID(bytes=id) for id in people.ids_of(server.home.store, "patient")]
    server.start("--workers", "2")
    server.enrol(folder / "desk", "A", "all")
    bench = server.bench(folder / "desk", "thabo")
    try:
        night, *desks = enlist(server.home, DESKS + 1, bench.acting)
        night.greet()
        at_once(crowd, desks, ThinDesk.greet)
        for start in range(0, len(patients), BATCH):
            night.push(night.made(patients[start : start + BATCH]))
        night.follow()
        for desk in desks:
            desk.at = night.at
        server.stop()
        stores.cluster().ask("ANALYZE", database)
        yield Clinic(server, database, desks, night, patients)
        for desk in (night, *desks):
            desk.line.close()
    finally:
        bench.store.close()
        server.close()


@dataclass(frozen=True)
class Spent:
    """Seconds: by the wall, and of the processors in the server's processes, in PostgreSQL and in the workstations."""

    wall: float
    server: float
    database: float
    desks: float

    def since(self, before: Spent) -> Spent:
        """What was spent since then."""
        return Spent(*(getattr(self, name) - getattr(before, name) for name in vars(self)))


@dataclass
class Order:
    """How often the server's one order was looked at, was being written, and how many then waited for it."""

    looks: int = 0
    held: int = 0
    waiting: int = 0
    connections: int = 0

    @property
    def share(self) -> float:
        """For what part of the time it was being written."""
        return self.held / max(self.looks, 1)

    @contextmanager
    def watched(self, database: str, pause: float) -> Iterator[None]:
        """Look again after each pause of so many seconds."""
        over = threading.Event()
        watching = threading.Thread(target=self._watch, args=(database, over, pause))
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def _watch(self, database: str, over: threading.Event, pause: float) -> None:
        import psycopg

        from hms_desktop.storage.postgres import LOG_LOCK

        asked = (
            "SELECT count(*) FILTER (WHERE granted), count(*) FILTER (WHERE NOT granted), "
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) - 1 "
            f"FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOG_LOCK}"
        )
        with psycopg.connect(database, autocommit=True) as connection:
            while not over.wait(pause):
                held, waiting, open_now = connection.execute(asked.encode()).fetchone() or (0, 0, 0)
                self.looks, self.held, self.waiting = self.looks + 1, self.held + held, self.waiting + waiting
                self.connections = max(self.connections, open_now)


@dataclass
class Morning:
    """One Monday at a server of so many processes."""

    clinic: Clinic
    crowd: ThreadPoolExecutor
    workers: int
    asked: dict[str, list[list[Request]]] = field(default_factory=dict)
    spent: dict[str, Spent] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    heard: list[float] = field(default_factory=list)
    order: Order = field(default_factory=Order)
    alone: list[float] = field(default_factory=list)
    order_of_one: Order = field(default_factory=Order)

    def run(self) -> None:
        """From the first greeting to the last news."""
        server, night = self.clinic.server, self.clinic.night
        server.start("--workers", str(self.workers))
        night.greet()
        for start in range(0, WEEKEND, BATCH):
            night.push(night.made(self.clinic.patients[start : start + BATCH]))
        made = {desk.author: self._work(number, desk) for number, desk in enumerate(self.clinic.desks)}
        self._all(HELLO, ThinDesk.greet)
        self._all(PULL, ThinDesk.follow)
        with self.order.watched(self.clinic.database, 0.05):
            self._all(PUSH, lambda desk: [desk.push(sets) for sets in made[desk.author]])
        self._one()
        self._news()
        server.stop()

    def _work(self, number: int, desk: ThinDesk) -> list[Any]:
        patients = self.clinic.patients
        return [
            desk.made([patients[(number * MORNING * SETS + push * SETS + one) % len(patients)] for one in range(SETS)])
            for push in range(MORNING)
        ]

    def _all(self, what: str, does: Callable[[ThinDesk], object]) -> None:
        for desk in self.clinic.desks:
            desk.line.requests.clear()
            desk.line.missed = 0
        before = self._spent()
        at_once(self.crowd, self.clinic.desks, does)
        self.spent[what] = self._spent().since(before)
        self.missed[what] = sum(desk.line.missed for desk in self.clinic.desks)
        self.asked[what] = [list(desk.line.requests) for desk in self.clinic.desks]

    def _one(self) -> None:
        """One workstation pushes while nobody else asks for anything; then everybody has taken what the others did."""
        night = self.clinic.night
        night.line.requests.clear()
        with self.order_of_one.watched(self.clinic.database, 0.01):
            for patient in self.clinic.patients[:ALONE]:
                night.push(night.made([patient] * SETS))
        self.alone = [request.seconds for request in night.line.requests]
        night.follow()
        for desk in self.clinic.desks:
            desk.at = night.at

    def _news(self) -> None:
        """While all wait: what that costs in a minute, and how long until the last one has what one of them did."""
        night = self.clinic.night
        waiting = [self.crowd.submit(desk.hears) for desk in self.clinic.desks]
        time.sleep(1.0)
        before = self._spent()
        time.sleep(IDLE_SECONDS)
        self.spent["idle"] = self._spent().since(before)
        for _news in range(NEWS):
            sets, before, begun = night.made(self.clinic.patients[:1]), self._spent(), time.perf_counter()
            night.push(sets)
            self.heard += [one.result(60) - begun for one in waiting]
            self.spent["news"] = self._spent().since(before)
            waiting = [self.crowd.submit(desk.hears) for desk in self.clinic.desks]
            time.sleep(1.0)
        night.push(night.made(self.clinic.patients[:1]))
        for one in waiting:
            one.result(60)
        night.follow()

    def _spent(self) -> Spent:
        postmaster = int((stores.cluster().folder / "data" / "postmaster.pid").read_text().split()[0])
        return Spent(
            time.perf_counter(), family(self.clinic.server.process), family(postmaster), time.process_time()
        )  # fmt: skip

    def cost(self) -> many_clinics.Cost:
        """What a push takes: its time within the order where it is alone, and what it costs beside that."""
        spent, count = self.spent[PUSH], DESKS * MORNING
        within = self.order_of_one.share * at(self.alone, 0.5)
        return many_clinics.Cost(max(0.0, (spent.server + spent.database) / count - within), within)

    def figures(self, least: dict[str, float]) -> Iterator[Figure]:
        """One line for each part of the morning."""
        named = f"{DESKS} workstations at once, {self.workers} worker{'s' * (self.workers > 1)}:"
        whats = {HELLO: "all greet", PULL: f"all pull {WEEKEND} change sets", PUSH: f"all push {MORNING} times"}
        for path, what in whats.items():
            taken = [request.seconds for desk in self.asked[path] for request in desk]
            spent = self.spent[path]
            pace = f"{len(taken) / spent.wall:.0f}/s, p50 {at(taken, 0.5):.2f} s, p95 {at(taken, 0.95):.2f} s"
            note = f"({pace}; {self.missed[path]} not answered at first; {work(spent, len(taken))})"
            yield Figure(f"{named} {what}", spent.wall, least[path], BARE, note)
        waiting = self.order.waiting / max(self.order.looks, 1)
        note = f"({waiting:.1f} wait for it; {self.order.connections} connections)"
        yield Figure(f"{named} the one order is being written", self.order.share * 100, note=note, unit="%")
        note = f"(p95 {at(self.alone, 0.95) * 1000:.0f} ms; the order is written {self.order_of_one.share:.0%} of it)"
        yield Figure(f"{named} then one alone pushes, p50", at(self.alone, 0.5), note=note)
        spent = self.spent["idle"]
        busy = (spent.server + spent.database) / spent.wall * 100
        yield Figure(f"{named} all wait, processors busy with it", busy, note=f"({work(spent, 1)})", unit="%")
        note = f"(p50 {at(self.heard, 0.5):.2f} s; {work(self.spent['news'], DESKS)})"
        yield Figure(f"{named} one pushes, the last but 5 % has it", at(self.heard, 0.95), note=note)


def work(spent: Spent, count: int) -> str:
    """Milliseconds of the processors for each of so many requests."""
    each = [f"{name} {seconds / count * 1000:.1f}" for name, seconds in list(vars(spent).items())[1:]]
    return f"ms of work each: {', '.join(each)}"


def family(process: int) -> float:
    """Seconds of work of a process and of all that it started, also of those that have ended (Linux)."""
    return worked(process, with_ended=True) + sum(map(family, children(process)))


def bare(server: ServerProcess, crowd: ThreadPoolExecutor, asked: dict[str, list[list[Request]]]) -> dict[str, float]:
    """Seconds for as many questions and answers of the same sizes, where nobody signs, checks or keeps anything."""
    port, ca = free_port(), server.home.authority.decode()
    words = [sys.executable, "-m", nothing.__name__, str(server.folder), str(port)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.readline()
    taken: dict[str, float] = {}
    sessions = [pinned_session(ca) for _desk in range(DESKS)]
    try:
        for path, desks in asked.items():
            begun = time.perf_counter()
            at_once(crowd, list(zip(sessions, desks, strict=True)), partial(_repeat, f"https://127.0.0.1:{port}{path}"))
            taken[path] = time.perf_counter() - begun
    finally:
        for session in sessions:
            session.close()
        process.kill()
        process.wait()
        process.stdout.close()
    return taken


def _repeat(address: str, one: tuple[Any, Sequence[Request]]) -> None:
    session, requests = one
    for request in requests:
        headers = {nothing.ANSWER: str(request.came)}
        answer = session.post(address, data=bytes(request.sent), headers=headers, timeout=60)
        assert len(answer.content) == request.came


def inserted(clinic: Clinic) -> Figure:
    """The rows of one morning's pushes in as many transactions, one after another, into a table without a guard."""
    import psycopg

    sets = clinic.night.made(clinic.patients[: MORNING * SETS])
    batches = [rows_of(sets[start : start + SETS]) for start in range(0, len(sets), SETS)]
    names = list(batches[0][0])
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join(["%s"] * len(names))
    with closing(psycopg.connect(clinic.database)) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE bare AS SELECT {columns} FROM observation LIMIT 0".encode())
        connection.commit()
        begun = time.perf_counter()
        for _desk in range(DESKS):
            for batch in batches:
                values = [tuple(row.values()) for row in batch]
                connection.cursor().executemany(f"INSERT INTO bare VALUES ({marks})".encode(), values)
                connection.commit()
        seconds = time.perf_counter() - begun
    return Figure(f"the rows of {DESKS * MORNING} such pushes by plain psycopg, a commit each", seconds)

# SPDX-License-Identifier: Apache-2.0
"""What the exchange costs: first fill, push, a live edit, and searching what was filled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Interaction, Patient
from hms_desktop.clinic.patients.queries_search import search
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import log_interaction, register
from hms_desktop.commands.bench import Bench
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store
from tests.bench import floor, people
from tests.bench.figures import Figure, at
from tests.server.process import ServerProcess, until

SETS = 2000
EDITS = 60


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """First fill, push, live edit and search on a real server process and real workstations."""
    server = ServerProcess(folder / "server")
    server.person("thabo", "doctor", "receptionist")
    people.pour(server.home.store, "patient", people.patients(rows // 2))
    known = people.ids_of(server.home.store, "patient")
    people.pour(server.home.store, "observation", people.observations(known, rows - rows // 2))
    server.start()
    server.enrol(folder / "a", "A", "all")
    server.enrol(folder / "b", "B", "all")
    a, b = server.bench(folder / "a", "thabo"), server.bench(folder / "b", "thabo")
    try:
        yield _fill(folder, a, server.home.store, rows)
        b.exchange.catch_up()
        yield _push(folder, a)
        yield from _live(folder, a, b, known[0])
        yield from _search(a, rows // 2)
    finally:
        for bench in (a, b):
            bench.store.close()
        server.close()


def _fill(folder: Path, bench: Bench, source: Store, rows: int) -> Figure:
    begun = time.perf_counter()
    bench.exchange.catch_up()
    seconds = time.perf_counter() - begun
    least = floor.fill(folder, {name: _raw(source, name) for name in ("patient", "observation")})
    return Figure(f"first fill, {rows:,} records, indexes and search", seconds, least, "raw fill")


def _raw(store: Store, table: str) -> tuple[list[str], list[tuple[object, ...]]]:
    columns = [f'"{name}"' for name in ("id", "k", *REGISTRY[table].kinds)]
    with store.reading() as connection:
        found = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {table} ORDER BY rid").all()
    return columns, [tuple(row) for row in found]


def _push(folder: Path, bench: Bench) -> Figure:
    written = Registration(family="Bench", given="Push", sex="female", born="1980-02-03")
    patient = bench.store.act(partial(register, written=written), bench.acting)
    act = partial(log_interaction, patient=patient, kind="phone", text="Rang about the time of the visit.")
    for _each in range(SETS):
        bench.store.act(act, bench.acting)
    waiting = bench.exchange.counts().waiting
    begun = time.perf_counter()
    bench.exchange.greet()
    while bench.exchange.push() is not None:
        pass
    seconds = time.perf_counter() - begun
    rows = [(UUID(int=n).bytes, n, "Rang about the time of the visit.") for n in range(waiting * 2)]
    (folder / "push").mkdir()
    least = floor.fill(folder / "push", {"facts": (["id", "k", "text"], rows)})
    return Figure(f"push of {waiting:,} signed change sets, all checks", seconds, least, "raw fill of their rows")


def _live(folder: Path, a: Bench, b: Bench, patient: bytes) -> Iterator[Figure]:
    for bench in (a, b):
        bench.exchange.catch_up()
        bench.runner.start()
        until(lambda bench=bench: bench.runner.state.network == "online", 30)
    taken = [_one_edit(a, b, UUID(bytes=patient), number) for number in range(EDITS)]
    for bench in (a, b):
        bench.runner.stop()
    least = floor.one_commit(folder) * 3
    yield Figure("a live edit seen on another workstation, p50", at(taken, 0.5), least, "three durable commits")
    yield Figure("a live edit seen on another workstation, p95", at(taken, 0.95), least, "three durable commits")


def _one_edit(a: Bench, b: Bench, patient: UUID, number: int) -> float:
    """From the click to the moment at which the other workstation's windows are told; looking for it costs nothing."""
    words = f"Call {number}"
    told = threading.Event()
    unlisten = b.store.on_changes(lambda changes: told.set() if changes.touch("interaction") else None)
    begun = time.perf_counter()
    a.store.act(partial(log_interaction, patient=patient, kind="phone", text=words), a.acting)
    assert told.wait(30)
    seconds = time.perf_counter() - begun
    unlisten()
    question = select(Interaction.id).where(Interaction.patient == patient, Interaction.text == words)
    assert b.store.read(lambda reader: reader.first(question), b.acting) is not None
    until(lambda: a.runner.state.waiting == 0, 30)
    return seconds


def _search(bench: Bench, patients: int) -> Iterator[Figure]:
    def names(reader: Reader) -> list[tuple[str, str, str, str]]:
        found = reader.rows(select(Patient.family, Patient.given, Patient.mrn, Patient.born).limit(40))
        return [tuple(row) for row in found]

    asked: list[str] = []
    for family, given, mrn, born in bench.store.read(names, bench.acting):
        asked += [family[:3], family, f"{given[:2]} {family[:4]}", mrn, born, family[:2] + family[3:]]
    taken = []
    for text in asked:
        begun = time.perf_counter()
        bench.store.read(partial(search, text=text), bench.acting)
        taken.append(time.perf_counter() - begun)
    for name, part in (("p50", 0.5), ("p95", 0.95)):
        yield Figure(f"search as typed in {patients:,} patients, {name}", at(taken, part), note="(200 ms wanted, X-13)")

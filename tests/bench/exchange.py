# SPDX-License-Identifier: Apache-2.0
"""What the exchange costs: first fill, a thousand edits, and one edit seen live on another workstation."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Interaction, Task
from hms_desktop.clinic.patients.service import log_interaction
from hms_desktop.commands.bench import Bench
from hms_desktop.storage.unit import Unit
from tests.bench import floor, people, sizes
from tests.bench.figures import Figure, Stopwatch, at
from tests.server.process import ServerProcess, until

EDITS, LIVE = 1000, 60
THREE = "three durable commits"


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """On a real server process and two real workstations."""
    server = ServerProcess(folder / "server")
    server.person("thabo", "doctor", "receptionist")
    people.pour(server.home.store, "patient", people.patients(rows // 2))
    known = people.ids_of(server.home.store, "patient")
    people.pour(server.home.store, "observation", people.observations(known, rows - rows // 2))
    people.pour(server.home.store, "task", people.tasks(known, EDITS))
    server.start()
    server.enrol(folder / "a", "A", "all")
    server.enrol(folder / "b", "B", "all")
    a, b = server.bench(folder / "a", "thabo"), server.bench(folder / "b", "thabo")
    try:
        yield from _fills(folder, (a, b), server, rows)
        yield from sizes.measure(a.store, folder / "sizes", ("patient", "observation"), "a replica's file")
        with people.sealed_before(a.store):
            yield _thousand(server, a, b)
        yield from _live(folder, a, b, known[0])
    finally:
        for bench in (a, b):
            bench.store.close()
        server.close()


def _fills(folder: Path, benches: tuple[Bench, Bench], server: ServerProcess, rows: int) -> Iterator[Figure]:
    with server.home.store.reading() as connection:
        tables = {name: floor.raw(connection, name) for name in ("patient", "observation")}
    for bench, how in zip(benches, ("made on request", "kept at the server"), strict=True):
        least, least_work = floor.fill(folder / "floor", tables)
        watch = Stopwatch(server.process)
        bench.exchange.catch_up()
        seconds, work = watch.read()
        yield Figure(
            f"first fill, {rows:,} records, indexes and search, pages {how}", seconds, least, "raw fill",
            f"(work {work:.2f} s, floor's {least_work:.2f} s: {work / least_work:.1f} x)", most_times=2.5,
        )  # fmt: skip


def _thousand(server: ServerProcess, a: Bench, b: Bench) -> Figure:
    """Tasks begun at A in one transaction, as if its line had been down; from the moment at which it comes back."""
    for bench in (a, b):
        bench.exchange.catch_up()
    with a.store.reading() as connection:
        tasks = [UUID(bytes=bytes(id)) for id in connection.exec_driver_sql("SELECT id FROM task").scalars()]
    with a.store.writing() as connection:
        for task in tasks:
            a.store.act_on(connection, partial(_begin, task), a.acting)
    watch = Stopwatch(server.process)
    while a.exchange.push() is not None:
        pass
    pushed, _work = watch.read()
    left = 1
    while left:
        _outcome, left = b.exchange.pull()
    seconds, work = watch.read()
    begun = b.store.read(lambda reader: len(reader.rows(select(Task.id).where(Task.status == "in-progress"))), b.acting)
    assert begun == EDITS, f"{begun} of {EDITS} came"
    note = f"(push {pushed * 1000:.0f} ms of it; work {work:.2f} s)"
    return Figure(f"{EDITS:,} edits from A seen on B", seconds, note=note, most=0.15)


def _begin(task: UUID, unit: Unit) -> None:
    unit.action = "patients.take_task"
    unit.change(Task, task, status="in-progress", owner=unit.person.id)


def _live(folder: Path, a: Bench, b: Bench, patient: bytes) -> Iterator[Figure]:
    for bench in (a, b):
        bench.exchange.catch_up()
        bench.runner.start()
        until(lambda bench=bench: bench.runner.state.network == "online", 30)
    before = floor.one_commit(folder / "before")
    taken = [_one_edit(a, b, UUID(bytes=patient), number) for number in range(LIVE)]
    for bench in (a, b):
        bench.runner.stop()
    commit = (before + floor.one_commit(folder / "after")) / 2
    note = f"(one durable commit here {commit * 1000:.1f} ms)"
    yield Figure("a live edit seen on another workstation, p50", at(taken, 0.5), commit * 3, THREE, note, most=0.010)
    yield Figure("a live edit seen on another workstation, p95", at(taken, 0.95), commit * 3, THREE, most=0.025)


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

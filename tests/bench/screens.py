# SPDX-License-Identifier: Apache-2.0
"""What a person sees: a long chart and a search up to the painted rows, and the window while very much arrives.

Each in a process of its own with a real window, off screen. The floor is what a bare Qt window does in that time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench import people, searching
from tests.bench.figures import Figure, at, memory
from tests.server.process import PASSWORD, ServerProcess
from tests.server.warm import ROOT

ENTRIES, ROUNDS, TYPED = 2000, 20, 60
TICK = 0.010


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """Chart, search to painted rows, longest pause while `rows` patients arrive, and memory."""
    yield from _charts(folder)
    yield from _searches(folder, rows)
    half = _arriving(folder / "half", rows // 2)
    whole = _arriving(folder / "whole", rows)
    note = f"(p99 {whole['p99'] * 1000:.1f} ms; {whole['seconds']:.1f} s for {rows:,} records)"
    yield Figure(
        f"longest pause of the window while {rows:,} records arrive", whole["longest"], whole["idle"],
        "the same window idle", note, most=0.020,
    )  # fmt: skip
    yield Figure(f"client memory with {rows:,} patients", whole["now"], whole["begun"], "before", unit="MB", most=250)
    yield Figure(
        f"most memory in a first fill of {rows:,}", whole["most"], half["most"], f"of {rows // 2:,}", unit="MB",
        most_times=1.1,
    )  # fmt: skip


def _in_process(what: str, *words: str) -> Any:
    command = [sys.executable, "-m", "tests.bench.screens", what, *words]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def _charts(folder: Path) -> Iterator[Figure]:
    taken = _in_process("chart", str(folder / "chart"))
    few, many = taken["few"], taken["many"]
    what = f"chart of a patient with {ENTRIES:,} entries, timeline painted, p95"
    yield Figure(what, at(many, 0.95), at(few, 0.95), "with one", f"(p50 {at(many, 0.5) * 1000:.0f} ms)", most=0.1)


def _searches(folder: Path, rows: int) -> Iterator[Figure]:
    taken = _in_process("search", str(folder / "painted"), str(rows))
    what = f"search in {rows:,} patients, from the last key to painted rows, p95"
    yield Figure(what, at(taken, 0.95), note=f"(p50 {at(taken, 0.5) * 1000:.0f} ms)", most=0.15)


def _arriving(folder: Path, rows: int) -> dict[str, float]:
    folder.mkdir()
    server = ServerProcess(folder / "server")
    server.person("thabo", "doctor", "receptionist")
    people.pour(server.home.store, "patient", people.patients(rows))
    server.start()
    try:
        server.enrol(folder / "station", "Room 3", "all")
        found: dict[str, float] = _in_process("arriving", str(folder / "station"), PASSWORD)
        return found
    finally:
        server.close()


def main() -> None:
    """Print what was measured as one line of JSON."""
    parts: dict[str, Callable[..., object]] = {"chart": _chart, "search": _search, "arriving": _arrive}
    found = parts[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _window(folder: str, role: str, fill: Callable[[Any], None]) -> Any:
    """A workstation without a line, its file filled before its window is opened."""
    from hms_desktop.app import open_workstation
    from hms_desktop.front import dressed_application
    from hms_desktop.ui.shell.sync_facts import NoSync
    from tests.ui.shell import enrolled

    dressed_application()
    profile = enrolled.enrol(Path(folder), role)
    first = open_workstation(enrolled.unlock(profile), sync=NoSync())
    fill(first.bench.store)
    first.show()
    return first


def _settled(station: Any) -> None:
    """Until nothing that was asked for is under way and its answers are painted."""
    from PySide6.QtWidgets import QApplication

    calm = 0
    while calm < 2:
        calm = calm + 1 if station.tasks.settle(0) else 0
        station.tasks.settle()
        QApplication.processEvents()
        QApplication.sendPostedEvents()


def _chart(folder: str) -> dict[str, list[float]]:
    from hms_desktop.ui.routes import Home, PatientChart

    ids: list[bytes] = []

    def fill(store: Any) -> None:
        people.pour(store, "patient", people.patients(4))
        ids.extend(people.ids_of(store, "patient"))
        for patient, count, seed in zip(ids, (ENTRIES, ENTRIES, 1, 1), range(4), strict=True):
            people.pour(store, "timeline_entry", people.entries(patient, count, seed))

    station = _window(folder, "doctor", fill)
    taken: dict[str, list[float]] = {"many": [], "few": []}
    for number in range(ROUNDS * 2 + 4):
        station.desk.routes.open(Home())
        _settled(station)
        begun = time.perf_counter()
        station.desk.routes.open(PatientChart(UUID(bytes=ids[number % 4]), "timeline"))
        _settled(station)
        if number >= 4:  # the first time each opens
            taken["many" if number % 4 < 2 else "few"].append(time.perf_counter() - begun)
    return taken


def _search(folder: str, rows: str) -> list[float]:
    from PySide6.QtTest import QTest

    from hms_desktop.ui.routes import PatientSearch

    station = _window(folder, "receptionist", lambda store: searching.fill_register(store, int(rows)))
    asked = station.bench.store.read(searching.questions, station.bench.acting)
    station.desk.routes.open(PatientSearch())
    _settled(station)
    page, taken = station.window.shown, []
    for _kind, words in asked[:TYPED]:
        page.line.clear()
        before = page._rows
        QTest.keyClicks(page.line, words)
        begun = time.perf_counter()
        while page._rows is before:
            _settled(station)
        _settled(station)
        taken.append(time.perf_counter() - begun)
    return taken


def _arrive(folder: str, password: str) -> dict[str, float]:
    from PySide6.QtCore import Qt, QTimer

    from hms_desktop.app import open_workstation
    from hms_desktop.front import dressed_application, profile_keychain
    from hms_desktop.security import sign_in

    app = dressed_application()
    place = Path(folder)
    opened = sign_in.unlock(place, "thabo", password, keychain=profile_keychain(place))
    station = open_workstation(opened)
    station.show()
    begun, gaps, last = memory(), [], [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0] - TICK)
        last[0] = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(int(TICK * 1000))
    timer.timeout.connect(tick)
    first = time.perf_counter()
    while station.bench.runner.state.receiving is None and time.perf_counter() - first < 60:
        app.processEvents()  # until the rows come
    came = time.perf_counter()
    last[0] = came
    timer.start()
    while station.bench.runner.state.receiving is not None or station.bench.runner.state.network != "online":
        app.processEvents()
        time.sleep(0.0005)
    seconds = time.perf_counter() - came
    arriving = list(gaps)
    now, most = memory(), memory("VmHWM")
    gaps.clear()
    last[0] = time.perf_counter()
    while time.perf_counter() - last[0] < 1 and len(gaps) * TICK < seconds:
        app.processEvents()
        time.sleep(0.0005)
    return {
        "longest": max(arriving), "p99": at(arriving, 0.99), "idle": max(gaps), "seconds": seconds,
        "begun": begun, "now": now, "most": most,
    }  # fmt: skip


if __name__ == "__main__":
    main()

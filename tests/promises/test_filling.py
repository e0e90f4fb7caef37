# SPDX-License-Identifier: Apache-2.0
"""A workstation's first fill is cut by a kill of the server; people work with what came; it goes on from there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hms_desktop.core.errors import Refused
from hms_desktop.sync import snapshot
from sync_server.devices import DeviceRow, decide, device_rows
from tests.bench import people
from tests.promises.commands import ask, hms
from tests.server.process import PASSWORD, ROOT, ServerProcess, until
from tests.sync.world import dump

ROWS = 12_000


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[ServerProcess]:
    """A served clinic with many patients and results."""
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist", "doctor")
    people.pour(server.home.store, "patient", people.patients(ROWS))
    known = people.ids_of(server.home.store, "patient")
    people.pour(server.home.store, "observation", people.observations(known, ROWS))
    server.start()
    yield server
    server.close()


def enroll_until_killed(server: ServerProcess, folder: Path) -> str:
    """`hms enroll`, with the server killed once patients are arriving; returns what it said."""
    code = server.code("Front desk 1", "all")
    line = [sys.executable, "-m", "hms_desktop", "enroll", "--profile", str(folder), "--server", server.address,
            "--code", code, "--allow-private-file"]  # fmt: skip
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    waits: list[DeviceRow] = []
    until(lambda: waits.extend(r for r in device_rows(server.home) if r.status == "pending") or waits)
    decide(server.home, waits[0].id, "approved")
    said = ""
    while "(patient)" not in said:
        said += process.stderr.readline()
    server.kill()
    said += process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 6, said
    return said


@pytest.mark.accepts("SYN-02")
def test_a_cut_first_fill_shows_progress_can_be_worked_with_and_goes_on(
    clinic: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "desk"
    said = enroll_until_killed(clinic, folder)
    assert re.search(r"\d+ of \d+ rows \(patient\)", said) and "is enrolled; what has arrived stays" in said
    bench = clinic.bench(folder, "zanele")
    with bench.store.reading() as connection:
        arrived = connection.exec_driver_sql("SELECT family, given FROM patient LIMIT 1").one()
        had = connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one()
    assert had < ROWS, "the fill was cut"
    found = ask(folder, "zanele", "search", f"{arrived.given} {arrived.family}")
    offline = hms("sync", "--profile", str(folder), "--login", "zanele", "--password-stdin", typed=PASSWORD + "\n")
    assert offline.returncode == 6 and "safe here" in offline.stderr
    clinic.start()
    fetched: list[str] = []
    take = snapshot.take_page
    monkeypatch.setattr(snapshot, "take_page", lambda c, i, page, n: (fetched.append(page.table), take(c, i, page, n)))
    bench.exchange.catch_up()
    assert ask(folder, "zanele", "search", f"{arrived.given} {arrived.family}")["patients"], found
    bench.exchange.catch_up()
    assert dump(bench.store, bench.exchange.granted) == dump(clinic.home.store, bench.exchange.granted)
    bench.store.close()


@pytest.mark.accepts("OPS-10")
def test_training_data_is_marked_and_never_meets_a_real_clinic(clinic: ServerProcess, tmp_path: Path) -> None:
    clinic.enrol(tmp_path / "desk", "Desk", "front_desk")
    bench = clinic.bench(tmp_path / "desk", "zanele")
    welcome = bench.exchange.greet()
    assert welcome.training and bench.store.setting.clinic.training
    real = type(welcome)(
        *(False if name == "training" else getattr(welcome, name) for name in welcome.__struct_fields__)
    )
    bench.exchange._transport.greet = lambda _hello: real  # type: ignore[method-assign]
    with pytest.raises(Refused, match="never meet"):
        bench.exchange.catch_up()
    bench.store.close()

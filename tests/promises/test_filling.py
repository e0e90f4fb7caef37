# SPDX-License-Identifier: Apache-2.0
"""A workstation's first fill is cut by a kill of the server; people work with what came; it goes on from there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync import snapshot
from hms_desktop.sync.protocol import Page
from hms_desktop.ui.routes import PatientRecord, PatientSearch, RegisterPatient
from installer.day import hands
from sync_server.devices import DeviceRow, decide, device_rows
from tests.bench import people
from tests.promises.seats import ServedClinic, rows_of, served
from tests.server.process import ServerProcess, until
from tests.server.warm import ROOT
from tests.sync.world import dump

ROWS = 12_000


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[ServedClinic]:
    """A served clinic with many patients and results."""
    with served(tmp_path, qapp) as made:
        made.person("zanele", "receptionist", "doctor")
        store = made.server.home.store
        people.pour(store, "patient", people.patients(ROWS))
        people.pour(store, "observation", people.observations(people.ids_of(store, "patient"), ROWS))
        made.server.start()
        yield made


def enroll_until_killed(server: ServerProcess, folder: Path) -> str:
    """`hms enroll`, with the server killed once patients are arriving; returns what it said."""
    code = server.code("Front desk 1", "all")
    line = [sys.executable, "-m", "hms_desktop", "enroll", "--profile", str(folder), "--server", server.address,
            "--code", code, "--allow-private-file"]  # fmt: skip
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    waits: list[DeviceRow] = []

    def waiting() -> bool:
        waits[:] = [row for row in device_rows(server.home) if row.status == "pending"]
        return bool(waits)

    until(waiting)
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
    clinic: ServedClinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, folder = clinic.server, tmp_path / "desk"
    said = enroll_until_killed(server, folder)
    assert re.search(r"\d+ of \d+ rows \(patient\)", said) and "is enrolled; what has arrived stays" in said
    bench = server.bench(folder, "zanele")
    with bench.store.reading() as connection:
        here: dict[str, int] = meta_value(connection, snapshot.PROGRESS)["pages"]
        had = connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one()
    bench.store.close()
    assert here["patient"] >= 1 and had < ROWS, "the fill was cut"
    registered = works_with_what_arrived(clinic)
    server.start()
    fetched: list[tuple[str, int]] = []
    take = snapshot.take_page

    def taken(connection: Any, id: bytes, page: Page, number: int) -> None:
        fetched.append((page.table, number))
        take(connection, id, page, number)

    monkeypatch.setattr(snapshot, "take_page", taken)
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    assert fetched and all(number >= here.get(table, 0) for table, number in fetched), "it went on from there"
    bench.exchange.catch_up()
    assert dump(bench.store, bench.exchange.granted) == dump(server.home.store, bench.exchange.granted)
    assert bench.store.read(lambda reader: reader.find(Patient, registered), bench.acting) is not None
    bench.store.close()


def works_with_what_arrived(clinic: ServedClinic) -> UUID:
    """With the server dead, in the window: somebody who came is found and opened, a walk-in is registered."""
    seat = clinic.sit("desk", "zanele")
    seat.offline()
    arrived = seat.ask(lambda r: r.rows(select(Patient.id, Patient.family, Patient.given).limit(1)))[0]
    page = seat.goes_to(PatientSearch())
    hands.type_text(f"{arrived.given} {arrived.family}")
    hands.until(lambda: any(arrived.family.upper() in row for row in rows_of(page.table)), "who came is found")
    seat.goes_to(PatientRecord(arrived.id))
    hands.until(lambda: arrived.family.upper() in seat.window.frame.banner.accessibleName(), "and opened")
    hands.press("Ctrl+Shift+N")
    seat.shows(RegisterPatient)
    hands.await_field("Family name")
    hands.fill(**{"Family_name": "Zwane", "Given_names": "Nomsa", "Birth_date_or_age": "about 40 y"})
    hands.press("Tab")
    hands.choose("Female")
    hands.press("Ctrl+Return")
    registered = seat.shows(PatientRecord).patient
    clinic.leaves(seat)
    return registered

# SPDX-License-Identifier: Apache-2.0
"""A page of the encrypted file is spoilt: said plainly, and the file made anew with what had not been sent."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from uuid import UUID

import pytest
from PySide6.QtCore import QLockFile
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.front import run_desktop
from hms_desktop.storage.engine import connect
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess
from tests.sync.world import dump

ZANELE = ("--login", "zanele", "--password-stdin")


def run(folder: Path, *words: str) -> CompletedProcess[str]:
    """One command, as zanele."""
    command, *rest = words
    return hms(command, "--profile", str(folder), *rest, *ZANELE, typed=PASSWORD + "\n")


def add(bench: Bench, family: str) -> UUID:
    """A patient, written here."""
    written = Registration(family=family, sex="female", born="1980-02-03")
    return bench.store.act(partial(register, written=written), bench.acting)


def spoil(path: Path, key: bytes, *tables: str) -> None:
    """Write over the page at which each of these tables begins."""
    connection = connect(path, key, readonly=True)
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    asked = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    pages = [connection.execute(asked, (table,)).fetchone()[0] for table in tables]
    connection.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)


def one_at_a_time(folder: Path) -> None:
    """Whoever starts the program a second time is told where the first one is, and nothing is opened."""
    first = QLockFile(str(folder / "desktop.lock"))
    assert first.tryLock(0)
    with pytest.raises(Unavailable, match="already open on this computer"):
        run_desktop(folder)
    first.unlock()


@pytest.mark.accepts("OPS-07")
def test_a_spoilt_page_is_said_plainly_and_the_file_comes_anew_with_what_was_not_sent(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start()
    folder = tmp_path / "desk"
    server.enrol(folder, "Front desk", "front_desk")
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    add(bench, "Sent")
    bench.exchange.catch_up()
    server.stop()
    add(bench, "Unsent")
    path, key = bench.store.path, bench.opened.file_key
    bench.shut()
    spoil(path, key, "patient")
    said = run(folder, "search", "sent")
    assert said.returncode == 3 and "is damaged" in said.stderr and "hms rebuild" in said.stderr
    assert "Traceback" not in said.stderr
    alone = run(folder, "rebuild")
    assert alone.returncode == 6 and path.exists() and not list(folder.glob("*damaged*")), alone.stderr
    server.start()
    done = run(folder, "rebuild", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["kept"] >= 1 and answer["rows"] > 0 and Path(answer["aside"]).exists()
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    add(bench, "After")
    bench.exchange.catch_up()
    here = bench.store.read(lambda r: r.rows(select(Patient.family, Patient.mrn)), bench.acting)
    assert sorted(row.family for row in here) == ["After", "Sent", "Unsent"]
    assert len({row.mrn for row in here}) == 3, "no number is given out twice"
    granted = bench.exchange.granted
    assert dump(bench.store, granted) == dump(server.home.store, granted)
    bench.shut()
    one_at_a_time(folder)
    spoil(path, key, "own_counter")
    lost = run(folder, "rebuild")
    assert lost.returncode == 3 and "enrol this computer anew" in lost.stderr and path.exists()
    server.close()

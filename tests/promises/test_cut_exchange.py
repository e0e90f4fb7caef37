# SPDX-License-Identifier: Apache-2.0
"""An exchange that dies between pull and apply leaves whole change sets, whole references, and a round that goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import decode_leaf
from hms_desktop.storage.records import REGISTRY
from tests.promises.commands import ask, hms
from tests.promises.sync_process import PAGE
from tests.server.process import PASSWORD, ServerProcess
from tests.server.warm import ROOT
from tests.sync.world import dump

PATIENTS = 5 * PAGE


def write_patients(bench: Bench, family: str, count: int) -> None:
    """Each is one change set over several tables: chart, telephone, identifier, timeline."""
    for number in range(count):
        written = Registration(
            family=family, given=f"Given{number}", sex="female", born=f"{1930 + number % 80}-01-02",
            phone=f"+27 82 55{number:05d}", identifiers=(("passport", f"P{family[:2].upper()}{number:06d}"),),
        )  # fmt: skip
        bench.store.act(partial(register, written=written), bench.acting)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[ServerProcess]:
    """A served clinic with two desks; the first wrote much that the second has not heard of."""
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.person("thandi", "receptionist")
    server.start()
    for name in ("a", "b"):
        server.enrol(tmp_path / name, f"Desk {name}", "front_desk")
    for name in ("b", "a"):
        bench = server.bench(tmp_path / name, "zanele")
        bench.exchange.catch_up()
        if name == "a":
            write_patients(bench, "Abrahams", PATIENTS)
            bench.exchange.catch_up()
        bench.store.close()
    yield server
    server.close()


def kill_while_syncing(folder: Path, page: int, stage: str) -> None:
    """Run it up to the asked moment, then kill -9."""
    line = [sys.executable, "-m", "tests.promises.sync_process", str(folder), "zanele", str(page), stage]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    process.kill()
    process.stdout.close()
    assert process.wait(20) == -signal.SIGKILL


def must_be_whole(bench: Bench) -> int:
    """Every logged change set has all of its rows, no reference dangles; returns how many patients are here."""
    with bench.store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        sets = connection.execute(select(ledger.change_log.c.leaves).where(ledger.change_log.c.state == ledger.APPLIED))
        named: dict[str, set[bytes]] = {}
        for row in sets:
            for leaf in map(decode_leaf, _leaves(row.leaves)):
                named.setdefault(leaf.table, set()).add(leaf.record)
        for table, records in named.items():
            here = {bytes(row[0]) for row in connection.exec_driver_sql(f'SELECT id FROM "{table}"')}
            assert records <= here, table
    return len(bench.store.read(lambda reader: reader.rows(select(Patient.id)), bench.acting))


def _leaves(packed: bytes) -> list[bytes]:
    return [leaf for leaf in msgspec.msgpack.decode(packed, type=list[bytes]) if len(leaf) != 32]


@pytest.mark.hazard("H21")
@pytest.mark.accepts("SYN-04")
def test_a_killed_exchange_is_whole_and_goes_on_and_a_refusal_names_the_record(
    clinic: ServerProcess, tmp_path: Path
) -> None:
    folder, counted = tmp_path / "b", [0]
    for page, stage in ((0, "before"), (1, "half"), (2, "before")):
        kill_while_syncing(folder, page, stage)
        bench = clinic.bench(folder, "zanele")
        counted.append(must_be_whole(bench))
        bench.store.close()
        assert counted[-1] >= counted[-2]
    assert counted[1] == 0 and 0 < counted[-1] < PATIENTS, "whole pages came in between, and not all of them"
    assert ask(folder, "zanele", "sync")["waiting"] == 0
    bench = clinic.bench(folder, "zanele")
    assert must_be_whole(bench) == PATIENTS
    assert dump(bench.store, bench.exchange.granted) == dump(clinic.home.store, bench.exchange.granted)
    assert any(table.refs for name, table in REGISTRY.items() if name in bench.exchange.granted)
    clinic.command("people", "end", "zanele")
    write_patients(bench, "Botha", 1)
    found = bench.store.read(lambda r: r.one(select(Patient.id).where(Patient.family == "Botha")), bench.acting)
    bench.store.close()
    told = ask(folder, "thandi", "sync")
    assert told["held_back"] == 1, "what she wrote; that she came was before she left"
    said = hms("status", "--profile", str(folder), "--login", "thandi", "--password-stdin", typed=PASSWORD + "\n")
    assert f"patient {found.id}" in said.stdout and "no longer" in said.stdout

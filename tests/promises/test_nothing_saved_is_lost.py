# SPDX-License-Identifier: Apache-2.0
"""What the window called saved is there after a kill, whole, with the server dead all the while."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing.model import Charge
from hms_desktop.clinic.inventory.model import StockMove
from hms_desktop.clinic.patients.model import TimelineEntry
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.commands.bench import Bench
from tests.promises.pharmacy_scene import enrol_counter, make_pharmacy
from tests.server.process import ServerProcess
from tests.server.warm import ROOT
from tests.sync.world import dump


@pytest.fixture
def pharmacy(tmp_path: Path) -> Iterator[tuple[ServerProcess, UUID]]:
    """A served clinic with a pharmacist and a long prescription."""
    server = ServerProcess(tmp_path / "server")
    server.person("naledi", "pharmacist")
    prescription = make_pharmacy(server)
    server.start()
    yield server, prescription
    server.close()


def work_until_killed(folder: Path, prescription: UUID, chance: random.Random) -> list[UUID]:
    """Run the counter, kill it at a random moment after its window said so once; returns what it called saved."""
    line = [sys.executable, "-m", "tests.promises.counter_process", str(folder), str(prescription)]
    with folder.with_name("counter.log").open("ab") as log:  # a window system that speaks is not what is looked at
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
    assert process.stdout is not None
    saved = [process.stdout.readline()]
    time.sleep(chance.uniform(0.0, 0.15))
    process.kill()
    saved += process.stdout.readlines()
    process.stdout.close()
    process.wait(20)
    said = folder.with_name("counter.log").read_text(encoding="utf-8")[-2000:]
    assert all(line.startswith("saved ") for line in saved), (saved, said)
    return [UUID(line.split()[1]) for line in saved if line.endswith("\n")]


def whole(bench: Bench) -> set[UUID]:
    """Every hand-over here, after checking that each has its stock move, its charge and its line on the timeline."""

    def look(reader: object) -> set[UUID]:
        rows = reader.rows(select(Dispense.id, Dispense.quantity))  # type: ignore[attr-defined]
        for table, column in (
            (StockMove, StockMove.source),
            (Charge, Charge.source),
            (TimelineEntry, TimelineEntry.source),
        ):
            if bench.store.station.kind == "pharmacy" and table in (Charge, TimelineEntry):
                continue
            found = reader.rows(select(column))  # type: ignore[attr-defined]
            assert {row.source for row in found} >= {row.id for row in rows}
        moved = reader.rows(select(StockMove.quantity).where(StockMove.kind == "dispense"))  # type: ignore[attr-defined]
        assert sum((row.quantity for row in moved), Decimal(0)) == -sum((row.quantity for row in rows), Decimal(0))
        return {row.id for row in rows}

    return bench.store.read(look, bench.acting)


@pytest.mark.hazard("H21")
@pytest.mark.accepts("X-01")
@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=[pytest.mark.proof, pytest.mark.timeout(1800)])])
def test_a_killed_window_keeps_what_it_called_saved_and_no_half(
    pharmacy: tuple[ServerProcess, UUID], tmp_path: Path, kills: int
) -> None:
    server, prescription = pharmacy
    folder = tmp_path / "counter"
    enrol_counter(server, folder, "Pharmacy 1")
    server.kill()
    saved: set[UUID] = set()
    chance = random.Random(11)
    for _kill in range(kills):
        saved |= set(work_until_killed(folder, prescription, chance))
        bench = server.bench(folder, "naledi")
        assert whole(bench) >= saved
        bench.store.close()
    server.start()
    server.enrol(tmp_path / "all", "Everything", "all")
    counter, everything = server.bench(folder, "naledi"), server.bench(tmp_path / "all", "naledi")
    for bench in (counter, everything, counter, everything):  # what one gives back of its share, the other hears
        bench.exchange.catch_up()
    assert whole(everything) == whole(counter) >= saved
    assert not counter.exchange.counts().held_back
    assert dump(counter.store, counter.exchange.granted) == dump(everything.store, counter.exchange.granted)
    for bench in (counter, everything):
        bench.store.close()

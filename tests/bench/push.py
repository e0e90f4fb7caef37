# SPDX-License-Identifier: Apache-2.0
"""What a push costs: change sets of five records, each signed by its person, with every check that the server makes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.model import Observation
from hms_desktop.storage.unit import Unit
from tests.bench import floor, people, sizes
from tests.bench.figures import Figure, Stopwatch
from tests.server.process import ServerProcess

EACH, MOST_SETS = 5, 20_000
PATIENTS = 1000
_SIGNS = (("8480-6", "Systolic blood pressure", "mm[Hg]"), ("8462-4", "Diastolic blood pressure", "mm[Hg]"),
          ("8867-4", "Heart rate", "/min"), ("9279-1", "Respiratory rate", "/min"))  # fmt: skip


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """One workstation's work of weeks, pushed to a real server process."""
    server = ServerProcess(folder / "push server")
    server.person("thabo", "doctor")
    people.pour(server.home.store, "patient", people.patients(PATIENTS))
    known = [UUID(bytes=id) for id in people.ids_of(server.home.store, "patient")]
    server.start()
    server.enrol(folder / "sender", "A", "all")
    bench = server.bench(folder / "sender", "thabo")
    try:
        bench.exchange.catch_up()
        sets = min(rows // EACH, MOST_SETS)
        with bench.store.writing() as connection:
            for number in range(sets):
                bench.store.act_on(connection, partial(reading, known[number % PATIENTS]), bench.acting)
        with bench.store.reading() as connection:
            least, least_work = floor.fill(folder / "floor", {"observation": floor.raw(connection, "observation")})
        bench.exchange.greet()
        with people.sealed_before(bench.store):
            watch = Stopwatch(server.process)
            while bench.exchange.push() is not None:
                pass
            seconds, work = watch.read()
        with server.home.store.reading() as connection:
            taken = connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one()
        assert taken == sets * EACH, f"the server holds {taken} of {sets * EACH}"
        yield Figure(
            f"push of {sets * EACH:,} records in signed change sets of {EACH}, all checks", seconds, least,
            "raw fill of their rows", f"(work {work:.2f} s, floor's {least_work:.2f} s: {work / least_work:.1f} x)",
            most_times=7,
        )  # fmt: skip
        yield from sizes.measure(server.home.store, folder / "push sizes", ("observation",), "the server's file")
    finally:
        bench.store.close()
        server.close()


def reading(patient: UUID, unit: Unit) -> None:
    """Vital signs as they are recorded: a blood pressure with its two parts, and two more."""
    unit.action = "ehr.record_vitals"
    common: dict[str, Any] = {
        "patient": patient, "at": unit.now, "by": unit.person.id, "category": "vital-signs", "system": "http://loinc.org",
    }  # fmt: skip
    parent = unit.add(Observation, code="85354-9", display="Blood pressure", **common)
    for place, (code, display, sign) in enumerate(_SIGNS):
        under: dict[str, Any] = {"parent": parent, "ordinal": place} if place < 2 else {}
        unit.add(
            Observation, code=code, display=display, value=Decimal(70 + place), unit=sign, **under, **common
        )  # fmt: skip

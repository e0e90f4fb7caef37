# SPDX-License-Identifier: Apache-2.0
"""A clinic of many patients and some people at work, whose looks all belong to care: snoops are planted in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hms_desktop.clinic.patients.names import name_keys
from hms_desktop.core.clock import stamp
from hms_desktop.core.ids import IdSource
from hms_desktop.storage.store import Store
from tests.bench.people import pour
from tests.desk import MONDAY_09_00

DAY_MS = 86_400_000
SPAN_DAYS = 28
WORKERS = 30


@dataclass
class Crowd:
    """Who is there: patients (with the family name's number), workers (accounts), and each worker's own chart."""

    store: Store
    patients: list[UUID] = field(default_factory=list)
    workers: list[UUID] = field(default_factory=list)
    charts: list[UUID] = field(default_factory=list)
    homes: dict[UUID, str] = field(default_factory=dict)
    looks: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    restricted: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(5)
        self._ids = IdSource(lambda: MONDAY_09_00, self._chance.randbytes)
        self._count = 0

    def rows(self, values: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Stored rows with an id and a stamp of long ago."""
        for row in values:
            self._count += 1
            at = MONDAY_09_00 - 400 * DAY_MS + self._count
            yield {"id": self._ids.new().bytes, "k": stamp(at, 0, 3), **row}


def family(number: int) -> str:
    """A family name of letters, different for each number."""
    return "Fam" + "".join(chr(97 + int(digit)) for digit in str(number))


def patient(id: UUID, name: str, given: str, number: int) -> dict[str, Any]:
    """A stored chart."""
    return {
        "id": id.bytes, "family": name, "given": given, "name_known": 1, **name_keys(name, given), "born": "1970",
        "born_estimated": 0, "sex": "female", "mrn": f"P{number:06}", "temporary": 0, "active": 1,
    }  # fmt: skip


def gather(store: Store, patients: int, looks: int) -> Crowd:
    """So many patients, each booked with a worker within the span, and so many looks by whom they were booked with."""
    crowd, chance = Crowd(store), random.Random(6)
    ids = IdSource(lambda: MONDAY_09_00, chance.randbytes)
    crowd.patients = [ids.new() for _each in range(patients)]
    crowd.workers = [ids.new() for _each in range(WORKERS)]
    crowd.charts = [ids.new() for _each in range(WORKERS)]
    made = [patient(id, family(n), "Given", n) for n, id in enumerate(crowd.patients)]
    made += [patient(id, family(900_000 + n), "Worker", 900_000 + n) for n, id in enumerate(crowd.charts)]
    pour(store, "patient", crowd.rows(iter(made)))
    pour(store, "account", crowd.rows(iter([
        {"id": id.bytes, "login": f"w{n}", "name": f"Worker {family(900_000 + n)}", "roles": "[]", "active": 1,
         "needs_code": 0, "statement": b"-", "wrapped": b"-"} for n, id in enumerate(crowd.workers)
    ])))  # fmt: skip
    crowd.homes = {id: f"{n} Long Road" for n, id in enumerate([*crowd.patients, *crowd.charts])}
    pour(store, "patient_contact", crowd.rows(iter([
        {"patient": id.bytes, "kind": "address", "value": home, "rank": 1, "line": home, "postcode": "7700",
         "active": 1}
        for id, home in crowd.homes.items()
    ])))  # fmt: skip
    seen_by = {id: chance.choice(crowd.workers) for id in crowd.patients}
    days = {id: chance.randrange(SPAN_DAYS) for id in crowd.patients}
    pour(store, "appointment", crowd.rows(iter([
        {"patient": id.bytes, "practitioner": seen_by[id].bytes, "service": "general", "minutes": 15, "firm": 1,
         "starts": MONDAY_09_00 - days[id] * DAY_MS, "status": "fulfilled"} for id in crowd.patients
    ])))  # fmt: skip
    for _each in range(looks):
        who = chance.choice(crowd.patients)
        day = min(SPAN_DAYS - 1, max(0, days[who] + chance.randrange(-3, 4)))
        crowd.looks.append((seen_by[who], who, MONDAY_09_00 - day * DAY_MS - chance.randrange(3_600_000)))
    return crowd


def plant(crowd: Crowd) -> dict[tuple[UUID, UUID], tuple[str, ...]]:
    """Twenty snoops: who looked at whom today, and what must be said of it.

    Four at somebody of their family name, four at their own address, four at a colleague, four at a restricted record
    (which the caller restricts), two at their own chart, two at somebody who was not here for long.
    """
    ids = IdSource(lambda: MONDAY_09_00, random.Random(9).randbytes)
    extra = [ids.new() for _each in range(14)]
    names = [family(900_000 + n) if n < 4 else family(800_000 + n) for n in range(14)]
    pour(crowd.store, "patient", crowd.rows(iter(
        [patient(id, names[n], "Odd", 800_000 + n) for n, id in enumerate(extra)]
    )))  # fmt: skip
    homes = {n: crowd.homes[crowd.charts[n]] for n in range(4, 8)}
    pour(crowd.store, "patient_contact", crowd.rows(iter([
        {"patient": extra[n].bytes, "kind": "address", "value": home.upper(), "rank": 1, "line": home.upper() + ".",
         "postcode": "7700", "active": 1} for n, home in homes.items()
    ])))  # fmt: skip
    colleagues = [crowd.charts[n + 12] for n in range(8, 12)]
    pour(crowd.store, "appointment", crowd.rows(iter([
        {"patient": id.bytes, "practitioner": crowd.workers[-1].bytes, "service": "general", "minutes": 15, "firm": 1,
         "starts": MONDAY_09_00, "status": "booked"} for id in [*extra[:12], *colleagues[:2]]
    ])))  # fmt: skip
    planted: dict[tuple[UUID, UUID], tuple[str, ...]] = {}
    for n in range(4):
        planted[crowd.workers[n], extra[n]] = ("family",)
        planted[crowd.workers[n + 4], extra[n + 4]] = ("household",)
        planted[crowd.workers[n + 8], colleagues[n]] = ("colleague",) if n < 2 else ("colleague", "no_relation")
        planted[crowd.workers[n + 12], extra[n + 8]] = ("restricted",)
    for n in (16, 17):
        planted[crowd.workers[n], crowd.charts[n]] = ("own",)
        planted[crowd.workers[n + 2], extra[n - 4]] = ("no_relation",)
    crowd.looks += [(by, who, MONDAY_09_00 - 1000) for by, who in planted]
    crowd.restricted = extra[8:12]
    return planted


def pour_looks(crowd: Crowd) -> None:
    """Write every look, mixed, as it happened."""
    crowd.looks.sort(key=lambda look: look[2])
    pour(crowd.store, "access_event", crowd.rows(iter([
        {"kind": "chart", "by": by.bytes, "at": at, "patient": who.bytes, "purpose": "treatment", "count": 1}
        for by, who, at in crowd.looks
    ])))  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""What the exchange costs on a thin line: 1 Mbit/s, 300 ms for a question and its answer, cut now and then."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from tests.bench import people
from tests.bench.figures import Figure, Stopwatch
from tests.server.thin import FarClinic, work
from tests.server.thin_line import Shape

PENDING, MEGABIT, SECONDS_ONE_WAY = 10_000, 1_000_000, 0.15
TWO_MINUTES, TWO_SECONDS = 120.0, 2.0
CUT_LEAST, CUT_MOST = 150_000, 600_000
CYCLES = 5


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """One workstation's pending work over a shaped line to a real server process; `rows` of it at most."""
    clinic = FarClinic(folder / "far")
    bench = clinic.desk(folder / "far desk")
    count = min(PENDING, rows)
    try:
        written = Registration(family="Okonkwo", sex="female", born="1980-01-02")
        patient = bench.store.act(partial(register, written=written), bench.acting)
        bench.exchange.catch_up()
        clinic.line.become(Shape(MEGABIT, SECONDS_ONE_WAY))
        yield Figure("an idle cycle, 1 Mbit/s and 300 ms", median(_idle(bench)), most=TWO_SECONDS)
        work(bench, count, patient)
        chance = random.Random(3)
        clinic.line.breaks_after(chance.randrange(CUT_LEAST, CUT_MOST) for _cut in itertools.count())
        with people.sealed_before(bench.store), clinic.line.counting() as counted:
            watch, own = Stopwatch(clinic.server.process), Stopwatch()
            while bench.exchange.counts().waiting:
                try:
                    bench.exchange.catch_up()
                except Unavailable:
                    continue
            seconds, work_done = watch.read()
        needed = counted.both * 8 / MEGABIT
        megabytes = counted.both / 1e6
        yield Figure(
            f"{count:,} pending actions pushed: time of a megabit line that their bits need", needed,
            note=f"({megabytes:.2f} MB, {counted.cuts} cuts and what they repeat included)", most=TWO_MINUTES,
        )  # fmt: skip
        yield Figure(
            f"{count:,} pending actions pushed over that line, cut {counted.cuts} times", seconds, needed,
            "its bits alone", f"(work {work_done:.1f} s, of which here {own.read()[1]:.1f} s)", most=TWO_MINUTES,
        )  # fmt: skip
    finally:
        bench.store.close()
        clinic.close()


def _idle(bench: Bench) -> Iterator[float]:
    for _cycle in range(CYCLES):
        watch = Stopwatch()
        bench.exchange.catch_up()
        yield watch.read()[0]

# SPDX-License-Identifier: Apache-2.0
"""Seven days without a server at several workstations, killed at random, then a line that breaks: nothing is lost.

Front desk, chart, laboratory, pharmacy and till at each of them: whole visits by the services that the windows call.
One day of it here, seven of them with more visits and kills under `--proof`.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage import ledger
from installer.day import set_up
from installer.day.clinic import morning_zone
from installer.day.people import DemoPerson
from sync_server.quarantine import quarantine
from tests.killing import said
from tests.promises.seven_days import opened, works
from tests.promises.whole_visit import DOCTOR, SECOND, THIRD, WORK
from tests.server.process import PASSWORD, ServerProcess, until
from tests.server.warm import COPIES, Running
from tests.sync.world import dump

ROLES = ("doctor", "receptionist", "nurse", "pharmacist", "cashier", "lab_technologist", "lab_verifier")
WEEK = 7
STATIONS = ["Pharmacy 1", "Pharmacy 2"]
"""Where everything may be done, each with shelves of its own."""
BREAKS = 0.2
"""How often the line breaks, on the way there and on the way back."""


def furnished(folder: Path, stations: list[str]) -> ServerProcess:
    """A clinic with lists, prices and stock, whose workstations are filled; then its server is gone."""
    server = ServerProcess(folder / "server", morning_zone())
    practitioners = {}
    for login, family in ((DOCTOR, "Haddad"), ("t.mbeki", "Mbeki")):
        work = {"family": family, "given": "N", "prefix": "Dr", "speciality": "General practice"} | WORK
        who = server.employ(login, f"Dr {family}", ROLES)
        practitioners[who] = DemoPerson(login, f"Dr {family}", ROLES, PASSWORD, practitioner=work)
    for login, role in ((SECOND, "lab_technologist"), (THIRD, "lab_verifier")):
        server.employ(login, login, (role,))
    set_up.fill(server.home, practitioners)
    server.start()
    for name in stations:
        server.enrol(folder / name, name, "all")
        bench = server.bench(folder / name, DOCTOR)
        bench.exchange.catch_up()
        bench.store.close()
    server.kill()
    return server


def names(chance: random.Random) -> Any:
    """Visits whose people are told apart by name, telephone and passport."""
    for number in count(1):
        word = "".join(chance.choices("bdfgklmnprst", k=4)) + "".join(chance.choices("aeiou", k=2))
        yield f"{word.title()}{_letters(number)}", f"Zu{word}{_letters(number)}", f"{number:04}"


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def a_week(folder: Path, stations: list[str], days: list[int], visits: int, chance: random.Random) -> None:
    """Every station works each day; every other one is killed by kill -9 in the middle of something."""
    people, turn = names(chance), count()
    for day in days:
        for name in stations:
            today = [next(people) for _visit in range(visits)]
            cut = chance.randint(5, 18 * visits) if next(turn) % 2 == 0 else None
            a_day(folder / name, day, today, folder / f"done {name}", cut)


def a_day(folder: Path, day: int, visits: list[tuple[str, str, str]], done: Path, cut: int | None) -> None:
    """One day's work in a process of its own; with `cut` it is killed once so many more acts were acknowledged."""
    before = len(said(done))
    process = COPIES.Process(target=works, args=(folder, day, visits, done), daemon=True)
    process.start()
    until(lambda: process.exitcode is not None or (cut is not None and len(said(done)) >= before + cut), 240)
    process.kill()
    process.join()
    assert cut is not None or process.exitcode == 0
    process.close()


def breaks(bench: Bench, chance: random.Random) -> None:
    """From now on this workstation's line breaks now and then, before or after the server heard."""
    line: Any = bench.roads._centre
    post = line._post

    def may_break(*request: Any) -> Any:
        if chance.random() < BREAKS:
            raise Unavailable("cut on the way there")
        answer = post(*request)
        if chance.random() < BREAKS:
            raise Unavailable("cut on the way back")
        return answer

    line._post = may_break


def meets(bench: Bench) -> None:
    """However often the line breaks, a whole round."""
    for _try in range(400):
        try:
            bench.exchange.catch_up()
            return
        except Unavailable:
            continue
    raise AssertionError("the line never held")


def serves_a_week_later(server: ServerProcess) -> None:
    """The server comes back on the seventh day."""
    words = ("serve", "--bind", "127.0.0.1", "--port", str(server.port))
    env = {**os.environ, "HMS_SERVER_FOLDER": str(server.folder)}
    process = server._process = Running("hms-server", words, env, minutes_ago=-WEEK * 24 * 60)
    until(lambda: process.poll() is not None or "serving" in process.said)
    assert process.poll() is None, process.said


def soak(folder: Path, stations: list[str], days: list[int], visits: int, seed: int) -> int:
    """The whole of it; returns how many acts were acknowledged without a server."""
    chance = random.Random(seed)
    server = furnished(folder, stations)
    a_week(folder, stations, days, visits, chance)
    serves_a_week_later(server)
    benches = {name: opened(folder / name, DOCTOR, WEEK) for name in stations}
    for bench in benches.values():
        breaks(bench, chance)
    for _round in range(2):
        for bench in benches.values():
            meets(bench)
    acts = sum(nothing_is_lost(server, bench, folder / f"done {name}") for name, bench in benches.items())
    nothing_is_twice(server)
    rows = [dump(bench.store, bench.exchange.granted) for bench in benches.values()]
    assert all(each == dump(server.home.store, next(iter(benches.values())).exchange.granted) for each in rows)
    for bench in benches.values():
        bench.store.close()
    server.close()
    return acts


def nothing_is_lost(server: ServerProcess, bench: Bench, done: Path) -> int:
    """Everything that was acknowledged there is applied at the server, once and in its place."""
    author, acknowledged = bench.store.station.author, {int(number) for number in said(done)}
    log = ledger.change_log
    with server.home.store.reading() as connection:
        there = Counter(
            row.number for row in connection.execute(select(log).where(log.c.author == author))
            if row.state == ledger.APPLIED
        )  # fmt: skip
    assert acknowledged <= there.keys() and set(there.values()) == {1}
    assert sorted(there) == list(range(1, max(there) + 1)), "no gap"
    assert bench.exchange.counts().waiting == 0 and not bench.exchange.counts().held_back
    return len(acknowledged)


def nothing_is_twice(server: ServerProcess) -> None:
    """Nobody is registered twice, no number is given twice, no invoice is paid twice; nothing was refused."""
    assert quarantine(server.home) == []
    ask = server.home.store.read
    people = ask(lambda reader: reader.rows(select(Patient.family, Patient.mrn)), server.home.worker)
    for column in zip(*people, strict=True):
        assert max(Counter(column).values()) == 1
    paid = ask(lambda reader: reader.rows(select(Payment.invoice, Payment.number)), server.home.worker)
    for column in zip(*paid, strict=True):
        assert max(Counter(column).values()) == 1


def test_work_without_a_server_is_neither_lost_nor_twice(tmp_path: Path) -> None:
    assert soak(tmp_path, STATIONS, [WEEK - 1], 1, seed=5) > 20


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_a_week_without_a_server_loses_nothing(tmp_path: Path, seed: int) -> None:
    assert soak(tmp_path, STATIONS, list(range(WEEK)), 2, seed) > 300

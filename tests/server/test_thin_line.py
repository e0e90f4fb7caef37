# SPDX-License-Identifier: Apache-2.0
"""The exchange over a thin line, through real processes: its bytes, that cuts don't stop it, and its limit."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select

from hms_desktop.clinic.patients.model import Interaction
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync.courier import Courier
from hms_desktop.sync.lanes import PIECE, Lanes
from sync_server.hub_home import line_to_centre
from sync_server.settings import choose
from tests.promises.commands import ask, hms
from tests.server.process import PASSWORD, ServerProcess
from tests.server.thin import FarClinic, called, work
from tests.server.thin_line import Shape
from tests.sync.test_lanes import Clock

LINE_BITS, TWO_MINUTES = 1_000_000, 120
TEN_THOUSAND = 10_000


@contextmanager
def far_clinic(folder: Path, shape: Shape | None = None) -> Iterator[FarClinic]:
    """A clinic of its own for each test, as what goes over its line is counted."""
    clinic = FarClinic(folder, shape)
    yield clinic
    clinic.close()


def a_patient(bench: Bench) -> UUID:
    """Somebody to work for."""
    written = Registration(family="Okonkwo", sex="female", born="1980-01-02")
    return bench.store.act(partial(register, written=written), bench.acting)


def asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the workstation asks from now on."""
    line: Any = bench.roads._centre
    paths: list[str] = []
    post = line._post

    def noted(path: str, *rest: Any) -> Any:
        paths.append(path)
        return post(path, *rest)

    monkeypatch.setattr(line, "_post", noted)
    return paths


def pushed_bytes(folder: Path, count: int) -> int:
    """Bytes both ways, all protocols' heads included, by which so much waiting work comes to the server."""
    with far_clinic(folder) as clinic:
        bench = clinic.desk(folder / "desk")
        patient = a_patient(bench)
        bench.exchange.catch_up()
        work(bench, count, patient)
        with clinic.line.counting() as counted:
            bench.exchange.catch_up()
        assert bench.exchange.counts().waiting == 0
        bench.shut()
        return counted.both


def test_pending_work_is_small_on_the_line(tmp_path: Path) -> None:
    count = 300
    needed = pushed_bytes(tmp_path, count) / count * TEN_THOUSAND
    assert needed * 8 < LINE_BITS * TWO_MINUTES / 3, f"{needed / 1e6:.1f} MB for {TEN_THOUSAND}"


@pytest.mark.proof
def test_ten_thousand_pending_actions_need_a_third_of_two_minutes_of_a_megabit(tmp_path: Path) -> None:
    assert pushed_bytes(tmp_path, TEN_THOUSAND) * 8 < LINE_BITS * TWO_MINUTES / 3


def test_an_idle_cycle_is_two_small_questions_on_the_connection_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with far_clinic(tmp_path, Shape(seconds=0.15)) as clinic:
        bench = clinic.desk(tmp_path / "desk")
        bench.exchange.catch_up()
        paths = asked(bench, monkeypatch)
        with clinic.line.counting() as counted:
            bench.exchange.catch_up()
        assert paths == ["/v1/hello", "/v1/pull"]
        assert counted.connections == 0 and counted.both < 4096
        bench.shut()


def test_a_line_that_breaks_every_few_kilobytes_carries_everything_once_all_the_same(tmp_path: Path) -> None:
    with far_clinic(tmp_path) as clinic:
        bench, other = (clinic.desk(tmp_path / name) for name in ("desk", "other"))
        patient, chance = a_patient(bench), random.Random(5)
        with bench.store.writing() as connection:
            for _each in range(240):
                bench.store.act_on(connection, partial(called, patient, chance.randbytes(1500).hex()), bench.acting)
        clinic.line.breaks_after(chance.randrange(60_000, 120_000) for _cut in itertools.count())
        for desk in (bench, other):
            goes_through(desk)
        assert clinic.line.counted.cuts > 4
        for desk in (bench, other):
            assert desk.store.read(lambda r: r.rows(select(func.count(Interaction.id))), desk.acting)[0][0] == 240
            desk.shut()


def goes_through(bench: Bench) -> None:
    """However often the line breaks, a whole round within a number of tries that only progress explains."""
    for _try in range(60):
        try:
            bench.exchange.catch_up()
            return
        except Unavailable:
            continue
    raise AssertionError("it never got through")


def test_the_limit_of_the_clinic_and_of_the_workstation_is_kept_told_and_the_smaller_holds(tmp_path: Path) -> None:
    with far_clinic(tmp_path) as clinic:
        folder = tmp_path / "desk"
        clinic.desk(folder).shut()
        assert clinic.server.run("settings", "set", "line_kbit", "20").returncode == 2, "no exchange gets anywhere"
        assert clinic.server.run("settings", "set", "line_kbit", "much").returncode == 2
        clinic.server.command("settings", "set", "line_kbit", "512")
        assert ask(folder, "thabo", "sync")["line_kbit"] == 512
        assert ask(folder, "thabo", "sync", "--limit", "256")["line_kbit"] == 256
        assert ask(folder, "thabo", "status")["line_kbit"] == 256
        who = ("--profile", str(folder), "--login", "thabo", "--password-stdin")
        said = hms("status", *who, typed=PASSWORD + "\n")
        assert "at most 256 kbit/s of the line each way" in said.stdout
        assert hms("sync", "--limit", "5", *who, typed=PASSWORD + "\n").returncode == 2
        assert hms("sync", "--limit", "64", "--compare", *who, typed=PASSWORD + "\n").returncode == 2
        assert ask(folder, "thabo", "sync", "--limit", "0")["line_kbit"] == 512
        clinic.server.bench(folder, "thabo").shut()
        assert by_courier(folder) == 512, "also while nobody is signed in"
        clinic.server.command("settings", "set", "line_kbit", "0")
        assert ask(folder, "thabo", "sync")["line_kbit"] == 0
        assert "at most" not in hms("status", *who, typed=PASSWORD + "\n").stdout


def test_a_hub_takes_no_more_of_its_line_than_was_chosen_for_its_site(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    facts = msgspec.structs.replace(server.home.facts, centre=("https://127.0.0.1:9",))
    choose(server.home, "line_kbit", "256")
    line = line_to_centre(dataclasses.replace(server.home, facts=facts))
    assert line.lanes.kbit == 256
    choose(server.home, "line_kbit", "0")
    assert line.lanes.kbit == 0, "from then on"
    line.close()
    server.close()


def by_courier(folder: Path) -> int:
    """The limit to which the courier keeps on its way."""
    courier = Courier(folder, FileKeychain(folder))
    courier.round(lambda: True, 0)
    line: Any = courier._line
    courier.close()
    return int(line.lanes.kbit)


def test_no_more_goes_over_the_line_than_its_limit_allows(tmp_path: Path) -> None:
    with far_clinic(tmp_path) as clinic:
        bench, other = (clinic.desk(tmp_path / name) for name in ("desk", "other"))
        patient, chance = a_patient(bench), random.Random(6)
        with bench.store.writing() as connection:
            for _each in range(60):
                bench.store.act_on(connection, partial(called, patient, chance.randbytes(2000).hex()), bench.acting)
        for desk, way in ((bench, "up"), (other, "down")):
            clock = Clock()
            line: Any = desk.roads._centre
            line.lanes = Lanes(128, clock.now, clock.wait)
            begun = clock.seconds
            with clinic.line.counting() as counted:
                desk.exchange.catch_up()
            carried = getattr(counted, way)
            assert carried > 100_000
            assert (clock.seconds - begun) * 128_000 / 8 > 0.9 * (carried - 2 * PIECE)
            desk.shut()

# SPDX-License-Identifier: Apache-2.0
"""Two desks without a line number people, and never print the same number."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.ids import author_code, is_human_number
from tests.promises.commands import ask
from tests.server.process import ServerProcess

EACH = 15


def register_many(bench: Bench, family: str) -> None:
    for number in range(EACH):
        written = Registration(family=family, given=f"Given{number}", sex="female", born=f"19{40 + number}-01-01")
        bench.store.act(partial(register, written=written), bench.acting)


def ids(bench: Bench) -> set[int]:
    rows = bench.store.read(lambda reader: reader.rows(select(Patient.id)), bench.acting)
    assert all(row.id.version == 7 for row in rows)
    return {row.id.int for row in rows}


@pytest.mark.accepts("X-02")
def test_two_desks_apart_never_give_one_number_twice(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start()
    benches: list[Bench] = []
    for name in ("a", "b"):
        server.enrol(tmp_path / name, f"Desk {name}", "front_desk")
        bench = server.bench(tmp_path / name, "zanele")
        bench.exchange.catch_up()
        benches.append(bench)
    server.kill()
    numbers: list[set[str]] = []
    for bench, family in zip(benches, ("Abrahams", "Botha"), strict=True):
        register_many(bench, family)
        made = ids(bench)
        assert len(made) == EACH
        bench.store.close()
        found = {p["record"] for p in ask(bench.opened.folder, "zanele", "search", family)["patients"]}
        code = author_code(bench.store.station.author)
        assert len(found) == EACH and all(is_human_number(n, "MRN") and n.split("-")[1] == code for n in found)
        numbers.append(found)
    assert not numbers[0] & numbers[1]
    number = min(numbers[0])
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert not is_human_number(wrong), "a mistyped check character is told"
    server.start()
    for name in ("a", "b", "a"):
        assert ask(tmp_path / name, "zanele", "sync")["waiting"] == 0
    everybody = ask(tmp_path / "a", "zanele", "search", "Botha")["patients"]
    assert {p["record"] for p in everybody} == numbers[1]
    server.close()

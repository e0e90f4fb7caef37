# SPDX-License-Identifier: Apache-2.0
"""Sending again: what was taken is taken once, whatever became of the answer; what is bad stops nothing behind it."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import outbox
from hms_desktop.sync.enrol import Enrolled
from hms_desktop.sync.protocol import Problem, Push, Pushed, pack, unpack
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess
from tests.server.test_requests import Wire
from tests.server.warm import ROOT, Running
from tests.sync.forger import Forger, a_patient, leaf
from tests.sync.world import dump

TABLES = frozenset({"patient", "patient_contact", "patient_identifier", "timeline_entry"})


def add(bench: Bench, family: str) -> UUID:
    """A patient, written here."""
    written = Registration(family=family, sex="female", born="1980-02-03")
    return bench.store.act(partial(register, written=written), bench.acting)


def families(server: ServerProcess, *wanted: str) -> list[str]:
    """Which of these names the server's patients bear, each as often as it is there."""
    asked = select(Patient.family).where(Patient.family.in_(wanted))
    return sorted(row.family for row in server.home.store.read(lambda r: r.rows(asked), server.home.worker))


def spoil(unit: Unit) -> None:
    """Work of an action that no version of the program declares."""
    unit.action = "nobody.declared_this"
    sure = {"name_known": True, "born_estimated": False, "temporary": False, "active": True}
    unit.add(Patient, family="Poison", family_key="poison", mrn=unit.number("MRN"), sex="unknown", **sure)


def lose_the_answer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Push once over the real line; the server answers, and the answer gets no further than this computer."""
    line: Any = bench.roads._centre
    post = line._post

    def cut(*request: Any) -> Any:
        assert post(*request).status_code == 200
        raise Unavailable("the line was cut while the answer was under way")

    with monkeypatch.context() as patch:
        patch.setattr(line, "_post", cut)
        with pytest.raises(Unavailable, match="cut while"):
            bench.exchange.push()


def another_body(server: ServerProcess, enrolled: Enrolled, bench: Bench, number: int) -> Problem:
    """What the server says to another change set under a number that was taken."""
    wire = Wire(enrolled)
    wire.greet()
    world: Any = SimpleNamespace(centre=server.home, clock=SimpleNamespace(ms=bench.store.clock.now_ms()))
    forger = Forger(SimpleNamespace(store=bench.store, acting=bench.acting, world=world, line=None))  # type: ignore[arg-type]
    other = forger.made(leaf("patient", a_patient(family="Another")), number=number)
    answer = wire.send("/v1/push", pack(Push([other])), 1)
    assert answer.status_code == 409
    return unpack(answer.content, Problem)


@pytest.mark.accepts("X-08")
@pytest.mark.accepts("X-09")
@pytest.mark.accepts("X-10")
@pytest.mark.accepts("OPS-09")
def test_a_lost_answer_makes_one_record_a_bad_one_stands_aside_and_a_number_has_one_body(
    server: ServerProcess, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled = server.enrol(folder, "Resending", "front_desk")
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    author, here = bench.store.station.author, bench.store
    add(bench, "Before")
    here.act(spoil, bench.acting)
    add(bench, "Behind")
    lose_the_answer(bench, monkeypatch)
    after_one = dump(server.home.store, TABLES)
    with here.reading() as connection:
        waiting = outbox.unsent(connection, author, outbox.sent(connection), 100)
    assert len(waiting) >= 3, "nothing counts as sent while nobody said so"
    again = bench.exchange.push()
    assert isinstance(again, Pushed) and {verdict.state for verdict in again.verdicts} == {"repeated"}
    assert dump(server.home.store, TABLES) == after_one
    assert families(server, "Before", "Behind", "Poison") == ["Before", "Behind"]
    bench.exchange.catch_up()
    assert outbox_is_empty(bench)
    told = another_body(server, enrolled, bench, waiting[0].number)
    assert told.code == "damaged" and "came twice and differs" in told.message and "block it" in told.message
    assert dump(server.home.store, TABLES) == after_one
    here.close()
    must_be_named(server, folder)
    must_be_counted(server, enrolled)


def outbox_is_empty(bench: Bench) -> bool:
    """Whether the server has said that it holds everything."""
    with bench.store.reading() as connection:
        return outbox.waiting(connection, bench.store.station.author) == 0


def must_be_named(server: ServerProcess, folder: Path) -> None:
    """Who works there and the administrator both see what stands aside, and why; it is none of what flows."""
    words = ("sync", "--profile", str(folder), "--login", "zanele", "--password-stdin")
    told = Running("hms", words, os.environ, PASSWORD + "\n", minutes_ago=-7).wait(60).stdout
    assert "0 waiting, 1 held back" in told and "This computer's clock is 7 min fast: set it right." in told
    said = hms("status", "--profile", str(folder), "--login", "zanele", "--password-stdin", typed=PASSWORD + "\n")
    assert "nobody.declared_this is not known here" in said.stdout
    (held,) = (one for one in server.command("quarantine")["quarantine"] if one["action"] == "nobody.declared_this")
    assert "is not known here" in held["reason"]


def must_be_counted(server: ServerProcess, enrolled: Enrolled) -> None:
    """What a monitoring system scrapes, by the token alone: numbers of what stands aside, and nobody's name."""
    made = server.command("metrics", "--new-token")
    http = Wire(enrolled).http
    for brought in ({}, {"Authorization": "Bearer nothing"}):
        assert http.get(made["address"], headers=brought, timeout=20).status_code == 404
    answer = http.get(made["address"], headers={"Authorization": f"Bearer {made['token']}"}, timeout=20)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert float(told["hms_quarantined"]) == 1 and float(told['hms_workstations{state="online"}']) == 1
    assert float(told['hms_line{kind="refused"}']) == 1 and float(told["hms_store_bytes"]) > 100_000
    assert float(told["hms_folder_bytes"]) > 0
    assert not [word for word in ("Before", "Behind", "Poison", "zanele", "Resending", "MRN") if word in answer.text]
    rules = (ROOT / "resources" / "alerts" / "hms.rules.yml").read_text(encoding="utf-8")
    asked = {name for line in rules.splitlines() if "expr:" in line for name in re.findall(r"\bhms_\w+", line)}
    assert len(asked) >= 12 and asked <= {name.partition("{")[0] for name in told}, "each rule asks what is told"
    states = set(re.findall(r'hms_\w+\{\w+="\w+"\}', rules))
    assert states and states <= told.keys()
    assert server.command("metrics")["hms_quarantined"] == 1

# SPDX-License-Identifier: Apache-2.0
"""The server dies and comes back: nothing acknowledged is lost, nothing is doubled, a cut fill goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.security.accounts import Account
from hms_desktop.sync import snapshot
from hms_desktop.sync.fill import Cancelled
from hms_desktop.sync.protocol import Page
from sync_server.contacts import Contacts
from sync_server.notebook import open_notebook
from tests.server.process import ServerProcess, until
from tests.sync.world import dump


def names(bench: Bench) -> list[str]:
    return [row.login for row in bench.store.read(lambda r: r.rows(select(Account.login)), bench.acting)]


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that may be killed."""
    made = ServerProcess(tmp_path / "server")
    made.person("zanele", "receptionist")
    made.start()
    yield made
    made.close()


def add(bench: Bench, family: str) -> None:
    written = Registration(family=family, given="Test", sex="female", born="1980-02-03")
    bench.store.act(partial(register, written=written), bench.acting)


def families(bench: Bench) -> list[str]:
    found = bench.store.read(lambda r: r.rows(select(Patient.family).order_by(Patient.family)), bench.acting)
    return [row.family for row in found]


def test_two_desks_go_on_through_a_kill_and_meet_again(own_server: ServerProcess, tmp_path: Path) -> None:
    own_server.enrol(tmp_path / "a", "Desk A", "front_desk")
    own_server.enrol(tmp_path / "b", "Desk B", "front_desk")
    a, b = own_server.bench(tmp_path / "a", "zanele"), own_server.bench(tmp_path / "b", "zanele")
    for bench in (a, b):
        bench.exchange.catch_up()
        bench.runner.start()
    add(a, "Before")
    until(lambda: families(b) == ["Before"])
    own_server.kill()
    add(a, "Offline A")
    add(b, "Offline B")
    until(lambda: a.runner.state.network == "offline" and b.runner.state.network == "offline")
    until(lambda: a.runner.state.waiting == 1 and "safe here" in a.runner.state.problem)
    own_server.start()
    for bench in (a, b):
        bench.runner.sync_now()
    until(lambda: families(a) == families(b) == ["Before", "Offline A", "Offline B"])
    until(lambda: a.runner.state.waiting == b.runner.state.waiting == 0)
    # what the server finds when both histories met (two who may be one person) comes by a pull of its own
    until(lambda: dump(a.store, a.exchange.granted) == dump(b.store, b.exchange.granted))
    for bench in (a, b):
        bench.runner.stop()
    for bench in (a, b):
        bench.store.close()


def test_who_is_told_to_stop_puts_away_first_what_it_has_heard(own_server: ServerProcess, tmp_path: Path) -> None:
    enrolled = own_server.enrol(tmp_path / "a", "Desk A", "front_desk")
    bench = own_server.bench(tmp_path / "a", "zanele")
    bench.exchange.catch_up()
    bench.store.close()
    own_server.stop()
    with closing(open_notebook(own_server.home)) as book:
        contact = Contacts(book, own_server.home.store.clock).of(enrolled.profile.station.device)
    assert contact.seen_ms and contact.position


def test_a_lost_answer_is_asked_for_again_and_makes_nothing_twice(own_server: ServerProcess, tmp_path: Path) -> None:
    own_server.enrol(tmp_path / "a", "Desk A", "front_desk")
    a = own_server.bench(tmp_path / "a", "zanele")
    a.exchange.catch_up()
    add(a, "Once")
    send = a.exchange._transport.send
    lost: list[str] = []

    def lose_first(path: str, message: object, answer: type[object]) -> object:
        found = send(path, message, answer)
        if path == "/v1/push" and not lost:
            lost.append(path)
            raise Unavailable("the answer was lost")
        return found

    a.exchange._transport.send = lose_first  # type: ignore[method-assign,assignment]
    with pytest.raises(Unavailable):
        a.exchange.push()
    assert a.exchange.counts().waiting == 1
    a.exchange.catch_up()
    assert a.exchange.counts().waiting == 0 and families(a) == ["Once"]
    own_server.stop()
    assert b"ERROR" not in own_server.log.read_bytes()  # a line on which nothing is under way does not hold the stop
    a.store.close()


def test_a_cut_fill_goes_on_where_it_stopped(
    own_server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_server.enrol(tmp_path / "a", "Desk A", "all")
    a = own_server.bench(tmp_path / "a", "zanele")
    a.exchange.catch_up()
    for number in range(30):
        add(a, f"Family {number:02}")
    a.exchange.catch_up()
    own_server.enrol(tmp_path / "b", "Desk B", "front_desk")
    b = own_server.bench(tmp_path / "b", "zanele")
    b.exchange.greet()
    seen: list[str] = []
    with pytest.raises(Cancelled, match="goes on from there"):
        b.exchange.fill(b.exchange.missing_tables(), lambda t, _d, _n: seen.append(t), lambda: "device" in seen)
    assert names(b) == ["zanele"], "what has arrived can be worked with"
    fetched: list[str] = []
    take = snapshot.take_page

    def taken(connection: Any, id: bytes, page: Page, number: int) -> None:
        fetched.append(page.table)
        take(connection, id, page, number)

    monkeypatch.setattr(snapshot, "take_page", taken)
    b.exchange.catch_up()
    assert "account" not in fetched and "patient" in fetched
    a.exchange.catch_up()
    assert dump(a.store, b.exchange.granted) == dump(b.store, b.exchange.granted)
    for bench in (a, b):
        bench.store.close()

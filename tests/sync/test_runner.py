# SPDX-License-Identifier: Apache-2.0
"""A workstation kept in step in the background: what it says of the line, and that nothing it meets ends it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import Mock
from uuid import UUID

import pytest

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.engine import Counts
from hms_desktop.sync.protocol import PageWanted, Problem, Pull, Push
from hms_desktop.sync.runner import LEASE_EVERY_MS, LineState, SyncRunner
from tests.server.process import until
from tests.sync.world import Line, World, WorldDesk
from tests.sync.writes import register

T = TypeVar("T")
A_SLOT = ("slot", UUID(int=7), Decimal(1))


class WaitingLine(Line):
    """A line on which a pull waits at the centre until there is something, as over the wire; it can be made to fail."""

    def __init__(self, world: World, desk: WorldDesk) -> None:
        super().__init__(world, desk.line._device)
        self.news = threading.Event()
        self.fails: list[Exception] = []
        self.push_fails: list[Exception] = []
        self.may_push = threading.Event()
        self.may_push.set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.may_fill = threading.Event()
        self.may_fill.set()
        self.asked: list[str] = []
        self.unlisten = world.centre.store.on_changes(lambda _changes: self.news.set())

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        self.asked.append(path)
        if self.fails:
            raise self.fails.pop(0)
        if isinstance(message, Push):
            self.may_push.wait(60)
            if self.push_fails:
                raise self.push_fails.pop(0)
        if isinstance(message, PageWanted):
            self.may_fill.wait(60)
        if isinstance(message, Pull) and self.up:
            self.news.wait(0.05)
            self.news.clear()
            self.may_answer.wait(60)
        return super().send(path, message, answer)


class Kept:
    """A desk with a runner on a waiting line, and every state that it told."""

    def __init__(self, world: World) -> None:
        self.desk = world.desk(world.person("thabo", "receptionist"))
        self.line = WaitingLine(world, self.desk)
        self.desk.exchange._transport = self.line
        self.wanted: list[tuple[str, UUID, Decimal]] = []
        self.runner = SyncRunner(self.desk.exchange, lambda: self.wanted, wait_ms=50)
        self.told: list[LineState] = []
        self.runner.on_state(self.told.append)

    def network(self, wanted: str) -> None:
        until(lambda: self.runner.state.network == wanted)

    def register(self) -> UUID:
        return self.desk.do(register)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def kept(world: World) -> Iterator[Kept]:
    made = Kept(world)
    made.runner.start()
    yield made
    made.runner.stop(5)
    made.line.unlisten()
    made.desk.store.close()


def holds(world: World, patient: UUID) -> bool:
    return world.centre.store.read(lambda r: r.find(Patient, patient), world.centre.worker) is not None


def test_what_people_do_is_sent_as_soon_as_it_is_done(world: World, kept: Kept) -> None:
    kept.network("online")
    patient = kept.register()
    until(lambda: kept.runner.state.waiting == 0 and kept.runner.state.last_push_ms == world.clock.ms)
    assert holds(world, patient) and kept.runner.state.problem == ""


def test_what_waits_is_said_before_the_action_is_over_and_until_the_server_has_it(world: World, kept: Kept) -> None:
    kept.network("online")
    kept.line.may_push.clear()
    patients = [kept.register()]
    assert kept.runner.state.waiting == 1, "however long the sending takes"
    patients.append(kept.register())
    assert kept.runner.state.waiting == 2
    kept.line.may_push.set()
    until(lambda: kept.runner.state.waiting == 0)
    assert all(holds(world, patient) for patient in patients)


def test_an_older_count_never_follows_a_newer_one(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.network("online")
    kept.line.up = False
    kept.network("offline")
    counted, real = threading.Event(), kept.desk.exchange.counts

    def slow() -> Counts:
        counts = real()
        if counts.waiting == 0:
            counted.set()
            committed.wait(0.2)
        return counts

    committed = threading.Event()
    monkeypatch.setattr(kept.desk.exchange, "counts", slow)
    kept.runner.sync_now()
    assert counted.wait(60), "the waiting thread has counted and not yet told"
    kept.register()
    committed.set()
    assert kept.runner.state.waiting == 1


def test_what_could_not_be_sent_is_sent_again_though_nobody_does_anything_more(
    world: World, kept: Kept, capfd: pytest.CaptureFixture[str]
) -> None:
    kept.network("online")
    kept.line.push_fails = [Unavailable("cut on the way"), KeyError("inside")]
    patient = kept.register()
    until(lambda: any(state.problem == "cut on the way" for state in kept.told))
    until(lambda: holds(world, patient) and kept.runner.state.waiting == 0 and kept.runner.state.problem == "")
    assert kept.runner.state.network == "online"
    assert "inside" not in capfd.readouterr().out, "a log line names no value"


def test_many_changes_on_their_way_are_told_as_n_of_m(world: World, kept: Kept) -> None:
    kept.network("online")
    kept.line.up = False
    kept.network("offline")
    for _each in range(3):
        kept.register()
    kept.line.up = True
    kept.runner.sync_now()
    until(lambda: kept.runner.state.waiting == 0 and kept.runner.state.sending is None)
    assert (0, 3) in [state.sending for state in kept.told] and kept.told[-1].progress is None


def test_the_last_contact_outlives_the_session(world: World, kept: Kept) -> None:
    kept.network("online")
    kept.register()
    until(lambda: kept.runner.state.waiting == 0 and kept.runner.state.last_push_ms is not None)
    kept.runner.stop(5)
    kept.desk.clock.ms += 3_600_000
    state = SyncRunner(kept.desk.exchange).state
    assert (state.last_push_ms, state.last_pull_ms) == (world.clock.ms, world.clock.ms)
    assert state.since_ms == state.last_success_ms == world.clock.ms and state.network == "offline"


def test_what_others_do_arrives_by_itself(world: World, kept: Kept) -> None:
    kept.network("online")
    other = world.desk(world.person("sipho", "receptionist"))
    patient = other.do(register)
    other.sync()
    until(lambda: kept.desk.ask(lambda r: r.find(Patient, patient)) is not None)
    assert kept.runner.state.last_pull_ms == world.clock.ms
    other.store.close()


def test_a_line_that_is_down_is_said_and_everything_is_kept_and_sent_later(world: World, kept: Kept) -> None:
    kept.network("online")
    kept.line.up = False
    kept.network("offline")
    patient = kept.register()
    until(lambda: kept.runner.state.waiting == 1)
    assert kept.runner.state.problem == "the line is down" and kept.runner.state.since_ms is not None
    assert not holds(world, patient)
    kept.line.up = True
    kept.runner.sync_now()
    until(lambda: kept.runner.state.waiting == 0 and holds(world, patient))
    assert kept.runner.state.network == "online" and kept.runner.state.since_ms is None


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ServerRefused(Problem("not-allowed", "This workstation is not approved.")), "not approved"),
        (KeyError("inside"), "met a fault in the program"),
        (OSError(errno.ENOSPC, "inside"), "The disk is full"),
        (Unavailable("nobody answers"), "nobody answers"),
    ],
)
def test_a_fault_is_said_and_the_runner_goes_on(
    kept: Kept, fault: Exception, words: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    kept.network("online")
    kept.line.fails.append(fault)
    until(lambda: any(words in state.problem and state.network == "offline" for state in kept.told))
    kept.runner.sync_now()
    kept.network("online")
    assert "inside" not in capfd.readouterr().out, "a log line names no value"


def test_a_file_that_cannot_be_read_for_a_while_does_not_end_the_exchange(
    world: World, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.network("online")
    count = kept.desk.exchange.counts
    kept.line.fails.append(Unavailable("nobody answers"))
    with monkeypatch.context() as held:
        held.setattr(kept.desk.exchange, "counts", Mock(side_effect=Unavailable("held by another program")))
        until(lambda: any(state.problem == "nobody answers" for state in kept.told))
    assert kept.desk.exchange.counts == count
    patient = kept.register()
    kept.runner.sync_now()
    until(lambda: kept.runner.state.waiting == 0 and holds(world, patient))


def test_a_session_that_the_server_forgot_is_opened_again_without_a_word(kept: Kept) -> None:
    kept.network("online")
    before = kept.line.asked.count("/v1/hello")
    kept.line.fails.append(ServerRefused(Problem("replayed", "Open a session first.")))
    until(lambda: not kept.line.fails)
    kept.runner.sync_now()
    until(lambda: kept.line.asked.count("/v1/hello") > before)
    kept.network("online")
    assert not any(state.network == "offline" and state.problem for state in kept.told)


def test_leases_are_asked_for_now_and_again_when_wishes_change(world: World, kept: Kept) -> None:
    kept.network("online")
    assert "/v1/lease" not in kept.line.asked
    kept.wanted = [A_SLOT]
    kept.runner.ask_leases_soon()
    until(lambda: kept.line.asked.count("/v1/lease") == 1)
    until(lambda: kept.desk.do(lambda unit: unit.lease_left(*A_SLOT[:2])) == 1)
    kept.desk.clock.ms += LEASE_EVERY_MS
    until(lambda: kept.line.asked.count("/v1/lease") == 2)


def test_a_table_that_must_come_anew_is_filled_with_progress(world: World, kept: Kept) -> None:
    kept.network("online")
    patient = kept.register()
    until(lambda: holds(world, patient))
    with kept.desk.store.writing() as connection:
        set_meta(connection, "refill", ["patient"])
    kept.line.fails.append(Unavailable("cut"))
    until(lambda: not kept.line.fails)
    kept.runner.sync_now()
    until(lambda: "/v1/page" in kept.line.asked)
    until(lambda: any(s.receiving is not None and s.receiving[0] == s.receiving[1] for s in kept.told))
    until(lambda: kept.runner.state.network == "online" and kept.runner.state.receiving is None)
    assert kept.desk.ask(lambda r: r.get(Patient, patient).family)


def test_what_is_done_while_tables_are_filled_is_sent_at_once(world: World, kept: Kept) -> None:
    kept.network("online")
    before = kept.register()
    until(lambda: holds(world, before))
    kept.line.may_fill.clear()
    with kept.desk.store.writing() as connection:
        set_meta(connection, "refill", ["patient"])
    kept.line.fails.append(Unavailable("cut"))
    until(lambda: not kept.line.fails)
    kept.runner.sync_now()
    until(lambda: "/v1/page" in kept.line.asked)
    meanwhile = kept.register()
    until(lambda: holds(world, meanwhile) and kept.runner.state.waiting == 0)
    kept.line.may_fill.set()
    until(lambda: kept.runner.state.network == "online" and kept.runner.state.receiving is None)
    for patient in (before, meanwhile):
        assert kept.desk.ask(lambda r, patient=patient: r.get(Patient, patient).family)


def test_after_the_stop_nothing_is_told_and_nothing_runs(kept: Kept) -> None:
    kept.network("online")
    kept.runner.stop(5)
    told = len(kept.told)
    kept.register()
    assert len(kept.told) == told
    until(lambda: not any(thread.is_alive() for thread in kept.runner._threads))


def test_the_stop_does_not_wait_for_the_line_and_what_it_brings_is_let_go(world: World, kept: Kept) -> None:
    kept.network("online")
    kept.line.may_answer.clear()
    until(lambda: kept.desk.exchange.listening)
    kept.runner.stop(3600)
    assert kept.desk.exchange.listening, "the server still has not answered"
    other = world.desk(world.person("zanele", "receptionist"))
    patient = other.do(register)
    other.sync()
    kept.line.may_answer.set()
    until(lambda: not any(thread.is_alive() for thread in kept.runner._threads))
    assert kept.desk.ask(lambda r: r.find(Patient, patient)) is None
    other.store.close()

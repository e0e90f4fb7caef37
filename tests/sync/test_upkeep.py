# SPDX-License-Identifier: Apache-2.0
"""Once a day, and when somebody wishes it, a running workstation compares itself beside its exchange."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hms_desktop.core.errors import Unavailable
from hms_desktop.storage import rows
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync import hubs, upkeep
from hms_desktop.sync.compaction import DAY_MS
from hms_desktop.sync.older import fetch_older
from hms_desktop.sync.runner import SyncRunner
from hms_desktop.sync.upkeep import Stopped, Upkeep, is_due, look_after
from tests.server.process import until
from tests.sync.world import World, WorldDesk
from tests.sync.writes import register


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[WorldDesk]:
    """A workstation that was filled just now."""
    world = World(tmp_path)
    made = world.desk(world.person("thabo", "receptionist"))
    yield made
    world.close()


def test_it_is_done_on_a_wish_and_with_the_server_itself_alone(
    desk: WorldDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_due(desk.exchange) and desk.exchange.welcome is not None, "it was filled just now"
    wish = msgspec.structs.replace(desk.exchange.welcome, compare=b"token")
    desk.exchange.welcome = wish
    assert is_due(desk.exchange)
    look_after(desk.exchange)
    assert desk.line.compared[-1].token == b"token" and not is_due(desk.exchange), "a wish is carried out once"
    desk.exchange.welcome = msgspec.structs.replace(wish, hub=True)
    with pytest.raises(Unavailable, match="hub answers now"):
        look_after(desk.exchange)
    with pytest.raises(Unavailable, match="at the server alone"):
        fetch_older(desk.exchange, [])
    desk.exchange.welcome = wish
    monkeypatch.setattr(hubs, "are_ahead", lambda _store: True)
    with pytest.raises(Unavailable, match="not at the server yet"):
        look_after(desk.exchange)


def test_it_is_never_in_the_way(desk: WorldDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, greeted = threading.Event(), threading.Event()
    beside = Upkeep(desk.exchange, stop, greeted)
    desk.clock.ms += DAY_MS
    desk.line.up = False
    with capture_logs() as said:
        beside._once()
        monkeypatch.setattr(upkeep, "look_after", lambda *_all: 1 // 0)
        beside._once()
    assert [line["event"] for line in said] == ["comparing was put off", "comparing stopped short"]
    monkeypatch.setattr(upkeep, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(Unavailable, match="did not come in time"):
        beside._followed(10_000)
    stop.set()
    with pytest.raises(Stopped):
        beside._followed(10_000)
    with pytest.raises(Stopped):
        beside._breathe()


def test_what_the_log_cannot_mend_comes_anew_within_the_running_session(desk: WorldDesk) -> None:
    patient = desk.do(register)
    desk.sync()
    desk.clock.ms += DAY_MS
    with desk.store.writing() as connection, rows.gate_open(connection):
        connection.execute(text("UPDATE patient SET family = 'Other' WHERE id = :id"), {"id": patient.bytes})
    with desk.world.centre.store.writing() as connection:
        connection.execute(
            text(
                "UPDATE own_change_log SET leaves = :none, details = :hashed WHERE pos IN "
                "(SELECT pos FROM own_log_touch WHERE record = :id)"
            ),
            {"id": patient.bytes, "none": b"\x90", "hashed": bytes(32)},
        )
    runner = SyncRunner(desk.exchange, wait_ms=20)
    runner.start()
    try:
        until(lambda: len(desk.line.compared) == 1)
        until(lambda: desk.ask(lambda reader: reader.meta("refill", None)) == [])
    finally:
        runner.stop()
    assert desk.line.compared[-1].differences[0].then == "table fetched anew"
    with desk.store.reading() as connection:
        assert meta_value(connection, "compared") == desk.clock.ms
        assert rows.read_row(connection, "patient", patient.bytes)["family"] == "Okonkwo"  # type: ignore[index]

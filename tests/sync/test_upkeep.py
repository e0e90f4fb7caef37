# SPDX-License-Identifier: Apache-2.0
"""Once a day, and when somebody wishes it, a running workstation compares itself beside its exchange."""

from __future__ import annotations

import threading
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
from tests.sync.world import World
from tests.sync.writes import register


def test_it_is_done_daily_and_on_a_wish_and_never_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    desk = world.desk(world.person("thabo", "receptionist"))
    patient = desk.do(register)
    desk.sync()
    assert not is_due(desk.exchange), "it was filled just now"
    assert desk.exchange.welcome is not None
    desk.exchange.welcome = msgspec.structs.replace(desk.exchange.welcome, compare=b"token")
    assert is_due(desk.exchange)
    look_after(desk.exchange)
    assert desk.line.compared[-1].token == b"token" and not is_due(desk.exchange), "a wish is carried out once"

    alone = desk.exchange.welcome
    desk.exchange.welcome = msgspec.structs.replace(alone, hub=True)
    with pytest.raises(Unavailable, match="hub answers now"):
        look_after(desk.exchange)
    with pytest.raises(Unavailable, match="at the server alone"):
        fetch_older(desk.exchange, [("patient", patient)])
    desk.exchange.welcome = alone
    monkeypatch.setattr(hubs, "are_ahead", lambda _store: True)
    with pytest.raises(Unavailable, match="not at the server yet"):
        look_after(desk.exchange)
    monkeypatch.undo()

    desk.clock.ms += DAY_MS
    with capture_logs() as said:
        desk.line.up = False
        beside_itself = Upkeep(desk.exchange, threading.Event(), threading.Event())
        beside_itself._once()
        monkeypatch.setattr(upkeep, "look_after", lambda *_all: 1 // 0)
        beside_itself._once()
        monkeypatch.undo()
        desk.line.up = True
    assert [line["event"] for line in said] == ["comparing was put off", "comparing stopped short"]

    stop, greeted = threading.Event(), threading.Event()
    beside = Upkeep(desk.exchange, stop, greeted)
    monkeypatch.setattr(upkeep, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(Unavailable, match="did not come in time"):
        beside._followed(10_000)
    stop.set()
    with pytest.raises(Stopped):
        beside._followed(10_000)
    with pytest.raises(Stopped):
        beside._breathe()

    desk.clock.ms += DAY_MS
    with desk.store.writing() as connection, rows.gate_open(connection):
        connection.execute(text("UPDATE patient SET family = 'Other' WHERE id = :id"), {"id": patient.bytes})
    with world.centre.store.writing() as connection:  # the log can't mend it: the table comes anew, at once
        connection.execute(
            text(
                "UPDATE own_change_log SET leaves = x'90', details = zeroblob(32) WHERE pos IN "
                "(SELECT pos FROM own_log_touch WHERE record = :id)"
            ),
            {"id": patient.bytes},
        )
    runner = SyncRunner(desk.exchange, wait_ms=20)
    runner.start()
    try:
        until(lambda: len(desk.line.compared) == 2)
        until(lambda: desk.ask(lambda reader: reader.meta("refill", None)) == [])
    finally:
        runner.stop()
    assert desk.line.compared[-1].differences[0].then == "table fetched anew"
    with desk.store.reading() as connection:
        assert meta_value(connection, "compared") == desk.clock.ms
        assert rows.read_row(connection, "patient", patient.bytes)["family"] == "Okonkwo"  # type: ignore[index]
    world.close()

# SPDX-License-Identifier: Apache-2.0
"""Work that comes too fast, or changes too much at once, waits by name and then goes on; it is never refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import change_details, register
from hms_desktop.core.errors import Unavailable
from hms_desktop.security.administration import AdminEvent
from sync_server.sync_api.app import SyncApi
from sync_server.sync_api.pace import Bounds, Pace
from tests.sync.world import World, WorldDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[WorldDesk]:
    """A front desk whose pushes come through the server's door."""
    world = World(tmp_path)
    yield world.desk(world.person("zanele", "receptionist"), "front_desk")
    world.close()


def through_the_door(desk: WorldDesk, **bounds: Bounds) -> tuple[SimpleNamespace, SyncApi]:
    """Let this desk push through a server's door that takes so much; returns its clock (`at`, seconds) and the door."""
    centre, clock = desk.world.centre, SimpleNamespace(at=0.0)
    home: Any = SimpleNamespace(store=centre.store, worker=centre.worker, facts=SimpleNamespace(id=UUID(int=1)))
    door = SyncApi(home, centre, Mock())
    door.pace = Pace(lambda: clock.at, **bounds)
    desk.world.centre = Mock(wraps=centre, push=door._push, store=centre.store, worker=centre.worker)
    return clock, door


def written(family: str) -> Registration:
    return Registration(family=family, given="Ann", sex="female", born="1980-02-03")


def test_work_that_comes_too_fast_waits_by_name_and_goes_on(desk: WorldDesk) -> None:
    clock, _door = through_the_door(desk, sets=Bounds(2, 1))
    for number in range(4):
        desk.do(partial(register, written=written(f"F{number}")))
    told: list[str] = []
    for left in (2, 2):
        with capture_logs() as log, pytest.raises(Unavailable, match="rate"):
            desk.exchange.push()
        told += [one["check"] for one in log]
        assert desk.exchange.counts().waiting == left and not desk.exchange.counts().held_back
    kept = select(AdminEvent.kind, AdminEvent.subject, AdminEvent.detail)
    events = desk.world.centre.store.read(lambda reader: reader.rows(kept), desk.world.centre.worker)
    assert told == ["rate"] and list(map(tuple, events)) == [("device.delayed", desk.store.station.device, "rate")]
    clock.at += 2
    assert desk.exchange.push() is not None and desk.exchange.counts().waiting == 0


def test_many_changed_records_wait_and_new_ones_do_not(desk: WorldDesk) -> None:
    clock, _door = through_the_door(desk, changed=Bounds(1, 1))
    patient, *_others = [desk.do(partial(register, written=written(f"F{number}"))) for number in range(3)]
    assert desk.exchange.push() is not None
    for name in ("Once", "Twice"):
        desk.do(partial(change_details, patient=patient, written=written(name), reason="Typed wrong"))
    with capture_logs() as log, pytest.raises(Unavailable, match="mass change"):
        desk.exchange.push()
    assert [one["check"] for one in log] == ["mass change"]
    assert desk.exchange.counts().waiting == 1
    clock.at += 60
    assert desk.exchange.push() is not None and desk.exchange.counts().waiting == 0

# SPDX-License-Identifier: Apache-2.0
"""A waiting pull is woken by whatever is committed, also by what is committed while it looks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest

from hms_desktop.core.changes import Changes
from hms_desktop.sync.protocol import Entry, Pull, Pulled, pack
from sync_server.sync_api import app
from sync_server.sync_api.app import SyncApi
from tests.sync.world import World
from tests.sync.writes import at_random

NEWS = Pulled([Entry(8, None, None)], 8, 0)
NOTHING = Pulled([], 7, 0)


def test_what_is_committed_while_a_pull_looks_wakes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOOK_AGAIN_SECONDS", 3600.0)
    looks: list[Pulled] = []
    told: list[Any] = []

    def look(_device: object, _wanted: Pull) -> Pulled:
        """The first look sees the state before a commit that is told before the answer is here."""
        looks.append(NOTHING if not looks else NEWS)
        if len(looks) == 1:
            told[0](Changes(frozenset({"patient"})))
        return looks[-1]

    idle = SimpleNamespace(push=None, snapshot=None, page=None, lease=None, pull=look)
    idle.store = SimpleNamespace(on_changes=told.append)
    api = SyncApi(SimpleNamespace(), idle, Mock())  # type: ignore[arg-type]

    def known(*_asked: object) -> object:
        return SimpleNamespace(id=UUID(int=1))

    async def ask() -> Any:
        api.waiters.attach(asyncio.get_running_loop())
        asked = pack(Pull(7, wait_ms=25_000))
        return await asyncio.wait_for(api._pull(SimpleNamespace(), asked), 20)  # type: ignore[arg-type]

    monkeypatch.setattr(api, "_in_session", known)
    assert asyncio.run(ask()) == NEWS and len(looks) == 2


def test_what_another_process_commits_wakes_all_who_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOOK_AGAIN_SECONDS", 0.01)
    world = World(tmp_path)
    store = world.centre.store
    home: Any = SimpleNamespace(store=store, worker=world.centre.worker)
    api = SyncApi(home, world.centre, Mock())

    def elsewhere() -> None:
        """Nobody in this process is told."""
        with store.writing() as connection:
            store.act_on(connection, at_random(3), world.centre.worker)

    async def woken() -> None:
        async with api._lifespan(Mock()):
            sleepers = [api.waiters.subscribe() for _pull in range(3)]
            for commit in (lambda: None, elsewhere):
                for one in sleepers:
                    one.clear()
                commit()
                await asyncio.wait_for(asyncio.gather(*(one.wait() for one in sleepers)), 20)

    asyncio.run(woken())
    world.close()


def test_of_a_crowd_that_is_woken_only_a_few_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_it: list[int] = []
    most = [0]

    def look(_device: object, _wanted: Pull) -> Pulled:
        at_it.append(1)
        most[0] = max(most[0], len(at_it))
        time.sleep(0.005)
        at_it.pop()
        return NEWS

    idle = SimpleNamespace(push=None, snapshot=None, page=None, lease=None, pull=look)
    idle.store = SimpleNamespace(on_changes=lambda _told: None)
    api = SyncApi(SimpleNamespace(), idle, Mock())  # type: ignore[arg-type]
    monkeypatch.setattr(api, "_in_session", lambda *_asked: SimpleNamespace(id=UUID(int=1)))

    async def ask() -> list[Any]:
        asked = pack(Pull(7, wait_ms=25_000))
        crowd = (api._pull(SimpleNamespace(), asked) for _workstation in range(30))  # type: ignore[arg-type]
        return await asyncio.gather(*crowd)

    assert asyncio.run(ask()) == [NEWS] * 30 and most[0] <= app.LOOKERS

# SPDX-License-Identifier: Apache-2.0
"""A waiting pull is woken by whatever is committed, also by what is committed while it looks."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest

from hms_desktop.core.changes import Changes
from hms_desktop.sync.protocol import Entry, Pull, Pulled, pack
from sync_server.sync_api import app
from sync_server.sync_api.app import SyncApi

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

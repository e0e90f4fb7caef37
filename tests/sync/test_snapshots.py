# SPDX-License-Identifier: Apache-2.0
"""A snapshot is made once for a set of grants and stops nobody while it is made: pushes, pulls, and fills of others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hms_desktop.core.errors import BadInput
from hms_desktop.security.stations import grants
from hms_desktop.sync import snapshot
from hms_desktop.sync.protocol import Manifest, Page
from sync_server.sync_api import making, snapshots
from sync_server.sync_api.snapshots import Snapshots
from tests.server.process import until
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import register


class _Slow:
    """The making of the snapshots of one table, which stops half-way until it may go on."""

    def __init__(self, pages: Callable[..., Iterator[Page]]) -> None:
        self._pages = pages
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.made = 0

    def __call__(self, connection: Any, name: str, part: Any = None) -> Iterator[Page]:
        """The pages, the first table's late."""
        if name == "patient" and not self.go_on.is_set():
            self.made += 1
            self.begun.set()
            assert self.go_on.wait(60)
        return self._pages(connection, name, part)


def test_while_a_snapshot_is_made_work_is_taken_and_others_are_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first = world.desk(clerk)
    kept = world.desk(clerk, "lab")  # its kind of snapshot is there already
    first.do(register)
    first.sync()
    slow = _Slow(snapshot.pages)
    monkeypatch.setattr(snapshot, "pages", slow)
    made: Snapshots = world.centre._snapshots
    made._kept = {id: one for id, one in made._kept.items() if one.tables == grants("lab").read}
    offered: list[Manifest] = []

    def ask() -> None:
        offered.append(made.offer(grants("all").read))

    asking = [threading.Thread(target=ask) for _twice in range(2)]
    for one in asking:
        one.start()
    assert slow.begun.wait(60)
    first.do(register)
    first.sync()  # pushed, and pulled
    second = world.desk(clerk, "lab")  # filled from the kept one
    assert dump(second.store, kept.tables) == dump(world.centre.store, kept.tables)
    assert not offered
    slow.go_on.set()
    for one in asking:
        one.join(60)
    assert slow.made == 1 and offered[0] == offered[1], "made once for both"
    (patients,) = (part for part in offered[0].parts if part.table == "patient")
    assert patients.rows == 1, "of the moment at which it was begun"
    third = world.desk(clerk)
    assert dump(third.store, third.tables) == dump(world.centre.store, third.tables)
    world.close()


def test_of_several_that_are_fresh_enough_the_latest_is_offered(tmp_path: Path) -> None:
    world = World(tmp_path)
    desk = world.desk(world.person("thabo", "receptionist"))
    snapshots: Snapshots = world.centre._snapshots
    early = snapshots.offer(desk.tables)
    desk.do(register)
    desk.sync()
    late = snapshots.offer(desk.tables, early.position + 1)
    assert snapshots.offer(desk.tables) == late and late.position > early.position
    again = Snapshots(world.centre.store, world.folder / "snapshots", world.clock)
    assert again.offer(desk.tables).position == late.position, "in whatever order a folder lists them"
    world.close()


def test_a_large_snapshot_is_offered_before_its_last_page_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "WORTH_OFFERING_EARLY", 0)
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first = world.desk(clerk)
    first.do(register)
    first.sync()
    world.centre._snapshots._kept.clear()
    slow = _Slow(snapshot.pages)
    monkeypatch.setattr(snapshot, "pages", slow)
    second = world.desk(clerk, filled=False)
    come: list[str] = []
    filling = threading.Thread(target=lambda: _fill(second, come))
    filling.start()
    assert slow.begun.wait(60)
    until(lambda: "account" in come)  # what was made before is fetched and written meanwhile
    assert "patient" not in come
    slow.go_on.set()
    filling.join(60)
    assert dump(second.store, second.tables) == dump(world.centre.store, second.tables)
    third = world.desk(clerk)
    assert slow.made == 1, "the same for whoever comes later"
    assert dump(third.store, third.tables) == dump(world.centre.store, third.tables)
    world.close()


def test_a_snapshot_that_can_not_be_made_to_its_end_is_asked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []  # by the log itself: where it is written to is what the first to use it in a process chose
    monkeypatch.setattr(making, "_log", SimpleNamespace(error=lambda words, **_about: noted.append(words)))
    monkeypatch.setattr(snapshots, "WORTH_OFFERING_EARLY", 0)
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first = world.desk(clerk)
    first.do(register)
    first.sync()
    world.centre._snapshots._kept.clear()
    pages = snapshot.pages

    def fails(connection: Any, name: str, part: Any = None) -> Iterator[Page]:
        """The disk is full when the patients are written."""
        if name == "patient":
            raise OSError("no room")
        return pages(connection, name, part)

    monkeypatch.setattr(snapshot, "pages", fails)
    second = world.desk(clerk, filled=False)
    with pytest.raises((BadInput, OSError)):
        second.exchange.catch_up()
    until(lambda: noted == ["a snapshot could not be made"])
    monkeypatch.setattr(snapshot, "pages", pages)
    second.sync()
    assert dump(second.store, second.tables) == dump(world.centre.store, second.tables)
    world.close()


def _fill(desk: WorldDesk, come: list[str]) -> None:
    desk.exchange.greet()
    desk.exchange.fill(desk.exchange.missing_tables(), lambda table, _done, _of: come.append(table))
    desk.exchange.follow()

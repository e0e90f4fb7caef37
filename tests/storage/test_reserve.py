# SPDX-License-Identifier: Apache-2.0
"""A full disk stops neither the work nor its trail: the room kept back is let go of, and everybody hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import Unavailable
from hms_desktop.security.audit import AccessEvent, note_coming_or_going
from hms_desktop.storage import reserve as reserves
from hms_desktop.storage.database import DiskFull
from hms_desktop.storage.reserve import RESERVE, RESERVE_BYTES, Reserve
from tests.desk import Desk, person

SMALL = 256 * 1024


class FullDisk:
    """The database may grow by a few pages only; where the room kept back is let go of, it may grow again."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.reserve = Reserve(folder, SMALL, 0)
        let_go = self.reserve.let_go

        def more_room() -> bool:
            held = let_go()
            if held:
                self._limit(1_000_000)
            return held

        self.reserve.let_go = more_room  # type: ignore[method-assign]

    def fill_up(self) -> None:
        """From now on there is no room for a page more."""
        self._limit(1)

    def _limit(self, pages: int) -> None:
        with self.desk.store._writer.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.rollback()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FullDisk]:
    desk = Desk(tmp_path, person("Zanele", set()))
    yield FullDisk(desk, tmp_path)
    desk.store.close()


def look(desk: Desk, times: int = 1) -> None:
    for _each in range(times):
        desk.do(lambda unit: note_coming_or_going(unit, kind="lock", detail="x" * 60_000))


def test_what_is_kept_back_is_really_taken_and_given_back(tmp_path: Path) -> None:
    room = Reserve(tmp_path, SMALL, 0)
    assert not room.held and room.keep() and room.held and room.keep()
    file = tmp_path / reserves.RESERVE_FILE
    assert file.stat().st_size == SMALL and file.stat().st_blocks * 512 >= SMALL and file.stat().st_mode & 0o077 == 0
    assert room.let_go() and not room.held and not room.let_go()
    assert RESERVE_BYTES == 64 * 1024 * 1024


def test_the_last_of_a_disk_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Reserve(tmp_path, SMALL, 1 << 60).keep()

    def full(*_args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Reserve, "_take", full)
    room = Reserve(tmp_path, SMALL, 0)
    assert not room.keep() and not room.held


def test_where_a_system_can_not_take_room_by_itself_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(reserves.os, "posix_fallocate", raising=False)
    assert Reserve(tmp_path, SMALL, 0).keep()


@pytest.mark.prints("the log says that the disk is full")
def test_on_a_full_disk_work_and_trail_go_on_and_everybody_is_told(disk: FullDisk) -> None:
    told: list[Changes] = []
    store = disk.desk.store
    store.on_changes(told.append)
    store.keep_room(disk.reserve)
    assert disk.reserve.held and told == []
    store.must_have_room()
    disk.fill_up()
    look(disk.desk, 30)
    assert [changes.tables for changes in told].count(RESERVE) == 1 and not disk.reserve.held
    assert len(disk.desk.ask(lambda reader: reader.rows(select(AccessEvent.id)))) == 30
    store.must_have_room()
    assert disk.reserve.held and not store.short_of_room


@pytest.mark.prints("the log says that the disk is full")
def test_what_can_wait_does_not_take_the_last_room(disk: FullDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    store = disk.desk.store
    store.keep_room(disk.reserve)
    disk.fill_up()
    look(disk.desk, 30)
    monkeypatch.setattr(disk.reserve, "keep", lambda: False)
    with pytest.raises(Unavailable, match="nothing is fetched until there is room"):
        store.must_have_room()


def test_without_room_kept_back_the_disk_is_named_and_nothing_is_half_written(disk: FullDisk) -> None:
    disk.fill_up()
    with pytest.raises(DiskFull, match="The disk is full"):
        look(disk.desk, 30)
    with disk.desk.store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM access_event").scalar_one()
        assert rows == connection.exec_driver_sql("SELECT count(*) FROM own_change_log").scalar_one()


def test_who_has_no_room_to_keep_is_told(disk: FullDisk, tmp_path: Path) -> None:
    told: list[Any] = []
    disk.desk.store.on_changes(lambda changes: told.append(changes.tables))
    disk.desk.store.keep_room(Reserve(tmp_path, SMALL, 1 << 60))
    assert told == [RESERVE]

# SPDX-License-Identifier: Apache-2.0
"""Pages of a first fill written by a process beside the session: all of them are there, whatever becomes of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from hms_desktop.commands.filling import COMMAND
from hms_desktop.core.errors import BadInput
from hms_desktop.storage.store import Store
from hms_desktop.sync import beside, fill, snapshot
from hms_desktop.sync.beside import Job, PagesBeside, Piece, framed, write_page, write_pages
from tests.bench import people
from tests.sync.world import World

SNAPSHOT = bytes(16)
GONE = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(4)")
PEOPLE = 25


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A centre with some patients."""
    made = World(tmp_path)
    people.pour(made.centre.store, "patient", people.patients(PEOPLE))
    yield made
    made.close()


def pieces(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Piece]:
    """The patients' pages as they come, ten to a page."""
    monkeypatch.setattr(snapshot, "ROWS_PER_PAGE", 10)
    with world.centre.store.reading() as connection:
        found = snapshot.pages(connection, "patient")
        packed = [msgspec.msgpack.encode(page) for page in found]
    return [Piece("patient", number, msgspec.Raw(page)) for number, page in enumerate(packed)]


def held(store: Store) -> list[UUID]:
    """The patients of a store."""
    return [UUID(bytes=id) for id in people.ids_of(store, "patient")]


@pytest.mark.parametrize("command", [COMMAND, GONE], ids=["written beside", "gone at once"])
def test_a_fill_with_a_process_beside_it_brings_everything(
    world: World, monkeypatch: pytest.MonkeyPatch, command: Sequence[str]
) -> None:
    monkeypatch.setattr(snapshot, "ROWS_PER_PAGE", 10)
    monkeypatch.setattr(fill, "WORTH_A_PROCESS", 0)
    desk = world.desk(world.person("ann", "receptionist"), filled=False)
    desk.exchange.beside = partial(PagesBeside, command, desk.store)
    desk.exchange.catch_up()
    assert held(desk.store) == held(world.centre.store) and len(held(desk.store)) == PEOPLE
    desk.store.close()


def test_it_writes_every_page_that_it_hears_until_nothing_more_comes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, desk = pieces(world, monkeypatch), world.desk(world.person("ann", "receptionist"), filled=False)
    with desk.store.reading() as connection:
        file, key = connection.connection.driver_connection.opened  # type: ignore[union-attr]
    said = framed(Job(str(file), key, SNAPSHOT)) + b"".join(map(framed, came))
    says, hears = io.BytesIO(said[:-1]), io.BytesIO()
    write_pages(says, hears)
    assert hears.getvalue() == beside._WRITTEN * 2, "the last one did not come whole"
    write_page(desk.store, SNAPSHOT, came[1])  # it is there
    write_page(desk.store, SNAPSHOT, came[2])
    assert held(desk.store) == held(world.centre.store)
    with pytest.raises(BadInput, match="not a page"):
        write_page(desk.store, SNAPSHOT, Piece("patient", 3, msgspec.Raw(b"\xc0")))
    desk.store.close()

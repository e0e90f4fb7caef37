# SPDX-License-Identifier: Apache-2.0
"""A long log is walked in parts, by processes beside each other: together they find what one walk finds."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from hms_desktop.security.audit import note_coming_or_going
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.straight import Found, Part, Walk, stretches
from hms_desktop.sync import together
from hms_desktop.sync.together import Job, end_with, framed, parts_of, read_job, walk_part, walk_together
from tests.desk import Desk, person

SETS = 12


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A file with a dozen change sets, of which six are worth a process."""
    monkeypatch.setattr(together, "WORTH_A_PROCESS", SETS // 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    opened = Desk(tmp_path, person("Dr A", set()))
    for number in range(SETS):
        opened.do(partial(note_coming_or_going, kind="lock", detail="x" * number * 40))
    yield opened
    opened.store.close()


def walked(desk: Desk, walk: Walk = walk_together) -> list[BrokenLink | int]:
    """What the walk in parts says of every author."""
    with desk.store.reading() as connection:
        return list(verify_chains(connection, walk))


def in_parts(driver: Any, whole: Part) -> Iterator[Found]:
    """The same parts, one after another and here."""
    for part in parts_of(whole, 2):
        yield stretches(driver, part)


def raw(desk: Desk) -> Any:
    """The connection below everything."""
    with desk.store.reading() as connection:
        return connection.connection.driver_connection


def test_parts_follow_one_another_and_small_logs_are_one() -> None:
    assert parts_of((0, 99_999), 8) == [(0, 99_999)] and parts_of((0, 0), 8) == [(0, 0)]
    assert parts_of((0, 1_000_000), 2) == [(0, 500_000), (500_000, 1_000_000)]
    four = parts_of((0, 1_000_001), 64)
    assert len(four) == 4 and four[0][0] == 0 and four[-1][1] == 1_000_001
    assert all(before[1] == after[0] for before, after in pairwise(four))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE own_change_log SET leaves = zeroblob(90) WHERE number = 9", "9: holds bytes that can't be read"),
        ("UPDATE own_change_log SET root = zeroblob(32) WHERE number = 6", "6: was changed after it was written"),
        ("DELETE FROM own_change_log WHERE number = 7", "7: missing"),
        ("UPDATE own_change_log SET prev = zeroblob(32) WHERE number = 7", "7: does not follow the one before"),
    ],
)
def test_parts_find_what_was_done_on_either_side_and_between(desk: Desk, sql: str, told: str) -> None:
    assert walked(desk, in_parts) == [SETS]
    with desk.store.writing() as connection:
        connection.execute(text(sql))
    (broken,) = walked(desk, in_parts)
    assert isinstance(broken, BrokenLink) and str(broken).endswith(told)


def test_a_process_beside_this_one_says_what_is_found_here(desk: Desk) -> None:
    with desk.store.reading() as connection:
        driver = connection.connection.driver_connection
        assert list(walk_together(driver, (0, SETS))) == list(in_parts(driver, (0, SETS)))


@pytest.mark.parametrize("command", [("false",), ("echo", "no answer")])
def test_what_another_process_does_not_answer_is_walked_here(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(together, "COMMAND", command)
    assert walked(desk) == [SETS]


def test_one_process_hears_its_job_says_what_it_found_and_ends_with_who_asked(desk: Desk) -> None:
    file, key = raw(desk).opened
    job = Job(str(file), key, (6, 12))
    heard = read_job(io.BytesIO(framed(msgspec.msgpack.encode(job))))
    answer = io.BytesIO()
    walk_part(heard, answer)
    (found,) = together._found.decode(answer.getvalue()).values()
    assert heard == job and (found.first, found.number, found.straight) == (7, 12, True)
    ended: list[int] = []
    end_with(io.BytesIO(), ended.append)
    assert ended == [1]

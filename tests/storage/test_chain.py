# SPDX-License-Identifier: Apache-2.0
"""The chain of a log is walked: whoever changes, removes or cuts off what was written is found at the first place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.security.roles import policy
from hms_desktop.storage.chain import FILLED, BrokenLink, verify_chains
from hms_desktop.storage.unit import set_meta
from tests.desk import Desk, person


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A file with three change sets of one author."""
    opened = Desk(tmp_path, person("Dr A", policy().permissions))
    for given in ("Amara", "Chidi", "Sizwe"):
        opened.do(
            partial(register.register, written=Registration(family="Okonkwo", given=given, born="1979", sex="female"))
        )
    yield opened
    opened.store.close()


def walked(desk: Desk) -> list[BrokenLink | int]:
    """What the walk says of every author."""
    with desk.store.reading() as connection:
        return list(verify_chains(connection))


def harm(desk: Desk, *statements: str) -> None:
    """Do this to the log past the program."""
    with desk.store.writing() as connection:
        for sql in statements:
            connection.execute(text(sql))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE own_change_log SET stamp = stamp + 1 WHERE number = 2", "2: was changed after it was written"),
        ("DELETE FROM own_change_log WHERE number = 2", "2: missing"),
        ("DELETE FROM own_change_log WHERE number = 1", "1: missing"),
        ("DELETE FROM own_change_log", "1: missing"),
        ("UPDATE own_change_log SET prev = zeroblob(32) WHERE number = 2", "2: does not follow the one before"),
        ("DELETE FROM own_change_log WHERE number = 3", "2: the log ends before the chain does"),
        ("DELETE FROM own_author_state", "3: nothing says that the chain ends here"),
        ("UPDATE own_author_state SET number = 2", "3: the chain is said to end otherwise"),
        ("UPDATE own_author_state SET root = zeroblob(32)", "3: the chain is said to end otherwise"),
        ("UPDATE own_change_log SET leaves = x'' WHERE number = 2", "2: holds bytes that can't be read"),
        ("UPDATE own_change_log SET leaves = substr(leaves, 1, 90) WHERE number = 3",
         "3: holds bytes that can't be read"),
        ("UPDATE own_change_log SET stamp = 'soon' WHERE number = 3", "3: holds bytes that can't be read"),
        ("UPDATE own_change_log SET details = substr(details, 1, 20) WHERE number = 1",
         "1: was changed after it was written"),
        ("UPDATE own_change_log SET leaves = CAST(replace(hex(leaves), hex('Okonkwo'), hex('Okonkwa')) AS BLOB) "
         "WHERE number = 2", "2: holds bytes that can't be read"),
    ],
)  # fmt: skip
def test_what_was_done_to_the_log_is_found_where_it_begins(desk: Desk, sql: str, told: str) -> None:
    assert walked(desk) == [3]
    harm(desk, sql)
    (broken,) = walked(desk)
    assert isinstance(broken, BrokenLink) and str(broken).endswith(told)


def test_one_byte_of_a_name_that_was_changed_is_found(desk: Desk) -> None:
    with desk.store.writing() as connection:
        leaves = connection.execute(text("SELECT leaves FROM own_change_log WHERE number = 2")).scalar_one()
        harmed = bytes(leaves).replace(b"Chidi", b"Chida")
        connection.execute(text("UPDATE own_change_log SET leaves = :l WHERE number = 2"), {"l": harmed})
    (broken,) = walked(desk)
    assert isinstance(broken, BrokenLink) and str(broken).endswith("2: was changed after it was written")


def test_another_chain_begins_where_a_fill_left_it_and_what_waits_is_not_yet_part_of_it(desk: Desk) -> None:
    with desk.store.writing() as connection:
        root = connection.execute(text("SELECT root FROM own_change_log WHERE number = 2")).scalar_one()
        set_meta(connection, FILLED, {"1": [2, bytes(root)], "7": [4, bytes(32)]})
    harm(desk, "INSERT INTO own_author_state (author, number, stamp, root) VALUES (7, 4, 1, zeroblob(32))")
    assert walked(desk) == [3], "what came with the fill stands by itself"
    harm(desk, "DELETE FROM own_change_log WHERE number = 1")
    assert walked(desk) == [2], "and need not have come"
    harm(desk, "UPDATE own_change_log SET state = 1 WHERE number = 3")
    harm(desk, "UPDATE own_author_state SET number = 2, root = (SELECT root FROM own_change_log WHERE number = 2) "
         "WHERE author = 1")  # fmt: skip
    assert walked(desk) == [1], "what waits is no part of the chain"
    harm(desk, "UPDATE own_change_log SET leaves = x'93' WHERE number = 2")
    harm(desk, "DELETE FROM own_author_state WHERE author = 7")
    assert [str(broken) for broken in walked(desk)] == [
        "001 2: holds bytes that can't be read", "007 4: nothing says that the chain ends here",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [1, 3])
def test_where_the_file_itself_is_damaged_the_first_change_that_can_not_be_read_is_named(
    desk: Desk, number: int
) -> None:
    harm(desk, f"UPDATE own_change_log SET leaves = zeroblob(400000) WHERE number = {number}")
    desk.store.close()
    with desk.store.path.open("r+b") as file:
        file.seek(-200_000, os.SEEK_END)
        file.write(os.urandom(64))
    (broken,) = walked(desk)
    assert isinstance(broken, BrokenLink) and str(broken).endswith(
        f"{number}: can't be read: the file itself is damaged"
    )

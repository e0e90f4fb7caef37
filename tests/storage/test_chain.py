# SPDX-License-Identifier: Apache-2.0
"""The chain of a log is walked: whoever changes, removes or cuts off what was written is found at the first place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.security.roles import policy
from hms_desktop.storage.chain import BrokenLink, verify_chains
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


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE own_change_log SET stamp = stamp + 1 WHERE number = 2", "2: was changed after it was written"),
        ("DELETE FROM own_change_log WHERE number = 2", "2: missing"),
        ("UPDATE own_change_log SET prev = zeroblob(32) WHERE number = 2", "2: does not follow the one before"),
        ("DELETE FROM own_change_log WHERE number = 3", "2: the log ends before the chain does"),
    ],
)  # fmt: skip
def test_what_was_done_to_the_log_is_found_where_it_begins(desk: Desk, sql: str, told: str) -> None:
    assert walked(desk) == [3]
    with desk.store.writing() as connection:
        connection.execute(text(sql))
    (broken,) = walked(desk)
    assert isinstance(broken, BrokenLink) and str(broken).endswith(told)

# SPDX-License-Identifier: Apache-2.0
"""Names of tables and columns in a fill become part of SQL: only declared ones do, whatever a server sends."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from hms_desktop.core.errors import Damaged
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync import snapshot
from hms_desktop.sync.protocol import Page
from tests.desk import Desk, person
from tests.payloads import CODE

COLUMNS = snapshot.columns_of(REGISTRY["patient"])
WRONG = [
    ("own_meta", ["key", "value"]),
    ("own_change_log", COLUMNS),
    ('patient" SELECT * FROM "own_meta" --', COLUMNS),
    ("patient", ["id", 'family") SELECT key, value FROM own_meta --']),
    ("patient", [*COLUMNS, "rid"]),
    *((words, COLUMNS) for words in CODE),
    *(("patient", [words]) for words in CODE),
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, person("Dr A", ()))


@pytest.mark.hazard("H44")
def test_a_page_of_other_names_is_not_taken(desk: Desk) -> None:
    for table, columns in WRONG:
        for number in (0, 1):
            page = Page(table, columns, [[uuid4().bytes, *[None] * (len(columns) - 1)]], [])
            with pytest.raises(Damaged, match="does not know"), desk.store.writing() as connection:
                snapshot.take_page(connection, b"n", page, number)


def test_no_other_table_is_emptied(desk: Desk) -> None:
    for table, _columns in WRONG[:3]:
        with pytest.raises(Damaged, match="does not know"), desk.store.writing() as connection:
            snapshot.empty(connection, table)

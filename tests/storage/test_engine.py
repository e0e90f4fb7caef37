# SPDX-License-Identifier: Apache-2.0
"""What the engines of all files have in common: a statement is compiled once in a process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import column, event, select, table

from hms_desktop.storage.engine import CipherFile, open_engine

SEEN = table("own_seen_once", column("word"))


def test_a_question_to_two_files_is_compiled_once_and_each_file_answers_for_itself(tmp_path: Path) -> None:
    compiled: list[Any] = []
    answers: list[Any] = []
    for name in ("one", "two"):
        engine = open_engine(tmp_path / name, os.urandom(32))

        @event.listens_for(engine, "after_cursor_execute")
        def keep(_connection: Any, _cursor: Any, _words: str, _values: Any, context: Any, _many: bool) -> None:
            compiled.append(context.compiled)

        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE own_seen_once (word TEXT)")
            connection.exec_driver_sql("INSERT INTO own_seen_once VALUES (?)", (name,))
            answers += connection.execute(select(SEEN.c.word).where(SEEN.c.word != "three")).scalars()
        engine.dispose()
    asked = [one for one in compiled if one is not None]
    assert answers == ["one", "two"]
    assert len(asked) == 2 and asked[0] is asked[1]


def test_the_size_of_a_file_counts_what_still_lies_in_its_journal(tmp_path: Path) -> None:
    place = CipherFile(tmp_path / "store", os.urandom(32))
    assert place.size() == 0
    engine = place.writer()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE own_seen_once (word TEXT)")
        connection.exec_driver_sql("INSERT INTO own_seen_once VALUES (?)", ("x" * 100_000,))
        connection.commit()
    assert place.size() > 100_000 > place.path.stat().st_size
    engine.dispose()

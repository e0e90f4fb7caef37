# SPDX-License-Identifier: Apache-2.0
"""The schema of a file: made whole when the file is new, migrated by Alembic when it is older."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Dialect, Engine, inspect
from sqlalchemy.schema import CreateIndex, CreateTable

from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.records import Record

REVISION = "0001"


def statements(dialect: Dialect) -> tuple[str, ...]:
    """What gives an empty file this version's tables; compiled once, however many files a process makes."""
    return _compiled(dialect, frozenset(Record.metadata.tables))


@cache
def _compiled(dialect: Dialect, _tables: frozenset[str]) -> tuple[str, ...]:
    made: list[str] = []
    for table in Record.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return tuple(made)


def prepare(engine: Engine) -> None:
    """Bring the file to this version's schema; Alembic is loaded only when the file is older."""
    with engine.begin() as connection:
        found = connection.exec_driver_sql("PRAGMA user_version").scalar()
        if found == int(REVISION):
            return
        if not found and not inspect(connection).get_table_names():
            for statement in statements(connection.dialect):
                connection.exec_driver_sql(statement)
            for index in LOCAL_INDEXES:
                index.create(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {int(REVISION)}")
            return
    from hms_desktop.storage.migrate import upgrade

    upgrade(engine, REVISION)

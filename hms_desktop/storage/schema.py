# SPDX-License-Identifier: Apache-2.0
"""The schema of a file: made whole when the file is new, migrated by Alembic when it is older."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, Dialect, Engine, Index, inspect
from sqlalchemy.schema import CreateIndex, CreateTable, DropIndex

from hms_desktop.storage.database import ways
from hms_desktop.storage.indexes import local_indexes
from hms_desktop.storage.records import REGISTRY, Record

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
    """Bring the store to this version's schema; Alembic is loaded only when it is older."""
    with engine.begin() as connection:
        its = ways(connection)
        found = its.version(connection)
        if found == int(REVISION):
            return
        if not found and not inspect(connection).get_table_names():
            for statement in (*statements(connection.dialect), *its.guards(sorted(REGISTRY))):
                connection.exec_driver_sql(statement)
            for index in local_indexes(connection):
                index.create(connection)
            its.note_version(connection, int(REVISION))
            return
    from hms_desktop.storage.migrate import upgrade

    upgrade(engine, REVISION)


def drop_indexes(connection: Connection, table: str) -> None:
    """Let a table go without the indexes that only speed questions up, while very many rows are written to it."""
    for index in _mere_indexes(table):
        connection.execute(DropIndex(index, if_exists=True))


def make_indexes(connection: Connection, table: str) -> None:
    """Make them again, each in one go; those that are there stay as they are."""
    for index in _mere_indexes(table):
        connection.execute(CreateIndex(index, if_not_exists=True))


def _mere_indexes(table: str) -> list[Index]:
    found = [index for index in Record.metadata.tables[table].indexes if not index.unique]
    return sorted(found, key=lambda index: str(index.name))

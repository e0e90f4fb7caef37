# SPDX-License-Identifier: Apache-2.0
"""The schema of a file: made whole when the file is new, migrated by Alembic when it is older."""

from __future__ import annotations

from sqlalchemy import Engine, inspect

from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.records import Record

REVISION = "0001"


def prepare(engine: Engine) -> None:
    """Bring the file to this version's schema; Alembic is loaded only when the file is older."""
    with engine.begin() as connection:
        found = connection.exec_driver_sql("PRAGMA user_version").scalar()
        if found == int(REVISION):
            return
        if not found and not inspect(connection).get_table_names():
            Record.metadata.create_all(connection, checkfirst=False)
            for index in LOCAL_INDEXES:
                index.create(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {int(REVISION)}")
            return
    from hms_desktop.storage.migrate import upgrade

    upgrade(engine, REVISION)

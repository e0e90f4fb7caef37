# SPDX-License-Identifier: Apache-2.0
"""Bringing an older file to this version's schema with Alembic, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _
from hms_desktop.storage.records import Record

SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(engine: Engine, target: str) -> None:
    """Run every step from the file's revision to `target`; a file of a newer version is refused untouched."""
    with engine.begin() as connection:
        found = int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)
        if found > int(target):
            message = _("This workstation's file was written by a newer version ({found}). Update the program.")
            raise Damaged(message.format(found=found))
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        scripts = ScriptDirectory.from_config(config)
        start = f"{found:04d}" if found else None

        def steps(_revision: object, _context: object) -> object:
            return scripts._upgrade_revs(target, start)  # type: ignore[arg-type]

        with EnvironmentContext(config, scripts, fn=steps, as_sql=False, starting_rev=start) as environment:
            environment.configure(connection=connection, target_metadata=Record.metadata, render_as_batch=True)
            environment.run_migrations()
        connection.exec_driver_sql(f"PRAGMA user_version = {int(target)}")

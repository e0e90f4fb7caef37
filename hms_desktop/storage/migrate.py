# SPDX-License-Identifier: Apache-2.0
"""Bringing an older file to this version's schema with Alembic, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Engine

from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _
from hms_desktop.storage.database import ways

SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(engine: Engine, target: str) -> None:
    """Run every step from the file's revision to `target`; a file of a newer version is refused untouched."""
    with engine.begin() as connection:
        found = ways(connection).version(connection)
        if found > int(target):
            message = _("This workstation's file was written by a newer version ({found}). Update the program.")
            raise Damaged(message.format(found=found))
        with Operations.context(MigrationContext.configure(connection)):
            for step in _steps(found, int(target)):
                step.module.upgrade()
        ways(connection).note_version(connection, int(target))


def _steps(found: int, target: int) -> list[Script]:
    """The revisions after `found` up to `target`, in order; a revision's name is its number."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    known = ScriptDirectory.from_config(config).walk_revisions()
    return sorted((s for s in known if found < int(s.revision) <= target), key=lambda s: int(s.revision))

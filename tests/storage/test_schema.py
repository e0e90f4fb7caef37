# SPDX-License-Identifier: Apache-2.0
"""A file's schema: a new file and a migrated one are the same, an older one is brought up, a newer one is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hms_desktop.core.errors import Damaged
from hms_desktop.storage import migrate, schema
from hms_desktop.storage.engine import open_engine
from installer.freeze_schema import TARGET, statements

NEXT = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade():
    op.add_column("own_draft", sa.Column("colour", sa.String))
"""


def opened(path: Path) -> Engine:
    return open_engine(path, KEY, pool=1)


KEY = os.urandom(32)


def shape(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return sorted("".join(row[0].split()) for row in rows if "own_patient" not in row[0])


def test_the_first_revision_is_what_the_tables_declare() -> None:
    assert TARGET.read_text("utf-8") == statements(), "run: python -m installer.freeze_schema"


def test_a_migrated_file_is_the_same_as_a_new_one(tmp_path: Path) -> None:
    new, old = opened(tmp_path / "new.db"), opened(tmp_path / "old.db")
    schema.prepare(new)
    migrate.upgrade(old, "0001")
    assert shape(new) == shape(old)
    for engine in (new, old):
        engine.dispose()


@pytest.mark.hazard("H47")
def test_an_older_file_is_brought_up_and_keeps_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = opened(tmp_path / "replica.db")
    schema.prepare(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO own_draft VALUES (x'00', 'note', x'80', 1)")
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "0002_next.py").write_text(NEXT)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(schema, "REVISION", "0002")
    schema.prepare(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT key, colour FROM own_draft").one() == ("note", None)
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == 2
    engine.dispose()


@pytest.mark.hazard("H47")
def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = opened(tmp_path / "replica.db")
    schema.prepare(engine)
    before = shape(engine)
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "0002_next.py").write_text(NEXT + '    op.execute("SELECT * FROM nowhere")\n')
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(schema, "REVISION", "0002")
    with pytest.raises(Exception, match="nowhere"):
        schema.prepare(engine)
    assert shape(engine) == before
    engine.dispose()


@pytest.mark.hazard("H47")
def test_a_newer_file_is_refused_untouched(tmp_path: Path) -> None:
    engine = opened(tmp_path / "replica.db")
    schema.prepare(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 9")
    with pytest.raises(Damaged, match="newer version"):
        schema.prepare(engine)
    engine.dispose()

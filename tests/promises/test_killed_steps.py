# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of a lock and of a migration: the file always opens, and what was acknowledged is in it.

Turning the file's key is killed by `tests/security/test_key_turns.py`.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.service import Registration, register
from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.storage import migrate, schema
from hms_desktop.storage.engine import open_engine
from tests.killing import killed, said, says
from tests.ui.shell import enrolled

KEY = bytes(range(32))
ROWS, PATIENTS = 400, 3
NEXT = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade():
    op.add_column("own_draft", sa.Column("colour", sa.String))
    op.execute("UPDATE own_draft SET colour = 'blue', body = body || body")
"""


def opened(folder: Path) -> Bench:
    """The workstation, opened without a server by who works there."""
    return open_bench(enrolled.unlock(folder))


def works_and_locks(folder: Path, done: Path) -> None:
    """A session saves a few patients, says so of each, and locks."""
    bench = opened(folder)
    says(done, "opened")
    for number in range(PATIENTS):
        written = Registration(family=f"Nr{number}", given="Ann", sex="female", born="1980-02-03")
        says(done, bench.store.act(partial(register, written=written), bench.acting).hex)
    says(done, "locking")
    bench.shut()


def lock_kills(folder: Path, count: int) -> int:
    """Kill so many sessions between their first save and the end of their lock; returns how many were locking."""
    enrolled.enrol(folder / "w")
    done, locking, kept = folder / "done", 0, set[UUID]()
    took = killed(works_and_locks, folder / "w", done, began=done, seconds=None)
    for number in range(count):
        kept |= {UUID(hex=word) for word in said(done) if len(word) == 32}
        late = number % 2 == 0
        wait = random.uniform(took * 0.6, took * 1.05) if late else random.uniform(0, took)
        killed(works_and_locks, folder / "w", done, began=done, seconds=wait)
        acknowledged = {UUID(hex=word) for word in said(done) if len(word) == 32}
        locking += "locking" in said(done)
        bench = opened(folder / "w")
        assert not bench.old, "it is the file that was here last"
        there = bench.store.read(lambda reader: {row.id for row in reader.rows(select(Patient.id))}, bench.acting)
        assert kept | acknowledged <= there, "nothing that was acknowledged is lost"
        bench.shut()
    return locking


def migrates(path: Path, scripts: Path, done: Path) -> None:
    """The next version of the program opens the file."""
    migrate.SCRIPTS, schema.REVISION = scripts, "0002"
    engine = open_engine(path, KEY, pool=1)
    says(done, "opened")
    schema.prepare(engine)
    engine.dispose()


def rows(path: Path) -> tuple[int, int]:
    """The version of the file, and how many whole rows it holds."""
    engine = open_engine(path, KEY, pool=1)
    with engine.connect() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        twice = 2 if version == 2 else 1
        counted = connection.exec_driver_sql(f"SELECT count(*) FROM own_draft WHERE length(body) = {2000 * twice}")
        count = counted.scalar_one()
    engine.dispose()
    return version, count


def migration_kills(folder: Path, count: int) -> int:
    """Kill so many migrations; returns how many were not finished then. Each file is whole, before or after it."""
    old, path, scripts, done = folder / "old.db", folder / "replica.db", folder / "migrations", folder / "done"
    engine = open_engine(old, KEY, pool=1)
    schema.prepare(engine)
    with engine.begin() as connection:
        for number in range(ROWS):
            connection.exec_driver_sql(
                f"INSERT INTO own_draft VALUES (x'00', 'note {number}', printf('%.2000c', 'x'), 1)"
            )
    engine.dispose()
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "0002_next.py").write_text(NEXT)
    took, cut = 0.0, 0
    for number in range(count + 1):
        for left in folder.glob("replica.db*"):
            left.unlink()
        shutil.copy(old, path)
        wait = random.uniform(0, took) if number else None
        took = max(took, killed(migrates, path, scripts, done, began=done, seconds=wait))
        version, whole = rows(path)
        assert version in (1, 2) and whole == ROWS
        cut += version == 1
        killed(migrates, path, scripts, done, began=done, seconds=None)
        assert rows(path) == (2, ROWS), "the next start brings it to its end"
    return cut


@pytest.mark.accepts("OPS-07")
def test_a_few_kills_of_locks_and_migrations_lose_nothing(tmp_path: Path) -> None:
    lock_kills(tmp_path, 1)
    migration_kills(tmp_path, 1)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [lock_kills, migration_kills])
def test_200_kills_of_each_lose_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None], kills: Callable[[Path, int], int]
) -> None:
    record_property(kills.__name__, f"200, {kills(tmp_path, 200)} of them inside")

# SPDX-License-Identifier: Apache-2.0
"""A store in PostgreSQL keeps what an encrypted file keeps: one write path, one order, one moment for who reads."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from hms_desktop.clinic import modules
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import BadInput, Damaged, Unavailable
from hms_desktop.storage import migrate, schema
from hms_desktop.storage.database import DiskFull
from hms_desktop.storage.postgres import PostgresDatabase
from hms_desktop.storage.store import Store
from hms_desktop.sync import protocol
from hms_desktop.sync.pull import position
from sync_server.places import must_be_free, place_of
from tests import stores
from tests.server.process import until
from tests.storage.test_schema import NEXT
from tests.storage.test_write_path import add
from tests.sync.world import World, WorldDesk

assert modules.MODULES
pytestmark = pytest.mark.skipif(not stores.there(), reason=stores.MISSING)
WAITING = (
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
    "WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()"
)


@pytest.fixture
def place() -> PostgresDatabase:
    """A database with every table and no rows."""
    return PostgresDatabase(stores.cluster().prepared())


@pytest.fixture
def world(tmp_path: Path, place: PostgresDatabase) -> Iterator[World]:
    """A centre over PostgreSQL."""
    made = World(tmp_path, database=place)
    yield made
    made.close()


@pytest.fixture
def desk(world: World) -> WorldDesk:
    """A receptionist at it."""
    return world.desk(world.person("zanele", "receptionist"))


def pulled(world: World, desk: WorldDesk, after: int) -> list[int]:
    """The positions that this workstation is shown after one."""
    page = world.centre.pull(desk.line._device, protocol.Pull(after, 500))
    return [entry.position for entry in page.entries]


@pytest.mark.prints("the store logs what it refused")
def test_the_database_itself_refuses_what_goes_past_the_one_write_path(world: World, place: PostgresDatabase) -> None:
    id = world.centre.store.act(add, world.centre.worker)
    for statement in ("UPDATE patient SET family = 'Nobody'", "DELETE FROM patient", "TRUNCATE patient CASCADE"):
        with pytest.raises(DatabaseError, match="written by change sets only"), world.centre.store.writing() as raw:
            raw.execute(text(statement))
        with place.connect() as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute(statement.encode())
    assert world.centre.store.read(lambda reader: reader.get(Patient, id).family, world.centre.worker) == "Okonkwo"


def test_no_reader_steps_over_a_change_set_that_commits_late(world: World, desk: WorldDesk) -> None:
    """One process holds its transaction open with a position in it; another's work waits, and readers see neither."""
    store, worker = world.centre.store, world.centre.worker
    beside = Store(
        world.folder / "beside", os.urandom(32), store.station, store.setting.clinic, database=store.database
    )
    with store.reading() as connection:
        before = position(connection)
    others = threading.Thread(target=lambda: beside.act(partial(add, family="Late"), worker))
    with store.writing() as held:
        store.act_on(held, partial(add, family="First"), worker)
        place = position(held)
        others.start()
        until(lambda: waiting(store) == 1)
        assert pulled(world, desk, before) == []
    others.join(60)
    found = pulled(world, desk, before)
    assert found == sorted(found) and len(found) == 2 and found[0] == place
    assert world.centre.store.read(names, worker) == ["First", "Late"]
    beside.close()


def test_who_writes_to_the_log_past_everything_waits_for_the_place_too(world: World, place: PostgresDatabase) -> None:
    columns = "author, number, stamp, prev, details, leaves, signature, root, state, received_ms"
    raw = f"INSERT INTO own_change_log (pos, {columns}) VALUES (1, 99, 1, 1, '', '', '', '', '', 0, 0) RETURNING pos"
    with place.connect() as other, world.centre.store.writing() as held:
        other.execute("SET lock_timeout = 1")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(raw)
        other.rollback()
        last = position(held)
    with place.connect() as other:
        (drawn,) = other.execute(raw).fetchone() or (0,)
        other.rollback()
    assert drawn > last, "whatever place a writer asks for, the log gives its own"


def waiting(store: Store) -> int:
    """How many transactions wait for the one that writes."""
    with store.reading() as connection:
        return int(connection.exec_driver_sql(WAITING).scalar_one())


def names(reader: Any) -> list[str]:
    """Everybody registered, in order."""
    return [row.family for row in reader.rows(select(Patient.family).order_by(Patient.rid))]


def test_questions_are_answered_as_over_a_file(world: World) -> None:
    store, worker = world.centre.store, world.centre.worker

    def people(unit: Any) -> None:
        add(unit, "Naidoo")
        sure = {"name_known": True, "born_estimated": False, "interpreter": True, "temporary": False, "active": True}
        unit.add(Patient, family="Zulu", given="Thabo", mrn="MRN-001-00002-3", sex="male", born="1990-05", **sure)

    store.act(people, worker)
    given = select(Patient.given)
    asked = [
        given.order_by(Patient.given), given.order_by(Patient.given.desc()), given.order_by(Patient.given.nulls_last()),
        given.where(Patient.interpreter), given.where(~Patient.interpreter),
        given.where(Patient.active, Patient.born > "1990"),
    ]  # fmt: skip
    found = [store.read(lambda reader, one=one: [row.given for row in reader.rows(one)], worker) for one in asked]
    assert found == [[None, "Thabo"], ["Thabo", None], ["Thabo", None], ["Thabo"], [None], ["Thabo"]]


def test_news_of_a_commit_reaches_other_processes_and_comes_again_after_a_cut(world: World) -> None:
    heard: list[int] = []
    database = world.centre.store.database
    stop = database.hear(lambda: heard.append(1))
    until(lambda: heard)
    world.centre.store.act(add, world.centre.worker)
    until(lambda: len(heard) > 1)
    stores.cluster().ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
    )
    known = len(heard)
    until(lambda: len(heard) > known)
    stop()


def test_a_database_that_is_of_no_use_is_refused_by_name(place: PostgresDatabase) -> None:
    cluster = stores.cluster()
    with pytest.raises(BadInput, match="postgresql://"):
        PostgresDatabase("mysql://somewhere/x").check()
    with pytest.raises(BadInput, match="postgresql://"):
        PostgresDatabase("postgresql://x?colour=blue").check()
    with pytest.raises(Unavailable, match="can't be reached"):
        PostgresDatabase(cluster.url("nowhere")).check()
    cluster.ask("CREATE DATABASE words ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(Unavailable, match="createdb --template=template0"):
        PostgresDatabase(cluster.url("words")).check()
    cluster.ask("DROP DATABASE words")
    with pytest.raises(BadInput, match="encrypted volume"):
        must_be_free(place, False)
    with pytest.raises(BadInput, match="holds a server already"):
        must_be_free(place, True)
    other = PostgresDatabase(cluster.empty())
    with other.connect() as connection:
        connection.execute("CREATE TABLE theirs (x int)")
    with pytest.raises(Damaged, match="holds other things"):
        must_be_free(other, True)
    assert place_of("") is None and place.forget_deleted(None) and place.size() > 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "kind", "said"),
    [
        ("53100", DiskFull, "disk is full"),
        ("25006", Unavailable, "takes no writing"),
        ("55P03", Unavailable, "Another program"),
        ("57P01", Unavailable, "can't be reached"),
        ("22P02", None, ""),
    ],
)
def test_what_the_database_refuses_is_told_in_plain_words(
    place: PostgresDatabase, state: str, kind: type[Exception] | None, said: str
) -> None:
    known = place.plain(DatabaseError("INSERT", {}, psycopg.errors.lookup(state)("no")))
    assert (type(known), said in str(known)) == (kind or type(None), True)
    assert place.plain(OperationalError("INSERT", {}, psycopg.OperationalError("gone"))) is not None


def test_an_older_database_is_brought_up_and_a_newer_one_is_refused(
    place: PostgresDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "0002_next.py").write_text(NEXT)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    engine = place.writer()
    with monkeypatch.context() as later:
        later.setattr(schema, "REVISION", "0002")
        schema.prepare(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(colour) FROM own_draft")).scalar() == 0
    with pytest.raises(Damaged, match="newer version"):
        schema.prepare(engine)
    engine.dispose()

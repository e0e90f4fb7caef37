# SPDX-License-Identifier: Apache-2.0
"""Where the stores of the servers in tests lie: in encrypted files, or with `--store postgresql` in a real PostgreSQL.

The PostgreSQL is the one of this machine, as a private cluster of this process of tests: made when the first test asks
for it, on memory where there is such, and taken away at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.storage.database import Database
from hms_desktop.storage.records import Record
from hms_desktop.storage.schema import prepare
from hms_desktop.storage.store import Store
from sync_server.places import place_of

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
MISSING = "no PostgreSQL server is installed here (the package postgresql): what needs one was not tested"
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
MEMORY = Path("/dev/shm")


def opened(url: str) -> Database:
    """The database of an address."""
    found = place_of(url)
    assert found is not None
    return found


def there() -> bool:
    """Whether this machine has the programs of a PostgreSQL server."""
    return bool(BINARIES)


class Cluster:
    """A private PostgreSQL server that listens on no port of the network."""

    def __init__(self) -> None:
        near = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="hms-pg-", dir=near))
        self._as: tuple[str, ...] = NOBODY if os.geteuid() == 0 else ()  # PostgreSQL refuses root
        if self._as:
            shutil.chown(self.folder, "nobody", "nogroup")
        self._numbers = count(1)
        self._open: list[str] = []
        self._blank: dict[frozenset[str], str] = {}
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=200"
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", settings, "start")

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as, str(BINARIES[-1] / program), *words]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stderr

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def ask(self, statement: str, url: str = "") -> None:
        """One statement to the database of this address, or beside every one."""
        import psycopg

        with psycopg.connect(url or self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self) -> str:
        """The address of a new database with nothing in it."""
        name = f"store_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name}")
        self._open.append(name)
        return self.url(name)

    def prepared(self) -> str:
        """The address of a new database with every table of records that is declared by now, and no rows."""
        tables = frozenset(Record.metadata.tables)
        if tables not in self._blank:
            name = self._blank[tables] = f"blank_{len(self._blank)}"
            self.ask(f"CREATE DATABASE {name}")
            engine = opened(self.url(name)).writer()
            prepare(engine)
            engine.dispose()
        name = f"store_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {self._blank[tables]} STRATEGY FILE_COPY")
        self._open.append(name)
        return self.url(name)

    def clear(self) -> None:
        """Take away every database that was handed out."""
        for name in self._open:
            self.ask(f"DROP DATABASE {name} WITH (FORCE)")
        self._open.clear()

    def end(self) -> None:
        """Stop it and leave nothing."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def cluster() -> Cluster:
    """The cluster of this process."""
    return Cluster()


def files_only(why: str) -> pytest.MarkDecorator:
    """For a test of what can only befall a file, or be done to it."""
    return pytest.mark.skipif("config.getoption('--store') == 'postgresql'", reason=why)


class Chosen:
    """What `--store` says."""

    postgresql = False


def database() -> Database | None:
    """A database for one more server's store; None for an encrypted file."""
    return place_of(cluster().prepared()) if Chosen.postgresql else None


def place() -> dict[str, Any]:
    """What a server's `Plan` says beside: the database, and that its volume is encrypted."""
    return {"database": cluster().empty(), "encrypted_volume": True} if Chosen.postgresql else {}


def keep(store: Store) -> Store:
    """Close it after the tests of this file, where that matters; a test may do so before."""
    if Chosen.postgresql:
        _kept.append(store)
    return store


_kept: list[Store] = []


def clear() -> None:
    """Take away the databases of the tests before."""
    while _kept:
        _kept.pop().close()
    if cluster.cache_info().currsize:
        cluster().clear()


def end() -> None:
    """Take away the cluster, where there is one."""
    if cluster.cache_info().currsize:
        cluster().end()
        cluster.cache_clear()

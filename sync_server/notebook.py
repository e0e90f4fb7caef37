# SPDX-License-Identifier: Apache-2.0
"""What the server notes for its administrators alone: console sign-in, sessions, requests, when workstations called.

It lies encrypted beside the store, under a key derived from the service keys. Nothing of it is ever sent to a
workstation, and no history depends on it: what was done stands in the server's chain (`AdminEvent`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)

from hms_desktop.security.sealing import derive
from hms_desktop.storage.database import LOOK, Database
from sync_server.home import Home

NOTEBOOK_FILE = "notebook.db"
_meta = MetaData()


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(f"book_{name}", _meta, *columns)  # a name of its own: no synced table may be written past a unit


def _key(name: str, kind: type[Any] = LargeBinary) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _bytes(name: str) -> Column[Any]:
    return Column(name, LargeBinary, nullable=False)


def _words(name: str) -> Column[Any]:
    return Column(name, String, nullable=False, default="")


def _number(name: str, default: int = 0) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, default=default)


access = _table(
    "access", _key("person"), _words("login"), _bytes("salt"), _bytes("key"), _bytes("cost"), _words("seed"),
    _number("last_step", -1), _number("since_ms"),
)  # fmt: skip
passkey = _table(
    "passkey", _key("id"), _bytes("person"), _words("name"), _bytes("credential"), _number("counter"),
    _number("added_ms"), _number("used_ms"),
)  # fmt: skip
invitation = _table("invitation", _key("digest"), _bytes("person"), _bytes("by"), _number("until_ms"))
session = _table(
    "session", _key("digest"), _bytes("person"), _words("way"), _words("origin"), _words("agent"),
    _number("made_ms"), _number("seen_ms"), _number("proved_ms"), _bytes("challenge"),
)  # fmt: skip
tries = _table("tries", _key("key", String), _number("failures"), _number("until_ms"), _number("last_ms"))
request = _table(
    "request", _key("id"), _words("kind"), _bytes("by"), Column("subject", LargeBinary), _words("words"),
    _bytes("payload"), _words("reason"), _number("asked_ms"), _number("until_ms"), _words("state"),
    Column("decided_by", LargeBinary), _number("decided_ms"), _words("why"),
)  # fmt: skip
review = _table("review", _key("quarter", String), _bytes("by"), _number("at_ms"), _bytes("lines"))
contact = _table(
    "contact", _key("device"), _number("seen_ms"), _words("address"), _words("version"), _words("system"),
    _number("waiting", -1), _number("oldest_ms"), _number("told_ms"), _number("ahead_ms"),
    Column("person", LargeBinary), _number("store_bytes"), _number("position"),
)  # fmt: skip
wish = _table(
    "wish", _key("device"), _key("kind", String), _bytes("token"), _bytes("by"), _number("asked_ms"), _words("state"),
    _number("done_ms"), _bytes("body"),
)  # fmt: skip
comparison = _table(
    "comparison", _key("device"), _number("at_ms"), _number("position"), _number("tables"), _number("records"),
    _number("differed"),
)  # fmt: skip
defect = _table(
    "defect", _key("id"), _bytes("device"), _number("at_ms"), _words("tbl"), _bytes("record"), _words("kind"),
    _words("became"),
)  # fmt: skip
traffic = _table(
    "traffic", _key("slot_ms", BigInteger), _number("requests"), _number("received"), _number("refused"),
    _number("sent"), _number("failed"), _number("slowest_ms"), _number("spent_ms"),
)  # fmt: skip
line_session = _table(
    "line_session", _key("name", String), _bytes("device"), _number("newest"), _bytes("seen"), _number("used_ms"),
)  # fmt: skip
pace = _table(
    "pace", _key("device"), _number("sets"), _number("changed"), _number("at_ms"), _number("told_ms"),
)  # fmt: skip
note = _table("note", _key("key", String), Column("value", LargeBinary, nullable=False))


class Notebook:
    """The open notebook of a server. Safe to use from several threads; other processes may have it open too."""

    def __init__(self, database: Database) -> None:
        self._engine: Engine = database.writer(pool=2)
        self._looking = self._engine.execution_options(**{LOOK: True})
        with self._engine.begin() as connection:
            _meta.create_all(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One writing transaction."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One look."""
        with self._looking.begin() as connection:
            yield connection

    @contextmanager
    def touching(self) -> Iterator[Connection]:
        """A transaction that changes rows which it holds, and waits for no other writer where that is possible."""
        with self._looking.begin() as connection:
            yield connection

    def rows(self, question: Any) -> list[Any]:
        """Every row of a select."""
        with self.reading() as connection:
            return list(connection.execute(question).all())

    def first(self, question: Any) -> Any:
        """The first row of a select, or None."""
        with self.reading() as connection:
            return connection.execute(question).first()

    def get(self, name: str, default: Any = None) -> Any:
        """A single thing noted under a name."""
        found = self.first(select(note.c.value).where(note.c.key == name))
        return default if found is None else msgspec.json.decode(found.value)

    def put(self, name: str, value: Any) -> None:
        """Note a single thing under a name, in place of what was there."""
        with self.writing() as connection:
            connection.execute(delete(note).where(note.c.key == name))
            connection.execute(insert(note).values(key=name, value=msgspec.json.encode(value)))

    def close(self) -> None:
        """Close it."""
        self._engine.dispose()


def open_notebook(home: Home) -> Notebook:
    """The notebook in a server's folder; an empty one where there is none yet."""
    key = derive(home.keys.store, "notebook", home.facts.id.bytes)
    return Notebook(home.store.database.beside(NOTEBOOK_FILE, key))

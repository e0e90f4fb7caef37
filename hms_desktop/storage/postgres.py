# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL database as the place of a server's store, for clinics that one machine's file can't carry.

Whoever writes waits for the one before: a lock of the database is taken as a writing transaction begins, and once more
by the log itself, which alone hands out positions. So no reader ever sees a later position before an earlier one,
whichever process wrote it. Rows of records are written only by the one write path: the database refuses every other
statement (PostgreSQL 15, chapter 39: statement triggers).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, Engine, UnaryExpression, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
from sqlalchemy.exc import DatabaseError
from sqlalchemy.sql import operators

from hms_desktop.core.errors import BadInput, Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.database import LOOK, DiskFull
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.rows import Gate

OLDEST = 140_000
LOG_LOCK, NOTEBOOK_LOCK = 0x484D5301, 0x484D5302
"""Names of the locks under which the store and what lies beside it are written: one database holds one server."""
CHANGED = "hms_changed"
PATIENCE = "60s"
KEPT_OPEN, MORE_AT_ONCE = 8, 12
"""Connections of one kind that stay open in a process, as making one costs more than a question; and those beyond."""
_USUAL: dict[str, Any] = {"connect_timeout": 10, "application_name": "hms-server"}
_VERSION = "schema version"
_MARK = "/* written by the one write path */ "
_GONE = frozenset({"08", "57", "28", "3D"})
_WORDS = frozenset({"postgresql", "postgres"})
_HEAR_SECONDS = 1.0
_FUNCTIONS = (
    f"""CREATE FUNCTION hms_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT starts_with(current_query(), '{_MARK}') THEN
    RAISE insufficient_privilege USING MESSAGE = format('rows of %%s are written by change sets only', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$""",
    f"""CREATE FUNCTION hms_hand_out_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOG_LOCK});
  NEW.pos := nextval('own_change_log_pos_seq');
  RETURN NEW;
END $$""",
    f"""CREATE FUNCTION hms_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('{CHANGED}', '');
  RETURN NULL;
END $$""",
    "ALTER TABLE own_change_log ALTER COLUMN pos DROP DEFAULT",
    "CREATE TRIGGER hms_position BEFORE INSERT ON own_change_log FOR EACH ROW EXECUTE FUNCTION hms_hand_out_position()",
    "CREATE TRIGGER hms_changed AFTER INSERT ON own_change_log FOR EACH STATEMENT EXECUTE FUNCTION hms_tell()",
)


class PostgresWays:
    """What a PostgreSQL database does in its own way."""

    local_indexes = False

    def version(self, connection: Connection) -> int:
        """As the store's own notes say; Damaged where the database holds something else."""
        if connection.exec_driver_sql("SELECT to_regclass('own_meta')").scalar() is not None:
            return int(meta_value(connection, _VERSION, 0))
        if connection.dialect.has_table(connection, "own_meta") or _holds_anything(connection):
            raise Damaged(_("This database holds other things. Make an empty one for the server, and use it alone."))
        return 0

    def note_version(self, connection: Connection, number: int) -> None:
        """Kept in the store's own notes."""
        from hms_desktop.storage.unit import set_meta

        set_meta(connection, _VERSION, number)

    def guards(self, tables: Iterable[str]) -> Iterable[str]:
        """Positions, news of commits, and for every table of records what refuses other writers."""
        yield from _FUNCTIONS
        for table in tables:
            yield (
                f'CREATE TRIGGER hms_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION hms_guard()"
            )


def _holds_anything(connection: Connection) -> bool:
    found = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    return bool(connection.exec_driver_sql(found).scalar())


class _Compiler(PGCompiler_psycopg):
    """Questions as they are answered everywhere else: what is empty comes first in an order, last in its reverse."""

    def order_by_clause(self, select: Any, **words: Any) -> str:
        """The order with the place of what is empty said."""
        parts = [self.process(part, **words) + _empty_place(part) for part in select._order_by_clauses]
        return " ORDER BY " + ", ".join(parts) if parts else ""


def _empty_place(part: Any) -> str:
    element = getattr(part, "element", part) if not isinstance(part, UnaryExpression) else part
    modifier = element.modifier if isinstance(element, UnaryExpression) else None
    if modifier in (operators.nulls_first_op, operators.nulls_last_op):
        return ""
    column = element.element if modifier is not None and isinstance(element, UnaryExpression) else element
    if getattr(column, "nullable", True) is False:
        return ""
    return " NULLS LAST" if modifier is operators.desc_op else " NULLS FIRST"


class PostgresDialect(PGDialect_psycopg):
    """PostgreSQL with values as every store holds them: yes and no are 1 and 0."""

    supports_statement_cache = True
    supports_native_boolean = False
    statement_compiler = _Compiler
    ways = PostgresWays()


registry.register("postgresql.hms", __name__, PostgresDialect.__name__)


class GuardedConnection(psycopg.Connection[Any]):
    """A connection whose statements carry the write path's mark only while its gate is open."""

    gate: Gate

    def stream(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """A cursor over many rows, which are fetched as they are wanted; values stand at each `?`."""
        cursor = self.cursor(name="hms_stream")
        cursor.execute(sql.replace("?", "%s").encode(), values)
        return cursor


def _marked(
    connection: Connection, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    gate: Gate = connection.connection.dbapi_connection.gate  # type: ignore[union-attr]
    return (_MARK + statement if gate.open else statement), values


@dataclass(frozen=True)
class PostgresDatabase:
    """A database as the place of a store (`storage.database.Database`); `url` as PostgreSQL itself writes such."""

    url: str
    lock: int = LOG_LOCK

    def check(self) -> None:
        """Raise BadInput for what is no address, Unavailable where nobody answers or less is kept than promised."""
        if self.url.partition("://")[0] not in _WORDS:
            raise BadInput(_("A database is named as postgresql://user@host/name."), "database")
        try:
            with self.connect() as connection:
                _must_keep(connection)
        except psycopg.Error as error:
            raise _unreachable() from error

    def connect(self, *, readonly: bool = False) -> GuardedConnection:
        """One raw connection: UTC, a bounded wait for locks, and for readers one moment a transaction."""
        try:
            told = conninfo_to_dict(self.url)
        except psycopg.Error as error:
            raise BadInput(_("A database is named as postgresql://user@host/name."), "database") from error
        words = ["-c timezone=UTC", f"-c lock_timeout={PATIENCE}", "-c synchronous_commit=on"]
        if readonly:
            words += ["-c default_transaction_read_only=on", r"-c default_transaction_isolation=repeatable\ read"]
        told["options"] = " ".join([str(told.get("options") or ""), *words])
        connection = GuardedConnection.connect(make_conninfo(**{**_USUAL, **told}))
        connection.gate = Gate()
        return connection

    def _engine(self, pool: int, *, readonly: bool) -> Engine:
        engine = create_engine(
            "postgresql+hms://",
            creator=lambda: self.connect(readonly=readonly),
            pool_size=max(pool, KEPT_OPEN),
            max_overflow=MORE_AT_ONCE,
            pool_reset_on_return="rollback",
        )
        event.listen(engine, "before_cursor_execute", _marked, retval=True)
        return engine

    def writer(self, pool: int = 1) -> Engine:
        """Transactions that wait for the one before, unless they only look."""
        engine, lock = self._engine(pool, readonly=False), f"SELECT pg_advisory_xact_lock({self.lock})"

        def begin(connection: Connection) -> None:
            if not connection.get_execution_options().get(LOOK):
                connection.exec_driver_sql(lock)

        event.listen(engine, "begin", begin)
        return engine

    def readers(self) -> Engine:
        """Connections that can't write."""
        return self._engine(1, readonly=True)

    def beside(self, _name: str, _key: bytes) -> PostgresDatabase:
        """In the same database, written under a lock of its own; the volume that it lies on keeps it secret."""
        return PostgresDatabase(self.url, NOTEBOOK_LOCK)

    def size(self) -> int:
        """Bytes of the whole database."""
        with self.connect() as connection:
            found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(found[0]) if found else 0

    def forget_deleted(self, _writer: Engine) -> bool:
        """The database clears up after itself."""
        return True

    def plain(self, error: DatabaseError) -> Unavailable | None:
        """By the error's code (appendix A of the manual)."""
        code = getattr(error.orig, "sqlstate", None) or ("08" if error.connection_invalidated else "")
        if code == "53100":
            return DiskFull(_("The disk is full. Nothing was saved just now; free some space and save again."))
        if code == "25006":
            return Unavailable(_("The database takes no writing now. Nothing was saved; look whether it is a copy."))
        if code == "55P03":
            return Unavailable(_("Another program is using the local store. Close it, then save again."))
        if code[:2] in _GONE or isinstance(error.orig, psycopg.OperationalError):
            return _unreachable()
        return None

    def hear(self, heard: Callable[[], None]) -> Callable[[], None]:
        """By NOTIFY, on a connection and a thread of their own; one that is cut is made again."""
        ended = threading.Event()
        thread = threading.Thread(target=_hear, args=(self, heard, ended), name="commits", daemon=True)
        thread.start()

        def stop() -> None:
            ended.set()
            thread.join()

        return stop


def _hear(database: PostgresDatabase, heard: Callable[[], None], ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(psycopg.Error), database.connect() as connection:
            connection.autocommit = True
            connection.execute(f"LISTEN {CHANGED}".encode())
            heard()  # what was committed before is not told
            while not ended.is_set():
                if list(connection.notifies(timeout=_HEAR_SECONDS, stop_after=1)):
                    heard()
        ended.wait(_HEAR_SECONDS)


def _must_keep(connection: GuardedConnection) -> None:
    """Refuse a database that keeps or compares less exactly than is promised, each by name."""
    if connection.info.server_version < OLDEST:
        raise Unavailable(_("The database is too old: PostgreSQL 14 or newer is needed. Nothing was opened."))
    asked = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()"
    encoding, order = connection.execute(asked).fetchone() or ("", "")
    if encoding != "UTF8" or order.upper().replace("-", "") not in ("C", "POSIX", "C.UTF8"):
        raise Unavailable(
            _("The database sorts words as {order} in {encoding}. Make it anew with `createdb --template=template0 "
              "--encoding=UTF8 --locale=C.UTF-8`. Nothing was opened.").format(order=order, encoding=encoding)
        )  # fmt: skip
    for name in ("fsync", "full_page_writes"):
        if connection.execute("SELECT current_setting(%s)", (name,)).fetchone() != ("on",):
            message = _("What is saved would not be on the disk when the power goes ({name} is off): switch it on.")
            raise Unavailable(message.format(name=name))


def _unreachable() -> Unavailable:
    return Unavailable(_("The database can't be reached. Nothing was saved just now; see that PostgreSQL runs."))

# SPDX-License-Identifier: Apache-2.0
"""Opening the encrypted file: SQLCipher with a raw 256-bit key, and what must hold at every open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache
from sqlcipher3 import dbapi2 as sqlcipher

from hms_desktop.core.errors import ClinicError, Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.database import DiskFull
from hms_desktop.storage.holders import in_use
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.rows import Gate

PLAIN_HEADER = b"SQLite format 3\x00"
MINIMUM_CIPHER = (4, 17)
BUSY_SECONDS = 10
"""So long one who writes waits for another: a command beside a serving server on a loaded machine waited six."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "cache_size=-65536",
    "temp_store=MEMORY",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "wal_autocheckpoint=4000",
)
_STATEMENTS_KEPT = 2_000
_compiled: LRUCache[Any, Any] = LRUCache(_STATEMENTS_KEPT)


class CipherWays:
    """What an encrypted file does in its own way."""

    local_indexes = True

    def version(self, connection: Connection) -> int:
        """The file's own number."""
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)

    def note_version(self, connection: Connection, number: int) -> None:
        """Note it in the file's head."""
        connection.exec_driver_sql(f"PRAGMA user_version = {number}")

    def guards(self, _tables: Iterable[str]) -> Iterable[str]:
        """None in the file: each connection guards itself (`guard`)."""
        return ()


class CipherDialect(SQLiteDialect_pysqlite):
    """SQLite as SQLCipher speaks it: the same for every file, so that a statement is compiled once in a process."""

    supports_statement_cache = True
    ways = CipherWays()

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver."""
        return sqlcipher

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CipherDialect)

    def __hash__(self) -> int:
        return hash(CipherDialect)


registry.register("sqlite.cipher", __name__, CipherDialect.__name__)


def connect(path: Path, key: bytes, *, readonly: bool = False) -> Any:
    """One raw connection. `key` is 32 random bytes. A wrong key or a damaged file raises `Damaged`."""
    if len(key) != 32:
        raise ValueError("the file key is 32 bytes")
    try:
        connection = sqlcipher.connect(
            str(path), check_same_thread=False, timeout=BUSY_SECONDS, factory=GuardedConnection
        )
    except sqlcipher.DatabaseError as error:
        raise _not_opened(path, error) from error
    connection.isolation_level = None
    connection.opened = path, key
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
    cursor.execute("PRAGMA cipher_log_level=NONE")
    try:
        cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
    except (sqlcipher.DatabaseError, MemoryError) as error:
        connection.close()
        raise _not_opened(path, error) from error
    if readonly:
        cursor.execute("PRAGMA query_only=ON")
    assert_safe(cursor)
    cursor.close()
    return connection


def _not_opened(path: Path, error: Exception) -> ClinicError:
    """Why a file does not open; whoever is told that it is damaged might throw it away."""
    words = str(error).lower()
    if "locked" in words or "busy" in words:
        return in_use(path)
    if "readonly" in words or "read-only" in words or "unable to open" in words:
        told = _(
            "{file} can't be opened for writing: its disk is read-only, or somebody else owns it. Nothing was changed; "
            "ask support to check the disk."
        )
        return Unavailable(told.format(file=path.name))
    if "full" in words:
        return DiskFull(_("The disk is full. Nothing was saved just now; free some space and save again."))
    return Damaged(f"The file {path.name} does not open with this key, or is damaged.")


class GuardedConnection(sqlcipher.Connection):  # type: ignore[misc]
    """A connection on which synced tables can be written only while its gate is open."""

    gate: Gate
    opened: tuple[Path, bytes]
    """The file and its key: what walks a part of a long log beside this process is told them."""

    def stream(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """A cursor over many rows, which are fetched as they are wanted; values stand at each `?`."""
        return self.execute(sql, values)


def guard(connection: GuardedConnection) -> None:
    """Refuse statements that would write a synced table past the one write path."""
    connection.gate = gate = Gate()
    writes = {sqlcipher.SQLITE_INSERT, sqlcipher.SQLITE_UPDATE, sqlcipher.SQLITE_DELETE}

    def authorize(act: int, table: str | None, *_rest: str | None) -> int:
        if act in writes and not gate.open and table in REGISTRY:
            return int(sqlcipher.SQLITE_DENY)
        return int(sqlcipher.SQLITE_OK)

    connection.set_authorizer(authorize)


def assert_safe(cursor: Any) -> None:
    """Refuse a connection on which encryption or durability is not what we promise, each by name."""
    for pragma, (wanted, words) in _PROMISED.items():
        found = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
        if found != wanted:
            raise Unavailable(words() + " " + _update().format(pragma=pragma, found=found))
    version = cursor.execute("PRAGMA cipher_version").fetchone()
    if version is None or version[0] is None:
        raise Unavailable(_("The program was built without encryption: nothing is opened with it.") + " " + _again())
    found = str(version[0]).split()[0]
    if tuple(int(part) for part in found.split(".")[:2]) < MINIMUM_CIPHER:
        raise Unavailable(_("SQLCipher {version} is too old.").format(version=found) + " " + _again())


_PROMISED: dict[str, tuple[object, Callable[[], str]]] = {
    "temp_store": (2, lambda: _("What is sorted would lie readable in temporary files.")),
    "foreign_keys": (1, lambda: _("Records could point at what is not there.")),
    "journal_mode": ("wal", lambda: _("The encrypted file does not keep its log: what is saved could be lost.")),
    "synchronous": (2, lambda: _("What is saved would not be on the disk when the power goes.")),
    "secure_delete": (1, lambda: _("What is deleted would stay in the encrypted file.")),
}


def _update() -> str:
    return _("Nothing was opened ({pragma} is {found}). Update the program; if that does not help, ask support.")


def _again() -> str:
    return _("Nothing was opened. Install the program again, or update it.")


def assert_encrypted(path: Path) -> None:
    """Refuse a file that lies readable on the disk."""
    if not path.exists():
        return
    with path.open("rb") as file:
        plain = file.read(16) == PLAIN_HEADER
    if plain:
        raise Damaged(f"{path.name} is not encrypted. Take it off this computer and enrol the workstation again.")


def open_engine(path: Path, key: bytes, *, readonly: bool = False, pool: int = 3) -> Engine:
    """A SQLAlchemy engine on the encrypted file. Readers get `query_only`; the writer begins IMMEDIATE."""
    assert_encrypted(path)

    def creator() -> Any:
        connection = connect(path, key, readonly=readonly)
        if not readonly:
            guard(connection)
        return connection

    engine = create_engine(
        "sqlite+cipher://",
        creator=creator,
        execution_options={"compiled_cache": _compiled},
        poolclass=QueuePool,
        pool_size=pool,
        max_overflow=4,
        pool_reset_on_return="rollback",
    )
    begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@dataclass(frozen=True)
class CipherFile:
    """An encrypted file as the place of a store (`storage.database.Database`); `key` is 32 bytes."""

    path: Path
    key: bytes

    def check(self) -> None:
        """Raise Damaged for a file that lies readable; make its folder where there is none."""
        assert_encrypted(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def writer(self, pool: int = 1) -> Engine:
        """Transactions that begin IMMEDIATE."""
        return open_engine(self.path, self.key, pool=pool)

    def readers(self) -> Engine:
        """Connections that can't write."""
        return open_engine(self.path, self.key, readonly=True)

    def beside(self, name: str, key: bytes) -> CipherFile:
        """Another encrypted file in the same folder, under a key of its own."""
        return CipherFile(self.path.with_name(name), key)

    def size(self) -> int:
        """Bytes of the file with the journal that is yet to be written into it; 0 where there is none."""
        parts = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def forget_deleted(self, writer: Engine) -> bool:
        """Write the file's journal into it and empty it."""
        raw = writer.raw_connection()
        try:
            busy = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            raw.close()
        return not busy

    def plain(self, error: DatabaseError) -> ClinicError | None:
        """By the words in which the library says it."""
        words = str(error.orig).lower()
        if "full" in words:
            return DiskFull(_("The disk is full. Nothing was saved just now; free some space and save again."))
        if "readonly" in words or "read-only" in words:
            return Unavailable(_("The disk is read-only. Nothing was saved just now; ask support to check the disk."))
        if "locked" in words or "busy" in words:
            return in_use(self.path)
        if "malformed" in words or "not a database" in words or "disk i/o" in words:
            return unreadable()
        return None

    def hear(self, _heard: Callable[[], None]) -> Callable[[], None]:
        """A file tells nobody: who wants to know looks again after a while."""
        return lambda: None


def unreadable() -> Damaged:
    """A page of the file does not hold what was written to it; the library says of one that it is out of memory."""
    return Damaged(
        _(
            "The encrypted file on this computer is damaged, or its disk is. Nothing was saved just now. Sign out, "
            "have the disk checked, then run hms rebuild: everything comes anew from the server, and what was not "
            "sent is kept."
        )
    )

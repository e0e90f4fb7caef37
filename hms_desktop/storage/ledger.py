# SPDX-License-Identifier: Apache-2.0
"""The replica's own tables: the log of change sets and what has been merged. None of these is itself synced."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from hms_desktop.storage.columns import LOCAL_NUMBER
from hms_desktop.storage.records import Record

_meta = Record.metadata

APPLIED, WAITING, REFUSED, GAP, HELD = 0, 1, 2, 3, 4
"""HELD: a hub keeps it back until the centre has decided; a holder that a hub told of it has its place alone."""

meta = Table("own_meta", _meta, Column("key", String, primary_key=True), Column("value", LargeBinary, nullable=False))

change_log = Table(
    "own_change_log",
    _meta,
    Column("pos", LOCAL_NUMBER, primary_key=True, autoincrement=True),
    Column("author", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("stamp", BigInteger, nullable=False, index=True),
    Column("prev", LargeBinary, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Index("own_change_log_author", "author", "number", unique=True),
    sqlite_autoincrement=True,
)
log_touch = Table(
    "own_log_touch",
    _meta,
    Column("record", LargeBinary, primary_key=True),
    Column("pos", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
author_state = Table(
    "own_author_state",
    _meta,
    Column("author", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("stamp", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
)
chain_end = Table(
    "own_chain_end",
    _meta,
    Column("author", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""How far an author's chain went when its device signed the end and the server countersigned it."""
standing_head = Table(
    "own_standing_head",
    _meta,
    Column("tbl", String, primary_key=True),
    Column("record", LargeBinary, primary_key=True),
    Column("grp", String, primary_key=True),
    Column("stamp", BigInteger, primary_key=True),
    Column("vals", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
value_before = Table(
    "own_value_before",
    _meta,
    Column("tbl", String, primary_key=True),
    Column("record", LargeBinary, primary_key=True),
    Column("grp", String, primary_key=True),
    Column("vals", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What a group said before the first change in this log, when it came here without a log: by a snapshot."""
applied_vector = Table(
    "own_applied_vector",
    _meta,
    Column("tbl", String, primary_key=True),
    Column("author", Integer, primary_key=True, autoincrement=False),
    Column("stamp", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
held = Table(
    "own_held",
    _meta,
    Column("stamp", BigInteger, primary_key=True, autoincrement=False),
    Column("tbl", String, primary_key=True),
    Column("why", String, nullable=False),
    sqlite_with_rowid=False,
)
time_bound = Table(
    "own_time_bound",
    _meta,
    Column("stamp", BigInteger, primary_key=True, autoincrement=False),
    Column("ms", BigInteger, nullable=False),
)
refusal = Table(
    "own_refusal",
    _meta,
    Column("author", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String, nullable=False),
    Column("because", LargeBinary, nullable=True),
    Column("at_ms", BigInteger, nullable=False),
)
cursor = Table(
    "own_cursor",
    _meta,
    Column("server", LargeBinary, primary_key=True),
    Column("tbl", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
counter = Table(
    "own_counter", _meta, Column("series", String, primary_key=True), Column("value", BigInteger, nullable=False)
)
draft = Table(
    "own_draft",
    _meta,
    Column("person", LargeBinary, primary_key=True),
    Column("key", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("saved_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
OWN_TABLES = frozenset(name for name in _meta.tables if name.startswith("own_"))

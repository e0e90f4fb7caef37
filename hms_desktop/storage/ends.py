# SPDX-License-Identifier: Apache-2.0
"""Signed chain ends as a store keeps them: the newest of each author, and one for each thousand change sets before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from hms_desktop.storage import ledger
from hms_desktop.storage.many import execute_many

BLOCK = 1024
"""Change sets for which one signed end is kept: the chain between two of them is held by its hashes."""
_KEEP = text(
    "INSERT INTO own_chain_end (author, number, root, at_ms, receipt)"
    " VALUES (:author, :number, :root, :at_ms, :receipt)"
    " ON CONFLICT (author, number) DO UPDATE SET receipt = coalesce(excluded.receipt, own_chain_end.receipt),"
    " root = excluded.root, at_ms = excluded.at_ms"
)
_REPLACED = text("DELETE FROM own_chain_end WHERE author = :author AND number >= :first AND number < :number")
_ENDS = select(ledger.chain_end).order_by(ledger.chain_end.c.author, ledger.chain_end.c.number)


@dataclass(frozen=True)
class KeptEnd:
    """A signed end: `at_ms` is when the server answered for it (ms since 1970), `receipt` the answer as it came."""

    author: int
    number: int
    root: bytes
    at_ms: int
    receipt: bytes


def keep_ends(connection: Connection, *ends: KeptEnd) -> None:
    """Keep ends, each in place of the last one of the same block."""
    kept = [{**vars(end), "first": end.number // BLOCK * BLOCK} for end in ends]
    execute_many(connection, _REPLACED, kept)
    execute_many(connection, _KEEP, kept)


def kept_ends(connection: Connection, author: int | None = None) -> Iterator[KeptEnd]:
    """Every kept end by author and number, or one author's."""
    question = _ENDS if author is None else _ENDS.where(ledger.chain_end.c.author == author)
    for row in connection.execute(question):
        yield _kept(row)


def last_end(connection: Connection, author: int) -> KeptEnd | None:
    """The newest end of an author, or None."""
    table = ledger.chain_end
    newest = select(table).where(table.c.author == author).order_by(table.c.number.desc()).limit(1)
    row = connection.execute(newest).first()
    return _kept(row) if row else None


def _kept(row: Any) -> KeptEnd:
    return KeptEnd(row.author, row.number, bytes(row.root), row.at_ms, bytes(row.receipt))

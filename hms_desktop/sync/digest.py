# SPDX-License-Identifier: Apache-2.0
"""Digests of what a store holds: one of every record with its heads, added up over a stretch of keys of one table.

A record's digest covers its values, the stamp of each group and every standing head with what it says, so that equal
digests mean equal rows. Sums do not depend on the order, so a whole table is read as it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from hms_desktop.storage import rows
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.digest_wire import Part, Span, SpanTold
from hms_desktop.sync.snapshot import Part as PartOfTable
from hms_desktop.sync.snapshot import columns_of

CUTS = 64
"""A span that differs is cut into so many parts; one of as few records is told record by record."""
CHUNK = 2_000
_SIZE, _WRAP = 32, (1 << 256) - 1
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, Any]).decode
_WAITS = text(
    "SELECT t.record FROM own_held h JOIN own_change_log c ON c.stamp = h.stamp JOIN own_log_touch t ON t.pos = c.pos "
    "WHERE h.why != 'refused' UNION SELECT t.record FROM own_author_state s JOIN own_change_log c "
    "ON c.author = s.author AND c.number > s.number JOIN own_log_touch t ON t.pos = c.pos"
)
_HEADS = text("SELECT record, grp, stamp, vals FROM own_standing_head WHERE tbl = :tbl ORDER BY record, grp, stamp")
Breathe = Callable[[], object]
Heads = Mapping[bytes, Sequence[tuple[str, int, list[tuple[str, Any]]]]]


def nothing() -> None:
    """Between two chunks of rows whoever waits for nobody goes straight on."""


@dataclass(frozen=True)
class Holding:
    """What is compared of a store: over one connection, without some records, and only a part of some tables.

    `breathe` is called between chunks of rows, so that a long look lets others work.
    """

    connection: Connection
    left_out: Collection[bytes] = frozenset()
    part: PartOfTable | None = None
    breathe: Breathe = nothing


def span_of(table: str) -> Span:
    """The whole of a table, with every column that this version knows."""
    return Span(table, columns_of(REGISTRY[table]))


def span_of_record(table: str, record: bytes) -> Span:
    """The span that holds one record and no other."""
    return Span(table, columns_of(REGISTRY[table]), record, record + b"\x00")


def known_columns(span: Span) -> list[str]:
    """Those columns of a span that this version knows, as the asker orders them."""
    here = set(columns_of(REGISTRY[span.table]))
    return [name for name in span.columns if name in here]


def sum_of(holding: Holding, span: Span) -> Part:
    """All of a span in one digest."""
    return _added(span.low, span.high, (digest for _id, digest in _digests(holding, span)))


def cut(holding: Holding, span: Span) -> SpanTold:
    """A span in parts of about as many records each, or record by record where they are few."""
    columns = known_columns(span)
    count = _count(holding, span)
    found = _digests(holding, span, "ORDER BY id")
    if count <= CUTS:
        return SpanTold(
            span.table, columns, span.low, span.high, [], [(id, digest.to_bytes(_SIZE)) for id, digest in found]
        )
    parts, low, each = [], span.low, -(-count // CUTS)
    first = next(found, None)
    while first is not None:
        taken = [first, *islice(found, each - 1)]
        first = next(found, None)
        high = span.high if first is None else first[0]
        parts.append(_added(low, high, (digest for _id, digest in taken)))
        low = high
    parts = parts or [Part(span.low, span.high, 0, bytes(_SIZE))]  # every one of them is left out
    return SpanTold(span.table, columns, span.low, span.high, parts)


def whole(holding: Holding, span: Span) -> SpanTold:
    """A span in one part."""
    return SpanTold(span.table, known_columns(span), span.low, span.high, [sum_of(holding, span)])


def along(holding: Holding, told: SpanTold) -> Iterator[tuple[Part, Part]]:
    """Each part that was told, beside the same stretch of what is held here."""
    for part in told.parts:
        yield part, sum_of(holding, Span(told.table, told.columns, part.low, part.high))


def each_of(holding: Holding, span: Span) -> dict[bytes, bytes]:
    """The digest of every record of a span."""
    return {id: digest.to_bytes(_SIZE) for id, digest in _digests(holding, span)}


def _added(low: bytes, high: bytes, digests: Iterable[int]) -> Part:
    count = total = 0
    for digest in digests:
        count, total = count + 1, (total + digest) & _WRAP
    return Part(low, high, count, total.to_bytes(_SIZE))


def _where(holding: Holding, span: Span) -> tuple[str, dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if span.low:  # a whole table is read as it lies, past its index
        conditions.append("id >= :low")
        values["low"] = span.low
    if span.high:
        conditions.append("id < :high")
        values["high"] = span.high
    if holding.part is not None:
        conditions.append(f"({holding.part.where(span.table)})")
        values |= holding.part.values
    return " AND ".join(conditions or ["1 = 1"]), values


def _count(holding: Holding, span: Span) -> int:
    where, values = _where(holding, span)
    question = text(f'SELECT count(*) FROM "{span.table}" WHERE {where}')
    return int(holding.connection.execute(question, values).scalar_one())


def _digests(holding: Holding, span: Span, order: str = "") -> Iterator[tuple[bytes, int]]:
    """(id, digest) of every record of a span that is not left out."""
    where, values = _where(holding, span)
    columns = known_columns(span)
    heads = _heads(holding.connection, span.table)
    question = text(f'SELECT id, {rows.quoted(columns)} FROM "{span.table}" WHERE {where} {order}')
    found = holding.connection.execute(question, values)
    while chunk := found.fetchmany(CHUNK):
        for row in chunk:
            id = bytes(row[0])
            if id not in holding.left_out:
                yield id, int.from_bytes(sha256(_pack((tuple(row), heads.get(id, ())))).digest())
        holding.breathe()


def waiting_records(connection: Connection) -> set[bytes]:
    """The records that a change set here writes which waits for another: it counts at one side before the other."""
    return {bytes(record) for record in connection.execute(_WAITS).scalars()}


def _heads(connection: Connection, table: str) -> Heads:
    """The standing heads of a table by record; what each says in one order, whoever packed it."""
    found: dict[bytes, list[tuple[str, int, list[tuple[str, Any]]]]] = {}
    for row in connection.execute(_HEADS, {"tbl": table}):
        found.setdefault(bytes(row.record), []).append((row.grp, row.stamp, sorted(_unpack(bytes(row.vals)).items())))
    return found

# SPDX-License-Identifier: Apache-2.0
"""How an import and the process that reads for it speak: msgpack messages of known kinds, each after its length.

Nothing in them is code: whoever takes over the reader can send wrong rows, which the import checks as it checks every
row, and nothing else.
"""

from __future__ import annotations

import struct
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Protocol
from uuid import UUID

import msgspec

from hms_desktop.interop.fhir.results import Awaited, Fault, FileResult, Limits, MappedRow

LONGEST = 512 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_DECIMAL, _DAY, _ID = 1, 2, 3


class Job(msgspec.Struct, frozen=True, tag=True):
    """What to read; `skip` counts files at the beginning that were read already. `zone` is an IANA name."""

    paths: list[str]
    zone: str
    region: str
    limits: dict[str, int]
    skip: int


class CatalogueJob(msgspec.Struct, frozen=True, tag=True):
    """Which files of reference data to read; `since` is the day from which entries hold that name none."""

    paths: list[str]
    since: date | None


class Listed(msgspec.Struct, frozen=True, tag=True):
    """What one file of reference data holds: place, kind and values of each entry, and its faults."""

    entries: list[tuple[str, str, dict[str, Any]]]
    faults: list[str]


class Asked(msgspec.Struct, frozen=True, tag=True):
    """A question about what earlier imports met: `key`, `stands_as` or `fact`, with its words (a `Memory`)."""

    what: str
    words: list[str]


class Told(msgspec.Struct, frozen=True, tag=True):
    """The answer to a question; None when nothing is known."""

    answer: Any


class Began(msgspec.Struct, frozen=True, tag=True):
    """The reader opens this file now; an empty name says that it is caged and looks what there is."""

    name: str


class Row(msgspec.Struct, frozen=True):
    """A `MappedRow` as it travels."""

    table: str
    id: UUID
    values: dict[str, Any]
    numbered: dict[str, str]
    agrees: list[str]


class Read(msgspec.Struct, frozen=True, tag=True):
    """A `FileResult` as it travels; `fault` is its place and reason."""

    name: str
    rows: list[Row]
    read: dict[str, int]
    kept: dict[str, int]
    not_kept: list[tuple[str, str, int]]
    elements: dict[str, int]
    awaited: list[tuple[str, UUID, str, str]]
    fault: tuple[str, str] | None
    passed_over: str
    keys: list[tuple[str, str, str, str]]
    standing: dict[str, str]


class Went(msgspec.Struct, frozen=True, tag=True):
    """How far the reader is: a `Progress` as it travels."""

    files: int
    of_files: int
    bytes: int
    of_bytes: int
    name: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Every file was read."""


Message = Job | CatalogueJob | Listed | Asked | Told | Began | Read | Went | Ended


def answered(answer: Any) -> Told:
    """An answer as it travels."""
    return Told(_enclosed(answer))


class Readable(Protocol):
    """What messages are heard from."""

    def read(self, length: int, /) -> bytes:
        """So many bytes, fewer at the end."""


def send(stream: IO[bytes], message: Message) -> None:
    """Write one message."""
    body = _encoder.encode(message)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: Readable) -> Message | None:
    """The next message; None at the end. ValueError for what is none, or is too long."""
    head = _whole(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LONGEST:
        raise ValueError("a message of the reader is too long")
    body = _whole(stream, length)
    return None if body is None else _decoder.decode(body)


def travelling(result: FileResult) -> Read:
    """A result as it travels."""
    return Read(
        result.name,
        [_row(row) for row in result.rows],
        dict(result.read),
        dict(result.kept),
        [(kind, reason, count) for (kind, reason), count in result.not_kept.items()],
        dict(result.elements),
        [(a.table, a.id, a.reference, a.place) for a in result.awaited],
        (result.fault.place, result.fault.reason) if result.fault else None,
        result.passed_over,
        [(kind, system, value, key) for (kind, system, value), key in result.keys.items()],
        dict(result.standing),
    )


def _row(row: MappedRow) -> Row:
    values = {name: _enclosed(value) for name, value in row.values.items()}
    return Row(row.table, row.id, values, dict(row.numbered), list(row.agrees))


def arrived(read: Read) -> FileResult:
    """The result again."""
    return FileResult(
        read.name,
        tuple(MappedRow(r.table, r.id, r.values, r.numbered, tuple(r.agrees)) for r in read.rows),
        read.read,
        read.kept,
        {(kind, reason): count for kind, reason, count in read.not_kept},
        read.elements,
        tuple(Awaited(*each) for each in read.awaited),
        Fault(read.name, *read.fault) if read.fault else None,
        read.passed_over,
        {(kind, system, value): key for kind, system, value, key in read.keys},
        read.standing,
    )


def as_limits(limits: dict[str, int]) -> Limits:
    """The bounds of a job."""
    return Limits(**limits)


def _whole(stream: Readable, length: int) -> bytes | None:
    parts = stream.read(length)
    return parts if len(parts) == length else None


def _enclosed(value: Any) -> Any:
    """A value that msgpack has no kind for, under a sign of our own; datetimes have one."""
    if isinstance(value, Decimal):
        return msgspec.msgpack.Ext(_DECIMAL, str(value).encode())
    if isinstance(value, UUID):
        return msgspec.msgpack.Ext(_ID, value.bytes)
    if isinstance(value, date) and not isinstance(value, datetime):
        return msgspec.msgpack.Ext(_DAY, value.isoformat().encode())
    return value


def enclosed(value: Any) -> Any:
    """A value with everything in it as it travels."""
    if isinstance(value, dict):
        return {name: enclosed(each) for name, each in value.items()}
    return [enclosed(each) for each in value] if isinstance(value, list | tuple) else _enclosed(value)


def _disclosed(code: int, data: memoryview) -> Any:
    if code == _DECIMAL:
        return Decimal(bytes(data).decode())
    if code == _DAY:
        return date.fromisoformat(bytes(data).decode())
    if code == _ID:
        return UUID(bytes=bytes(data))
    raise ValueError("a value of the reader is of no known kind")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message, ext_hook=_disclosed)

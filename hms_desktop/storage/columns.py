# SPDX-License-Identifier: Apache-2.0
"""Column makers: the few kinds of value that a synced table may hold, exact and the same on every store."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Dialect, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from hms_desktop.core.clock import instant as to_instant
from hms_desktop.core.clock import milliseconds

Stored = int | str | bytes | None
LOCAL_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""Numbers that a store gives out by itself; SQLite does so only where the column is called INTEGER."""


@dataclass(frozen=True)
class Kind:
    """How one kind of value is stored: `pack` to the database and the wire, `unpack` back to Python."""

    name: str
    pack: Callable[[Any], Stored]
    unpack: Callable[[Any], Any]


def _packed_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


ID = Kind("id", lambda v: v.bytes, lambda v: UUID(bytes=bytes(v)))
TEXT = Kind("text", str, str)
WHOLE = Kind("whole", int, int)
FLAG = Kind("flag", int, bool)
INSTANT = Kind("instant", milliseconds, to_instant)
DAY = Kind("day", date.isoformat, date.fromisoformat)
EXACT = Kind("exact", lambda v: format(Decimal(v), "f"), Decimal)
DATA = Kind("data", _packed_json, json.loads)
SECRET = Kind("secret", bytes, bytes)
_BINARY = {"id", "secret"}
_NUMBER = {"whole", "flag", "instant"}


class Stow(TypeDecorator[Any]):
    """A column type that stores one `Kind`."""

    impl: type[TypeEngine[Any]] = String
    cache_ok = True

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The plain database type: BLOB, BIGINT or TEXT."""
        if self.kind.name in _BINARY:
            return dialect.type_descriptor(LargeBinary())
        return dialect.type_descriptor(BigInteger() if self.kind.name in _NUMBER else String())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Python to stored."""
        return None if value is None else self.kind.pack(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Stored to Python."""
        return None if value is None else self.kind.unpack(value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """Compared values are stored the same way."""
        return self


class StowFlag(Stow):
    """Yes or no: 0 or 1 on every store, and in a question a condition by itself."""

    impl = Boolean
    cache_ok = True


def _column(
    kind: Kind,
    *args: Any,
    group: str | None = None,
    phi: bool = False,
    optional: bool = False,
    index: bool = False,
    **info: Any,
) -> MappedColumn[Any]:
    marks = {"group": group, "phi": phi, "kind": kind, **info}
    stow = StowFlag if kind is FLAG else Stow
    return mapped_column(stow(kind), *args, nullable=optional, index=index, info=marks)


def text(**marks: Any) -> MappedColumn[Any]:
    """Words. Marks, here and below: `group`, `phi`, `optional`, `index`."""
    return _column(TEXT, **marks)


def whole(**marks: Any) -> MappedColumn[Any]:
    """A whole number of up to 64 bits."""
    return _column(WHOLE, **marks)


def flag(**marks: Any) -> MappedColumn[Any]:
    """Yes or no."""
    return _column(FLAG, **marks)


def instant(**marks: Any) -> MappedColumn[Any]:
    """A moment: an aware datetime, kept as milliseconds since 1970 UTC."""
    return _column(INSTANT, **marks)


def day(**marks: Any) -> MappedColumn[Any]:
    """A calendar day of the clinic, kept as YYYY-MM-DD."""
    return _column(DAY, **marks)


def partial_day(**marks: Any) -> MappedColumn[Any]:
    """A day known in part: YYYY, YYYY-MM or YYYY-MM-DD (FHIR `date`)."""
    return _column(TEXT, **marks)


def exact(**marks: Any) -> MappedColumn[Any]:
    """A Decimal, kept as text to the last digit written."""
    return _column(EXACT, **marks)


def minor(**marks: Any) -> MappedColumn[Any]:
    """Money in whole minor units of the clinic's currency."""
    return _column(WHOLE, money=True, **marks)


def choice(*values: str, **marks: Any) -> MappedColumn[Any]:
    """One of the given codes."""
    return _column(TEXT, choices=frozenset(values), **marks)


def data(**marks: Any) -> MappedColumn[Any]:
    """A small JSON value."""
    return _column(DATA, **marks)


def secret(**marks: Any) -> MappedColumn[Any]:
    """Sealed bytes, never shown and never searched."""
    return _column(SECRET, secret=True, **marks)


def ref(table: str, **marks: Any) -> MappedColumn[Any]:
    """The id of a record of the same module, held by a foreign key that is checked at commit."""
    key = ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED")
    return _column(ID, key, ref=table, **{"index": True, **marks})


def link(**marks: Any) -> MappedColumn[Any]:
    """The id of a record of another module; named, not bound."""
    return _column(ID, **marks)

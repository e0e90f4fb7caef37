# SPDX-License-Identifier: Apache-2.0
"""One statement for many rows, handed to the driver as it stands: nothing about it is worked out anew for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, TextClause


def execute_many(connection: Connection, statement: TextClause, many: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement once for each of these rows of stored values, named as its parameters are."""
    if not many:
        return
    sql, names = _in_words_of(statement, connection.dialect)
    values = list(many) if names is None else [tuple(row[name] for name in names) for row in many]
    connection.exec_driver_sql(sql, values)


@lru_cache(maxsize=1024)
def _in_words_of(statement: TextClause, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """The statement for a driver, and its parameters in their places; None where they go by name there."""
    compiled = statement.compile(dialect=dialect)
    places = compiled.positiontup if compiled.positional else None
    return str(compiled), None if places is None else tuple(places)

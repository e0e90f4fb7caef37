# SPDX-License-Identifier: Apache-2.0
"""The replica's own word index of patients (contentless FTS5): names, sounds, numbers, telephones, birth dates.

It is rebuilt from the tables at any time and never leaves the device. The row number is the chart's local `rid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from hms_desktop.clinic.patients.identifiers import SEPARATORS
from hms_desktop.clinic.patients.names import sound, words
from hms_desktop.storage.indexes import register_index

_SLICE = 2000
_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS own_patient_search USING fts5(name, sound, number, phone, birth, content='', "
    "contentless_delete=1, detail=column, prefix='1 2 3', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TABLE IF NOT EXISTS own_patient_word (word TEXT PRIMARY KEY) WITHOUT ROWID",
)
_CHARTS = (
    "SELECT rid, id, family, given, preferred, local_script, name_known, sex, born, mrn FROM patient "
    "WHERE id IN ({ids})"
)
_MORE = (
    "SELECT patient FROM patient_identifier UNION SELECT patient FROM coverage "
    "UNION SELECT patient FROM patient_contact WHERE active"
)
_FORGET = "DELETE FROM own_patient_search WHERE rowid = ?"
_INSERT = "INSERT INTO own_patient_search (rowid, name, sound, number, phone, birth) VALUES (?, ?, ?, ?, ?, ?)"
_WORD = "INSERT OR IGNORE INTO own_patient_word (word) VALUES (?)"


class PatientIndex:
    """Keeps the word index of a replica in step with the register's tables."""

    tables = frozenset({"patient", "patient_identifier", "patient_contact", "coverage"})
    leading = "patient"

    def create(self, connection: Connection) -> None:
        """Make the index in a new file."""
        for statement in _CREATE:
            connection.execute(text(statement))

    def refresh(self, connection: Connection, table: str, records: Iterable[UUID]) -> None:
        """Index again the patients whose rows of this table changed."""
        wanted = list(records)
        if table == "patient":
            reindex(connection, wanted)
            return
        owners = [
            UUID(bytes=bytes(row.patient))
            for part in _slices(wanted)
            for row in _rows(connection, f"SELECT DISTINCT patient FROM {table} WHERE id IN ({{ids}})", part)
        ]
        reindex(connection, owners)

    def clear(self, connection: Connection) -> None:
        """Forget every patient."""
        self.create(connection)
        connection.execute(text("INSERT INTO own_patient_search (own_patient_search) VALUES ('delete-all')"))
        connection.execute(text("DELETE FROM own_patient_word"))

    def complete(self, connection: Connection) -> None:
        """Index again whoever has a number, a cover or a telephone, once these have come too."""
        _reindex_all(connection, _MORE)

    def rebuild(self, connection: Connection) -> None:
        """Index every patient anew, after a fill that brought none."""
        self.clear(connection)
        _reindex_all(connection, "SELECT id FROM patient")


def _reindex_all(connection: Connection, asked: str) -> None:
    reindex(connection, [UUID(bytes=bytes(id)) for id in connection.exec_driver_sql(asked).scalars()])


def reindex(connection: Connection, patients: Iterable[UUID]) -> None:
    """Bring the index up to date for these charts; ids that are not held are passed over."""
    for part in _slices(dict.fromkeys(patients)):
        found = list(_entries(connection, part))
        if found:
            _write(connection, found)


class _Entry(NamedTuple):
    """The words under which one chart is found, by column."""

    rid: int
    name: str
    sound: str
    number: str
    phone: str
    birth: str


def _entries(connection: Connection, part: Sequence[UUID]) -> Iterator[_Entry]:
    numbers = _grouped(connection, "SELECT patient, value FROM patient_identifier WHERE patient IN ({ids})", part)
    members = _grouped(connection, "SELECT patient, member_id AS value FROM coverage WHERE patient IN ({ids})", part)
    phones = _grouped(
        connection, "SELECT patient, phone_key AS value FROM patient_contact WHERE active AND patient IN ({ids})", part
    )
    for chart in _rows(connection, _CHARTS, part):
        key = bytes(chart.id)
        name, sound = _name_columns(chart)
        number = " ".join(_number_words([chart.mrn, *numbers.get(key, []), *members.get(key, [])]))
        phone = " ".join(_phone_words(phones.get(key, [])))
        yield _Entry(chart.rid, name, sound, number, phone, " ".join(birth_words(chart.born)))


def _write(connection: Connection, entries: list[_Entry]) -> None:
    """Words of names are also kept apart, for guessing at typing errors; one that nobody has any more does no harm."""
    connection.exec_driver_sql(_FORGET, [(entry.rid,) for entry in entries])
    connection.exec_driver_sql(_INSERT, [tuple(entry) for entry in entries])
    known = {word for entry in entries for word in entry.name.split()}
    if known:
        connection.exec_driver_sql(_WORD, [(word,) for word in sorted(known)])


def birth_words(born: str | None) -> list[str]:
    """The words under which a partial birth date is found: year, year and month, whole day, and day of the year."""
    if not born:
        return []
    bare = born.replace("-", "")
    found = [f"y{bare[:4]}"]
    if len(bare) >= 6:
        found.append(f"m{bare[:6]}")
    if len(bare) == 8:
        found += [f"d{bare}", f"a{bare[4:]}"]
    return found


def _name_columns(chart: Row[Any]) -> tuple[str, str]:
    """The words of the names, and how they sound."""
    nameless = None if chart.name_known else f"unknown {chart.sex}"
    parts = [words(part) for part in (chart.family, chart.given, chart.preferred, chart.local_script, nameless)]
    found = [word for part in parts for word in part]
    joined = ["".join(part) for part in parts[:2] if len(part) > 1]
    return " ".join([*found, *joined]), " ".join(dict.fromkeys(filter(None, map(sound, found))))


def _number_words(values: Iterable[str]) -> list[str]:
    """Each number whole, and from each of its parts on, so that it is found by its end: 001-00042-X, 00042-X, 42-X."""
    found: dict[str, None] = {}
    for value in values:
        parts = SEPARATORS.split(value.upper().lower())
        for start in range(min(len(parts), 6)):
            tail = "".join(parts[start:])
            found[tail] = None
            found[tail.lstrip("0") or "0"] = None
    return [word for word in found if word]


def _phone_words(keys: Iterable[str]) -> list[str]:
    """Each telephone backwards for its end, forwards for its start, and without the country code as it is said."""
    found: dict[str, None] = {}
    for key in keys:
        forward = key[::-1]
        found[f"r{key}"] = None
        for cut in range(4):
            found[f"f{forward[cut:]}"] = None
    return list(found)


def _grouped(connection: Connection, sql: str, ids: Sequence[UUID]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for row in _rows(connection, sql, ids):
        if row.value:
            found.setdefault(bytes(row.patient), []).append(row.value)
    return found


def _rows(connection: Connection, sql: str, ids: Sequence[UUID]) -> list[Row[Any]]:
    asked = sql.format(ids=", ".join("?" * len(ids)))
    return list(connection.exec_driver_sql(asked, tuple(id.bytes for id in ids)).all())


def _slices(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while part := list(islice(rest, _SLICE)):
        yield part


register_index(PatientIndex())

# SPDX-License-Identifier: Apache-2.0
"""The catalogue of tests: what can be ordered today, and the version that an older order was made with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from hms_desktop.clinic.ehr.queries import OrderRow
from hms_desktop.clinic.ehr.queries_people import clinic_day
from hms_desktop.clinic.lab.model import LabTest
from hms_desktop.clinic.lab.rules_results import Limits, read_ranges
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.editions import in_force
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class LabTestRow:
    """One version of a test or panel; `members` are codes, `answers` (text, flag) pairs of a test answered in words."""

    id: UUID
    code: str
    version: int
    loinc: str | None
    bench: str
    specimen_type: str
    container: str
    members: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    orderable: bool
    price_code: str | None
    source: str | None
    limits: Limits
    parts: tuple[UUID, ...] = ()

    @property
    def display(self) -> str:
        """Its name."""
        return self.limits.display


@query("lab.read", "chart.read", "lab.catalogue")
def catalogue(reader: Reader, on: date | None = None) -> dict[str, LabTestRow]:
    """Code to the version that holds on a day (today by default), by name."""
    rows = sorted(in_force(reader, LabTest, on), key=lambda row: row.display)
    return {row.code: lab_test_row(row) for row in rows}


@query("lab.read", "chart.read", "lab.catalogue")
def orderable(reader: Reader) -> list[LabTestRow]:
    """What can be ordered today, panels first, then by name; a panel names the versions of its single tests."""
    book = catalogue(reader)
    found = [
        replace(test, parts=tuple(book[member].id for member in test.members if member in book))
        for test in book.values()
        if test.orderable
    ]
    return sorted(found, key=lambda test: (not test.members, test.display.casefold()))


@query("lab.read", "chart.read", "lab.catalogue")
def definition(reader: Reader, id: UUID) -> LabTestRow:
    """One version of a test; NotFound when it is not on this device."""
    return lab_test_row(reader.get(LabTest, id))


@query("lab.read", "chart.read", "lab.catalogue")
def ordered_tests(
    reader: Reader, asked: OrderRow | Row[Any], known: dict[date, dict[str, LabTestRow]] | None = None
) -> tuple[LabTestRow, list[LabTestRow]]:
    """The test or panel that was ordered and the single tests it asks for, in the versions it was ordered with.

    An order that names none, of elsewhere, means those of its day; `known` keeps catalogues that were read already, by
    day. NotFound names a code that no catalogue has.
    """
    on = clinic_day(reader, asked.placed)
    books = known if known is not None else {}
    book = books.setdefault(on, catalogue(reader, on)) if on not in books else books[on]
    ordered = _made_with(reader, asked.definition, book) or book.get(asked.code)
    if ordered is None:
        missing = _("The test {code} is not in the catalogue on this device. Sync, or ask the laboratory.")
        raise NotFound(missing.format(code=asked.code))
    if not ordered.members:
        return ordered, [ordered]
    kept = [_made_with(reader, UUID(str(part)), book) for part in asked.parts or ()]
    members = book | {test.code: test for test in kept if test is not None}
    return ordered, [members[member] for member in ordered.members if member in members]


def _made_with(reader: Reader, id: UUID | None, book: dict[str, LabTestRow]) -> LabTestRow | None:
    if id is None:
        return None
    found = next((test for test in book.values() if test.id == id), None)
    if found is not None:
        return found
    row = reader.find(LabTest, id)
    return lab_test_row(row) if row is not None else None


def lab_test_row(row: Row[Any]) -> LabTestRow:
    """A row of the catalogue for reading."""
    limits = Limits(
        row.code,
        row.display,
        row.unit,
        row.decimals,
        read_ranges(row.ranges),
        row.critical_low,
        row.critical_high,
        row.absurd_low,
        row.absurd_high,
        row.delta,
        row.delta_hours,
    )
    return LabTestRow(
        row.id,
        row.code,
        row.version,
        row.loinc,
        row.bench,
        row.specimen_type,
        row.container,
        tuple(row.members or ()),
        tuple((text, flag) for text, flag in _pairs(row.answers)),
        row.orderable,
        row.price_code,
        row.source,
        limits,
    )


def _pairs(stored: Iterable[list[str]] | None) -> Iterable[list[str]]:
    return stored or ()

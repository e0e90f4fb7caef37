# SPDX-License-Identifier: Apache-2.0
"""Reference data by version and day: what is in force, and how a further version is published.

A version is written once and never changed. Which one holds on a day follows from the versions alone, so that every
store that has the same ones says the same, and a version of the future takes force without anybody doing anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Mapped

from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import named_id
from hms_desktop.core.text import _
from hms_desktop.storage.columns import day, text, whole
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Fact
from hms_desktop.storage.unit import Unit


class Edition(Fact):
    """One version of a thing of the reference data, named by its `KEY` columns.

    It holds from `valid_from` until the next version begins, and with a `valid_to` no longer than that last day.
    """

    KEY: ClassVar[tuple[str, ...]] = ("code",)
    code: Mapped[str] = text(index=True)
    version: Mapped[int] = whole()
    valid_from: Mapped[date] = day()
    valid_to: Mapped[date | None] = day(optional=True)


@dataclass(frozen=True)
class Term:
    """From which day to which (None: no end is known) a version holds."""

    version: int
    valid_from: date
    valid_to: date | None

    @property
    def words(self) -> str:
        """Version and days for people."""
        facts = {"version": self.version, "first": show_day(self.valid_from)}
        if self.valid_to is None:
            return _("Version {version}, in force from {first}").format(**facts)
        return _("Version {version}, in force from {first} to {last}").format(**facts, last=show_day(self.valid_to))


def today(reader: Reader) -> date:
    """The clinic's calendar day now."""
    return reader.now.astimezone(reader.clinic.zone).date()


def editions(reader: Reader, record: type[Edition], question: Select[Any] | None = None) -> list[Row[Any]]:
    """The versions that a question of this table asks for (by default all), those that come to hold later last."""
    asked = select(record.__table__) if question is None else question
    return reader.rows(asked.order_by(record.valid_from, record.version, record.id))


def in_force(
    reader: Reader, record: type[Edition], on: date | None = None, question: Select[Any] | None = None
) -> list[Row[Any]]:
    """What holds on a day (today by default): of each thing the version that began last, unless it has ended."""
    day = on or today(reader)
    return [row for row in latest_begun(reader, record, day, question) if row.valid_to is None or row.valid_to >= day]


def latest_begun(
    reader: Reader, record: type[Edition], on: date, question: Select[Any] | None = None
) -> list[Row[Any]]:
    """Of each thing the version that began last by a day, ended or not."""
    asked = (select(record.__table__) if question is None else question).where(record.valid_from <= on)
    found = {tuple(getattr(row, name) for name in record.KEY): row for row in editions(reader, record, asked)}
    return list(found.values())


def term(reader: Reader, record: type[Edition], row: Row[Any]) -> Term:
    """From when to when a version holds, as far as is known here: to the day before the next one at the latest."""
    later = [one for one in _same_thing(reader, record, row._mapping) if _rank(one) > _rank(row)]
    ends = [date.fromordinal(one.valid_from.toordinal() - 1) for one in later[:1]]
    ends += [row.valid_to] if row.valid_to else []
    return Term(row.version, row.valid_from, min(ends, default=None))


def publish(unit: Unit, record: type[Edition], values: Mapping[str, Any], name: str) -> tuple[UUID, bool]:
    """Put a version of a thing that people call `name` on record; returns it, and whether it is new.

    Without a `version` it gets the next number. What is already said changes nothing. Refused by name: a day before
    that of a version which is there, a past day for a further version, a number that something else has.
    """
    known = _same_thing(unit, record, values)
    if (said := _said(record, known, values)) is not None:
        return said.id, False
    if known:
        _refuse_out_of_turn(unit, known[-1], max(row.version for row in known), values, name)
    number = values.get("version") or max((row.version for row in known), default=0) + 1
    whole = {**values, "version": number}
    if whole.get("valid_to") is not None and whole["valid_to"] < whole["valid_from"]:
        raise BadInput(_("{name} ends before it begins. Correct its days.").format(name=name), "valid_to")
    return unit.add(record, id=_id(record, whole), **whole), True


def _refuse_out_of_turn(unit: Unit, last: Row[Any], highest: int, values: Mapping[str, Any], name: str) -> None:
    facts = {"name": name, "version": last.version, "day": show_day(last.valid_from)}
    if values.get("version") is not None and values["version"] <= highest:
        raise Refused(
            _("{name}: version {version} is already here and says something else. Number this one {next}.").format(
                name=name, version=values["version"], next=highest + 1
            )
        )
    if values["valid_from"] < last.valid_from:
        raise Refused(
            _("{name}: version {version} starts on {day}. Let this one start on that day or later.").format(**facts)
        )
    if values["valid_from"] < today(unit):
        raise Refused(
            _("{name} is in use: a further version can't start on {day}, which is past. Choose today or later.").format(
                name=name, day=show_day(values["valid_from"])
            )
        )


def _same_thing(reader: Reader, record: type[Edition], values: Mapping[Any, Any]) -> list[Row[Any]]:
    question = select(record.__table__)
    for name in record.KEY:
        question = question.where(record.__table__.c[name].is_not_distinct_from(values.get(name)))
    return editions(reader, record, question)


def _rank(row: Row[Any]) -> tuple[date, int, bytes]:
    return row.valid_from, row.version, row.id.bytes


def _said(record: type[Edition], known: Sequence[Row[Any]], values: Mapping[str, Any]) -> Row[Any] | None:
    """The version that says this already: from the same day, or the last one when only day and number are new."""
    same = [row for row in known if _says(record, row, values)]
    since = values["valid_from"]
    as_asked = (row for row in same if row.valid_from == since and values.get("version") in (None, row.version))
    return next(as_asked, next((row for row in same if row is known[-1] and row.valid_from <= since), None))


def _says(record: type[Edition], row: Row[Any], values: Mapping[str, Any]) -> bool:
    packed = record.spec.pack(values)
    stored = record.spec.pack({name: getattr(row, name) for name in record.spec.kinds})
    return all(stored[name] == packed.get(name) for name in record.spec.kinds if name not in ("version", "valid_from"))


def _id(record: type[Edition], values: Mapping[str, Any]) -> UUID:
    """By content: the same version published at two places is one row, two different ones never replace each other."""
    packed = {name: value for name, value in record.spec.pack(values).items() if value is not None}
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in packed.items()}
    digest = hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return named_id(record.spec.name, digest)

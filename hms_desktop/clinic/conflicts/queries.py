# SPDX-License-Identifier: Apache-2.0
"""The inbox: what is open, whose it is, since when; whether a conflict is open is derived from what still stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.conflicts.queries_standing import Members, standing
from hms_desktop.clinic.conflicts.queries_titles import Title, title_of
from hms_desktop.clinic.conflicts.rules import SAFETY, VALUES, kind_of, pair_subject
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.conflicts import ConflictFact, conflict_tables
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY


@dataclass(frozen=True)
class OpenConflict:
    """One conflict as it stands: its members that nobody has settled and that still matter."""

    id: UUID
    kind: str
    module: str
    subject: UUID
    table: str
    group: str | None
    owner_role: str
    since: datetime
    members: Members
    standing: Members

    @property
    def gravity(self) -> str:
        """`SAFETY` or `CHOICE`."""
        return kind_of(self.kind, self.module, self.table).gravity


@dataclass(frozen=True)
class Entry:
    """One line of the inbox: everything open about one subject, in words; `mine` when the reader's role owns it."""

    conflicts: tuple[OpenConflict, ...]
    title: Title
    patient: PatientName | None
    mine: bool

    @property
    def key(self) -> UUID:
        """What names this line."""
        return self.conflicts[0].subject

    @property
    def kind(self) -> str:
        """The kind of all its conflicts."""
        return self.conflicts[0].kind

    @property
    def gravity(self) -> str:
        """The gravest of its conflicts."""
        return SAFETY if any(c.gravity == SAFETY for c in self.conflicts) else self.conflicts[0].gravity

    @property
    def since(self) -> datetime:
        """When the first of them was raised."""
        return min(c.since for c in self.conflicts)


@query("conflict.read")
def inbox(reader: Reader) -> tuple[Entry, ...]:
    """Everything open that this station holds: safety first, the longest waiting first."""
    groups: dict[tuple[str, UUID], list[OpenConflict]] = defaultdict(list)
    for one in open_conflicts(reader):
        groups[one.kind, one.subject].append(one)
    entries = [_entry(reader, found) for found in groups.values()]
    return tuple(sorted(entries, key=lambda e: (e.gravity != SAFETY, e.since, e.key.bytes)))


@query("conflict.read")
def entry(reader: Reader, conflict: UUID) -> Entry:
    """The line that a conflict belongs to; NotFound when it is settled or not held here."""
    for one in inbox(reader):
        if any(c.id == conflict for c in one.conflicts):
            return one
    raise NotFound(_("This conflict is settled already. Open the list again."))


@query("conflict.read")
def about_pair(reader: Reader, one: UUID, other: UUID) -> UUID | None:
    """The open conflict over whether two charts are one person's, if there is one."""
    return next((found.id for found in open_about(reader, pair_subject(one, other))), None)


@query("conflict.read")
def count_mine(reader: Reader) -> int:
    """How many open lines belong to the reader's roles: the badge on the rail."""
    roles = reader.person.roles
    return len({(c.kind, c.subject) for c in open_conflicts(reader) if c.owner_role in roles})


@query("conflict.read")
def describe(reader: Reader, conflict: UUID) -> str:
    """A conflict in one plain sentence."""
    title = entry(reader, conflict).title
    return f"{title.what}: {title.who}" if title.who else title.what


@query("conflict.read")
def open_conflicts(reader: Reader) -> list[OpenConflict]:
    """Every conflict with a member that no settlement names and that still stands."""
    found = [one for module in _modules() for one in _open_of(reader, module)]
    return sorted(found, key=lambda c: (c.since, c.id))


@query("conflict.read")
def open_about(reader: Reader, subject: UUID) -> list[OpenConflict]:
    """What is open about one record: the amber chip beside it."""
    return [one for one in open_conflicts(reader) if one.subject == subject]


def _modules() -> list[str]:
    return sorted({t.module for t in REGISTRY.values() if issubclass(t.record, ConflictFact)})


def _open_of(reader: Reader, module: str) -> list[OpenConflict]:
    conflicts, members, settlements = (table.record.__table__ for table in conflict_tables(module))
    by_conflict: Mapping[UUID, list[UUID | int]] = defaultdict(list)
    for row in reader.rows(select(members).order_by(members.c.k, members.c.rid)):
        by_conflict[row.conflict].append(row.member if row.member is not None else row.head)
    settled = _settled(reader.rows(select(settlements)))
    out = []
    for row in reader.rows(select(conflicts)):
        every = tuple(by_conflict.get(row.id, ()))
        left = [m for m in every if m not in settled.get(row.id, set())]
        if left and (found := _open_one(reader, module, row, every, left)):
            out.append(found)
    return out


def _open_one(
    reader: Reader, module: str, row: Row[Any], every: Members, left: Sequence[UUID | int]
) -> OpenConflict | None:
    still = standing(reader, row.kind, row.subject, row.subject_table, row.subject_group, every)
    if not set(left) & set(still):
        return None
    return OpenConflict(
        row.id,
        row.kind,
        module,
        row.subject,
        row.subject_table,
        row.subject_group,
        row.owner_role,
        instant(stamp_ms(row.k)),
        every,
        still,
    )


def _settled(rows: Sequence[Row[Any]]) -> dict[UUID, set[UUID | int]]:
    done: dict[UUID, set[UUID | int]] = defaultdict(set)
    for row in rows:
        done[row.conflict] |= {m if isinstance(m, int) else UUID(m) for m in row.members}
    return done


def _entry(reader: Reader, found: list[OpenConflict]) -> Entry:
    first = found[0]
    title = title_of(reader, first.kind, first.table, first.subject, [c.group for c in found], first.standing)
    who = names(reader, [title.patient]) if title.patient else {}
    mine = any(c.owner_role in reader.person.roles for c in found)
    return Entry(tuple(found), title, who.get(title.patient) if title.patient else None, mine)


def values_entry(one: Entry) -> bool:
    """Whether the line is about values that stand against each other, to be chosen group by group."""
    return one.kind == VALUES

# SPDX-License-Identifier: Apache-2.0
"""What a mapping works with while one file is read: its names, the rows so far, and the count of what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from hms_desktop.core.ids import rule_id
from hms_desktop.interop.fhir import elements
from hms_desktop.interop.fhir.entries import Entry, Json
from hms_desktop.interop.fhir.identities import Directory, Names, Target, key_of, record_id
from hms_desktop.interop.fhir.results import Awaited, MappedRow


class Unkept(Exception):
    """This resource is legal and has no place in our tables; the message is a short reason for the count."""


@dataclass(frozen=True)
class Mark:
    """Where a resource begins in what was read of its file."""

    rows: int
    left_out: Counter[str]
    awaited: dict[UUID, Awaited]


@dataclass
class Reading:
    """One file being read. `zone` places days without a time; `region` (ISO 3166) completes telephone numbers.

    `spoken` holds the words of the problems met so far, for what refers to them as its reason.
    """

    names: Names
    directory: Directory
    zone: tzinfo
    region: str
    rows: list[MappedRow] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    awaited: dict[UUID, Awaited] = field(default_factory=dict)
    spoken: dict[str, str] = field(default_factory=dict)

    def begin(self) -> Mark:
        """Begin one resource: what is counted and awaited from here on is its own until `join`."""
        mark = Mark(len(self.rows), self.left_out, self.awaited)
        self.left_out, self.awaited = Counter(), {}
        return mark

    def join(self, mark: Mark) -> None:
        """The resource is kept: what it counted and awaits holds for the file."""
        mark.left_out.update(self.left_out)
        for id, awaited in self.awaited.items():
            mark.awaited.setdefault(id, awaited)
        self.left_out, self.awaited = mark.left_out, mark.awaited

    def take_back(self, mark: Mark) -> None:
        """The resource is not kept: no row of it stays, and nothing that it left out or waits for."""
        del self.rows[mark.rows :]
        self.left_out, self.awaited = mark.left_out, mark.awaited

    def add(
        self,
        table: str,
        id: UUID,
        values: Mapping[str, Any],
        *,
        numbered: Mapping[str, str] | None = None,
        agrees: tuple[str, ...] | None = None,
    ) -> None:
        """One more row; unless told otherwise, a stored row of the same id must be about the same patient."""
        same = agrees if agrees is not None else ("patient",) if "patient" in values else ()
        self.rows.append(MappedRow(table, id, values, numbered or {}, same))

    def left(self, element: str, count: int = 1) -> None:
        """Count something of a kept resource that no column holds."""
        if count > 0:
            self.left_out[element] += count

    def coded(self, value: Json | None, element: str) -> elements.Coded | None:
        """A concept, with the further codings counted as left out."""
        found = elements.concept(value)
        if found is not None:
            self.left(f"{element}.coding (further)", found.more)
        return found

    def first(self, value: Any, element: str) -> Json:
        """The first object of a list, the others counted as left out; empty when there is none."""
        found = elements.items(value)
        self.left(f"{element} (further)", len(found) - 1)
        return found[0] if found else {}

    def moment(self, value: Any, element: str) -> datetime | None:
        """A moment in UTC; a day without a time is counted, because its time is made up, and a year beyond belief."""
        if not elements.believable(value):
            self.left(f"{element} (a year beyond belief)")
            return None
        if elements.exact_day(value):
            self.left(f"{element} (a day without a time)")
        return elements.moment(value, self.zone)

    def day(self, value: Any, element: str) -> str | None:
        """The date part as written; a year beyond belief is counted and left out."""
        if not elements.believable(value):
            self.left(f"{element} (a year beyond belief)")
            return None
        return elements.partial(value)

    def target(self, reference: Json | None, entry: Entry, kind: str) -> Target | None:
        """What a reference means if it means a resource of this type."""
        found = self.names.target(reference, entry, kind)
        return found if found is not None and found.kind == kind else None

    def link(self, reference: Json | None, entry: Entry, kind: str) -> UUID | None:
        """The record id behind a reference to this type, None when it means something else."""
        found = self.target(reference, entry, kind)
        return found.id if found else None

    def owner(self, table: str, kind: str, reference: Json | None, entry: Entry) -> UUID:
        """The record to which a resource must belong; raises Unkept when the reference means no such record."""
        found = self.target(reference, entry, kind)
        if found is None:
            raise Unkept(f"not about a {kind.lower()} with a record")
        if found.entry is None:
            said = str((reference or {}).get("reference") or found.key)
            said += f" ({found.key})" * (said != found.key)  # relative to the address of the entry that says it
            self.awaited.setdefault(found.id, Awaited(table, found.id, said, entry.place))
        return found.id

    def patient(self, reference: Json | None, entry: Entry) -> UUID:
        """The patient to whom a resource belongs."""
        return self.owner("patient", "Patient", reference, entry)

    def person(self, reference: Json | None, entry: Entry) -> UUID | None:
        """The practitioner behind a reference, also by way of a role."""
        found = self.names.target(reference, entry, "Practitioner")
        if found is None or found.kind not in {"Practitioner", "PractitionerRole"}:
            return None
        return found.id if found.kind == "Practitioner" else self.directory.fact(found.kind, found.key)

    def on_timeline(self, kind: str, patient: UUID, at: datetime | None, title: str, source: UUID, table: str) -> None:
        """A line of the patient's timeline, by rule from its source."""
        if at is not None:
            self.add(
                "timeline_entry",
                rule_id(source, "timeline:imported"),
                {"patient": patient, "kind": kind, "at": at, "title": title, "source": source, "source_table": table},
            )


def identity(entry: Entry) -> UUID:
    """The record id of an entry's resource."""
    return record_id(key_of(entry))


def part(entry: Entry, name: str) -> UUID:
    """The record id of a part of an entry's resource."""
    return record_id(key_of(entry), name)


def origin(entry: Entry) -> str:
    """Where the row comes from, for its `source` column."""
    return key_of(entry)

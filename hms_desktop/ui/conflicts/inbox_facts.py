# SPDX-License-Identifier: Apache-2.0
"""What the inbox shows: the open lines with what rules settled today, and one line opened with what depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hms_desktop.clinic.conflicts import queries, queries_settled, service
from hms_desktop.clinic.conflicts.queries import Entry
from hms_desktop.clinic.conflicts.queries_details import Details
from hms_desktop.clinic.conflicts.queries_settled import SettledByRule
from hms_desktop.clinic.conflicts.rules import PERSON_TWICE, SAFETY
from hms_desktop.clinic.patients.queries_history import timeline


@dataclass(frozen=True)
class InboxFacts:
    """The list: what waits for a person, safety first, and what rules settled today."""

    entries: tuple[Entry, ...]
    settled: tuple[SettledByRule, ...]

    @property
    def lines(self) -> int:
        """How many lines there are to go to."""
        return len(self.entries) + len(self.settled)

    @property
    def safety(self) -> list[Entry]:
        """What may harm somebody."""
        return [entry for entry in self.entries if entry.gravity == SAFETY]

    @property
    def choices(self) -> list[Entry]:
        """The rest of what needs a choice."""
        return [entry for entry in self.entries if entry.gravity != SAFETY]


@dataclass(frozen=True)
class OpenLine:
    """One line opened; `brings` tells for each chart of a double registration how many lines of each kind it has."""

    details: Details
    brings: dict[UUID, dict[str, int]]

    @property
    def conflict(self) -> UUID:
        """The conflict by which it is settled."""
        return self.details.entry.conflicts[0].id


def read_inbox(reader: Any) -> InboxFacts:
    """The whole list."""
    return InboxFacts(queries.inbox(reader), queries_settled.settled_today(reader))


def open_line(unit: Any, conflict: UUID) -> OpenLine:
    """Open one line; the look is written down first. What charts hold is counted for who may read them."""
    found = service.open_conflict(unit, conflict=conflict)
    brings = {}
    if found.entry.kind == PERSON_TWICE and "patient.read" in unit.person.permissions:
        brings = {record.id: timeline(unit, record.id, limit=1).kinds for record in found.records}
    return OpenLine(found, brings)

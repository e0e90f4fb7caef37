# SPDX-License-Identifier: Apache-2.0
"""Visits that are probably one: the same person, taken in at two desks that knew nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.conflicts.rules import ADMITTED_TWICE, VISIT_TWICE
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.queries_standing import joined_visits
from hms_desktop.clinic.ehr.service_visits import INPATIENT
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.core.clock import instant, stamp_author, stamp_ms
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

NEVER_WAS = frozenset({"cancelled", "entered-in-error"})
"""States of a visit that did not take place."""


@dataclass(frozen=True)
class Twice:
    """Two visits of one person, the earlier first, and the kind of conflict that they make."""

    kind: str
    earlier: UUID
    later: UUID


def opened(row: Row[Any]) -> datetime:
    """When a visit was opened: at its start, when somebody said when that was, else as its desk wrote it down."""
    return row.started if row.class_code == INPATIENT and row.started else instant(stamp_ms(row.k))


@query("conflict.read")
def by_hand(reader: Reader, row: Row[Any]) -> bool:
    """Whether a visit was opened without a booking of a slot: from the chart, or for a walk-in."""
    booked = reader.find(Appointment, row.appointment) if row.appointment else None
    return booked is None or booked.session is None


@query("conflict.read")
def opened_twice(reader: Reader, patient: UUID) -> list[Twice]:
    """Pairs of visits of the person behind a chart of which only one can have been.

    Two stays in bed at one time; or two visits of a day that went on together, opened at two workstations and not both
    booked. What was brought in from elsewhere is left as it came.
    """
    question = select(Encounter.__table__).where(
        Encounter.patient.in_(one_person(reader, patient).charts), Encounter.source.is_(None),
        Encounter.status.notin_(NEVER_WAS),
    )  # fmt: skip
    rows = sorted(reader.rows(question), key=lambda row: (opened(row), row.id))
    pairs = [(one, other) for one, other in combinations(rows, 2) if one.class_code == other.class_code]
    return [
        Twice(ADMITTED_TWICE if one.class_code == INPATIENT else VISIT_TWICE, one.id, other.id)
        for one, other in pairs
        if _together(one, other) and (one.class_code == INPATIENT or _same_arrival(reader, one, other))
    ]


@query("conflict.read")
def joined(reader: Reader, one: UUID, other: UUID) -> bool:
    """Whether a person said that two visits are one."""
    return bool(joined_visits(reader, (one, other)))


def _together(earlier: Row[Any], later: Row[Any]) -> bool:
    return earlier.ended is None or earlier.ended > opened(later)


def _same_arrival(reader: Reader, earlier: Row[Any], later: Row[Any]) -> bool:
    zone = reader.clinic.zone
    if stamp_author(earlier.k) == stamp_author(later.k):
        return False
    if opened(earlier).astimezone(zone).date() != opened(later).astimezone(zone).date():
        return False
    return by_hand(reader, earlier) or by_hand(reader, later)

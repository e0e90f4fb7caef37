# SPDX-License-Identifier: Apache-2.0
"""What two people left so differently that a person must choose (sync.md, Merge), and visits that were one."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model_visits import VisitLink, VisitLinkVoid
from hms_desktop.clinic.ehr.rules import undecided
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Head, Reader
from hms_desktop.storage.records import Group, Record


@query("chart.read")
def contested(reader: Reader, record: type[Record], id: UUID) -> frozenset[str]:
    """Names of the groups in conflict: careful ones with two values, progress ones whose table names no winner."""
    groups = record.spec.groups
    return frozenset(name for name, heads in reader.heads(record, id).items() if _must_choose(groups[name], heads))


def _must_choose(group: Group, heads: list[Head]) -> bool:
    if group.policy.state is not None:
        return undecided(group.policy.wins, {str(head.values[group.policy.state]) for head in heads})
    return group.policy.name == "careful"


@query("chart.read")
def joined_visits(reader: Reader, visits: Collection[UUID]) -> dict[UUID, UUID]:
    """Of these visits those that a person said are one with another that goes on, each with the link that says so."""
    apart = select(VisitLinkVoid.id).where(VisitLinkVoid.visit_link == VisitLink.id).exists()
    question = select(VisitLink.id, VisitLink.replaced).where(VisitLink.replaced.in_(visits), ~apart)
    return {row.replaced: row.id for row in reader.rows(question)}

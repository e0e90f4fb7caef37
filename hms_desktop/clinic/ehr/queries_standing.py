# SPDX-License-Identifier: Apache-2.0
"""Which groups of a record two people left so differently that a person must choose (sync.md, Merge)."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.clinic.ehr.rules import undecided
from hms_desktop.storage.reader import Head, Reader
from hms_desktop.storage.records import Group, Record


def contested(reader: Reader, record: type[Record], id: UUID) -> frozenset[str]:
    """Names of the groups in conflict: careful ones with two values, progress ones whose table names no winner."""
    groups = record.spec.groups
    return frozenset(name for name, heads in reader.heads(record, id).items() if _must_choose(groups[name], heads))


def _must_choose(group: Group, heads: list[Head]) -> bool:
    if group.policy.state is not None:
        return undecided(group.policy.wins, {str(head.values[group.policy.state]) for head in heads})
    return group.policy.name == "careful"

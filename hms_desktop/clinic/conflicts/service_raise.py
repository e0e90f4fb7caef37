# SPDX-License-Identifier: Apache-2.0
"""Raising conflicts where histories meet: rows by rule, so that raising one twice changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from hms_desktop.clinic.conflicts.rules import NEVER_RAISED, VALUES, kind_of, needs_person
from hms_desktop.storage.conflicts import conflict_id, conflict_tables, member_id
from hms_desktop.storage.records import CAREFUL, ONCE, Group, Table, table_of
from hms_desktop.storage.unit import Unit


def raise_conflict(
    unit: Unit,
    *,
    kind: str,
    module: str,
    subject: UUID,
    subject_table: str,
    members: Iterable[UUID | int],
    group: str | None = None,
) -> UUID:
    """The conflict of this kind over this subject, with these members (records, or stamps of heads); returns its id."""
    conflicts, member_table, _settlements = conflict_tables(module)
    conflict = conflict_id(kind, subject, group or "")
    unit.add(
        conflicts.record,
        id=conflict,
        kind=kind,
        subject=subject,
        subject_table=subject_table,
        subject_group=group,
        owner_role=kind_of(kind, module, subject_table).owner_role,
    )
    for member in members:
        place = {"head": member} if isinstance(member, int) else {"member": member}
        unit.add(member_table.record, id=member_id(conflict, member), conflict=conflict, **place)
    return conflict


def raise_values(unit: Unit, table: str, record: UUID, leave: Collection[str] = ()) -> list[UUID]:
    """A conflict for each group of a record in which values stand that only a person may choose among.

    The groups named by `leave` are asked about in another way.
    """
    spec = table_of(table)
    if table in NEVER_RAISED or not _has_conflicts(spec):
        return []
    raised = []
    for name, heads in unit.heads(spec.record, record).items():
        if name not in leave and _contested(spec.groups[name], [head.values for head in heads]):
            raised.append(
                raise_conflict(
                    unit,
                    kind=VALUES,
                    module=spec.module,
                    subject=record,
                    subject_table=table,
                    group=name,
                    members=[head.stamp for head in heads],
                )
            )
    return raised


def watched(table: Table) -> bool:
    """Whether a table has groups in which a machine may not choose."""
    return any(g.policy in (CAREFUL, ONCE) or g.policy.state is not None for g in table.groups.values())


def _contested(group: Group, values: list[dict[str, object]]) -> bool:
    if group.policy.state is None and group.policy not in (CAREFUL, ONCE):
        return False
    return needs_person(group.policy.state, group.policy.wins, values)


def _has_conflicts(spec: Table) -> bool:
    try:
        conflict_tables(spec.module)
    except KeyError:
        return False
    return True

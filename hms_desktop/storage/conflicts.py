# SPDX-License-Identifier: Apache-2.0
"""Conflicts as records: a subject, its members and their settlements, in the module of what they are about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.core.ids import rule_id
from hms_desktop.storage.columns import data, link, text, whole
from hms_desktop.storage.records import REGISTRY, Fact, Table


class ConflictFact(Fact):
    """What a machine must not choose silently: `kind` and subject only, so that hub and centre raise the same one."""

    kind: Mapped[str] = text()
    subject: Mapped[UUID] = link(index=True)
    subject_table: Mapped[str] = text()
    subject_group: Mapped[str | None] = text(optional=True)
    owner_role: Mapped[str] = text()


class MemberFact(Fact):
    """One of those that stand against each other: a record, or a head (stamp) of the subject's group."""

    conflict: Mapped[UUID] = link(index=True)
    member: Mapped[UUID | None] = link(optional=True)
    head: Mapped[int | None] = whole(optional=True)


class SettlementFact(Fact):
    """A person's decision over the members named; a member that it does not name opens the conflict again."""

    conflict: Mapped[UUID] = link(index=True)
    members: Mapped[list[Any]] = data()
    choice: Mapped[str] = text()
    reason: Mapped[str | None] = text(optional=True)
    by: Mapped[UUID] = link()


def conflict_id(kind: str, subject: UUID, group: str = "") -> UUID:
    """The id of the conflict of this kind over this subject."""
    return rule_id(subject, f"conflict:{kind}:{group}")


def member_id(conflict: UUID, member: UUID | int) -> UUID:
    """The id of a member: by rule, so that it is raised once."""
    name = str(member) if isinstance(member, int) else member.hex
    return rule_id(conflict, f"member:{name}")


def conflict_tables(module: str) -> tuple[Table, Table, Table]:
    """The conflict, member and settlement tables of a module; KeyError when it declares none."""
    found = [
        next((t for t in REGISTRY.values() if t.module == module and issubclass(t.record, base)), None)
        for base in (ConflictFact, MemberFact, SettlementFact)
    ]
    conflict, member, settlement = found
    if conflict is None or member is None or settlement is None:
        raise KeyError(f"the module {module} declares no conflict tables")
    return conflict, member, settlement

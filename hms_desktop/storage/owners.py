# SPDX-License-Identifier: Apache-2.0
"""What belongs to one workstation (a table declared with an `owner`), and its passing on when that computer is gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import instant, link, text
from hms_desktop.storage.records import Fact


class OwnerChange(Fact, table="owner_change"):
    """From `at` on the workstation `after` owns what belonged to `before`, which is no longer in use: why, who said so.

    `after` itself writes it. The server takes it only while `before` is the owner and is blocked.
    """

    subject: Mapped[UUID] = link(index=True)
    subject_table: Mapped[str] = text()
    before: Mapped[UUID] = link()
    after: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    witness: Mapped[UUID | None] = link(optional=True)
    reason: Mapped[str] = text()


def owner_now(subject: Any, first: Any) -> Any:
    """For a query: the workstation that owns a row now, given its columns of id and first owner."""
    latest = select(OwnerChange.after).where(OwnerChange.subject == subject).order_by(OwnerChange.k.desc()).limit(1)
    return func.coalesce(latest.scalar_subquery(), first)


def passed_to(connection: Connection, subject: UUID) -> UUID | None:
    """The workstation to which a row passed last, None while it is with its first owner."""
    question = select(OwnerChange.after).where(OwnerChange.subject == subject).order_by(OwnerChange.k.desc()).limit(1)
    return connection.execute(question).scalar()

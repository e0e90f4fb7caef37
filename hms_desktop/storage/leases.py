# SPDX-License-Identifier: Apache-2.0
"""What the server lent a workstation: the one mechanism for things that can be given only once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import choice, exact, instant, link, ref
from hms_desktop.storage.records import Fact


class Lease(Fact, table="lease", server_owned=True):
    """`amount` of `subject` may be given away by `device` alone until `until`."""

    kind: Mapped[str] = choice("slot", "stock", "prescription")
    subject: Mapped[UUID] = link(index=True)
    device: Mapped[UUID] = link()
    amount: Mapped[Decimal] = exact()
    until: Mapped[datetime] = instant()


class LeaseEnd(Fact, table="lease_end", server_owned=True):
    """A lease that was handed back before its time."""

    lease: Mapped[UUID] = ref("lease")


class LeaseRenewal(Fact, table="lease_renewal", server_owned=True):
    """A lease goes on until then: what is left of it stays with whom it was lent to."""

    lease: Mapped[UUID] = ref("lease")
    until: Mapped[datetime] = instant()


class LeaseSpend(Fact, table="lease_spend"):
    """A part of a lease that was given away, and to what: what was done with it, or the call that it answers."""

    lease: Mapped[UUID] = ref("lease")
    amount: Mapped[Decimal] = exact()
    source: Mapped[UUID] = link(index=True)


class LeaseCall(Fact, table="lease_call"):
    """A station has need of something that is lent to another one, which gives back what it has not used."""

    kind: Mapped[str] = choice("slot", "stock", "prescription")
    subject: Mapped[UUID] = link(index=True)


def runs(now: datetime) -> ColumnElement[bool]:
    """Whether a lease runs at a moment: it was not handed back, and ends later or was renewed until later."""
    ended = select(LeaseEnd.id).where(LeaseEnd.lease == Lease.id).exists()
    renewed = select(LeaseRenewal.id).where(LeaseRenewal.lease == Lease.id, LeaseRenewal.until > now).exists()
    return and_(or_(Lease.until > now, renewed), ~ended)

# SPDX-License-Identifier: Apache-2.0
"""Who answers for patients at this moment, from the weekly sessions of the staff directory."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.staff.queries import clinicians, sessions_on
from hms_desktop.security.accounts import Account
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

DOCTOR = "doctor"


@query("staff.read")
def on_call(reader: Reader) -> frozenset[UUID]:
    """The accounts of those whose session runs now; outside all sessions, every doctor."""
    now = reader.now.astimezone(reader.clinic.zone)
    clock = now.strftime("%H:%M")
    running = {s.practitioner for s in sessions_on(reader, now.date()) if s.hours.starts <= clock < s.hours.ends}
    here = {c.account for c in clinicians(reader) if c.id in running and c.account is not None}
    active = reader.rows(select(Account.id, Account.roles).where(Account.active))
    working = frozenset(p.id for p in active if p.id in here)
    return working or frozenset(p.id for p in active if DOCTOR in p.roles)

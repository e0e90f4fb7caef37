# SPDX-License-Identifier: Apache-2.0
"""When an administrator last carried a copy of the backups out of the house: noted when they say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.security.administration import AdminEvent
from sync_server.administration import By, note_act
from sync_server.home import Home

NOTED = "backup.noted"


def note_backup(home: Home, by: By) -> None:
    """Somebody says that they have just carried a copy away."""
    note_act(home, by, NOTED)


def last_backup(home: Home) -> datetime | None:
    """When somebody last said so."""
    question = select(func.max(AdminEvent.k)).where(AdminEvent.kind == NOTED)
    last = home.store.read(lambda reader: reader.scalar(question), home.worker)
    return instant(stamp_ms(last)) if last else None

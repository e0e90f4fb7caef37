# SPDX-License-Identifier: Apache-2.0
"""That health information left a workstation in a sealed file, or came in one, is written down before it does."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("sync.carry_out", needs="sync.carry")
def note_carried_out(unit: Unit, *, number: int) -> UUID:
    """Write down that what was not sent leaves this workstation in a sealed file."""
    return record_access(unit, "export", detail=f"bundle {number}", purpose="operations")


@action("sync.second_place", needs="sync.carry")
def note_second_place(unit: Unit) -> UUID:
    """Write down that what waits is kept in a sealed file at a second place from now on."""
    return record_access(unit, "export", detail="second place", purpose="operations")


@action("sync.carry_in", needs="sync.carry")
def note_carried_in(unit: Unit, *, number: int) -> UUID:
    """Write down that a file from the server is taken in."""
    return record_access(unit, "carried-in", detail=f"bundle {number}", purpose="operations")

# SPDX-License-Identifier: Apache-2.0
"""What administrators did at the server: one fact per act, in the server's own chain, which every workstation holds."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import link, text
from hms_desktop.storage.records import Fact


class AdminEvent(Fact, table="admin_event", server_owned=True):
    """One act of an administrator: `kind` is a verb of the console, `by` the person, `subject` the record it is about.

    `detail` names workstations, colleagues, roles, checks and counts, never a patient or a value; `origin` is the
    network address that it came from, or `command` when it was done at the server's own keyboard.
    """

    kind: Mapped[str] = text(index=True)
    by: Mapped[UUID] = link()
    subject: Mapped[UUID | None] = link(optional=True)
    detail: Mapped[str | None] = text(optional=True)
    origin: Mapped[str] = text()

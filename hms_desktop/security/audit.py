# SPDX-License-Identifier: Apache-2.0
"""Who looked at what: an access event is written, in the same chain as every change, before anything is shown."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import choice, link, text, whole
from hms_desktop.storage.records import Fact
from hms_desktop.storage.unit import Unit

KINDS = ("chart", "result", "document", "print", "export", "search")
PURPOSES = ("treatment", "payment", "operations", "emergency", "patient request")


class AccessEvent(Fact, table="access_event", phi=True):
    """One look. It names records and kinds, never values: `detail` holds no health information and no names.

    Who, when and from where stand in the change set that carries it. `count` is how many records were shown.
    """

    kind: Mapped[str] = choice(*KINDS)
    patient: Mapped[UUID | None] = link(optional=True, index=True, phi=True)
    purpose: Mapped[str] = choice(*PURPOSES)
    detail: Mapped[str | None] = text(optional=True)
    count: Mapped[int] = whole()


def record_access(
    unit: Unit,
    kind: str,
    patient: UUID | None = None,
    detail: str | None = None,
    *,
    count: int = 1,
    purpose: str = "treatment",
) -> UUID:
    """Write down that records are about to be shown, printed, exported or searched; returns the event's id.

    Call it inside the action that reads, before it reads: if this can't be written, nothing is shown. `kind` is one of
    KINDS, `purpose` one of PURPOSES; `detail` names the screen, form or series, never a value.
    """
    return unit.add(AccessEvent, kind=kind, patient=patient, purpose=purpose, detail=detail, count=count)

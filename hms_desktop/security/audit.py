# SPDX-License-Identifier: Apache-2.0
"""Who looked at what: an access event is written, in the same chain as every change, before anything is shown.

Nobody can switch it off: the right to write one's own events is everybody's, and no file takes it away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.permissions import action
from hms_desktop.security.roles import OWN_EVENTS
from hms_desktop.storage.columns import choice, data, instant, link, text, whole
from hms_desktop.storage.records import Fact
from hms_desktop.storage.refusals import on_refusal
from hms_desktop.storage.unit import Unit

LOOKS = ("chart", "result", "document", "search")
KINDS = (
    *LOOKS, "list", "print", "export", "sign-in", "sign-out", "lock", "wrong-try", "denied", "break-glass", "broke-off",
    "lost", "carried-in",
)  # fmt: skip
"""What an event may be. `list` is a list that shows more of its patients than their names, `broke-off` a session that
ended without a word, `lost` events that were taken away before they came into the chain, `carried-in` a file from the
server that was taken in."""
SHOWING = frozenset({*LOOKS, "print", "export"})
PURPOSES = ("treatment", "payment", "operations", "emergency", "patient request")


LookGuard = Callable[[Unit, UUID], None]
LOOK_GUARDS: list[LookGuard] = []
"""Asked before a look at a patient is written down; one that raises lets nothing be shown."""


class AccessEvent(Fact, table="access_event", phi=True):
    """One look, or one coming and going. It names records and kinds, never values: `detail` holds no health information
    and no names.

    `by` is the person (None where nobody is known by the name that was tried), `at` when it happened. The station is
    the author of its stamp, whose change set carries it, signed by the person, or by the workstation for what it saw
    while nobody was signed in. `count` is how many records were shown; `listed` are the ids (hex) of the patients of a
    list or a search that showed several.
    """

    kind: Mapped[str] = choice(*KINDS)
    by: Mapped[UUID | None] = link(optional=True, index=True)
    at: Mapped[datetime] = instant()
    patient: Mapped[UUID | None] = link(optional=True, index=True, phi=True)
    purpose: Mapped[str] = choice(*PURPOSES)
    detail: Mapped[str | None] = text(optional=True)
    count: Mapped[int] = whole()
    listed: Mapped[list[str] | None] = data(optional=True, phi=True)


class AuditSegment(Fact, table="audit_segment", server_owned=True):
    """Old access events were put away in a sealed file: its number, its hash (SHA-256, hex) and that of the one before.

    `sets` counts the change sets in it, from `first` to `last`.
    """

    number: Mapped[int] = whole()
    hash: Mapped[str] = text()
    previous: Mapped[str] = text()
    sets: Mapped[int] = whole()
    first: Mapped[datetime] = instant()
    last: Mapped[datetime] = instant()


def record_access(
    unit: Unit,
    kind: str,
    patient: UUID | None = None,
    detail: str | None = None,
    *,
    count: int = 1,
    purpose: str = "treatment",
    listed: Iterable[UUID] = (),
) -> UUID:
    """Write down that records are about to be shown, printed, exported or searched; returns the event's id.

    Call it inside the action that reads, before it reads: if this can't be written, nothing is shown. `kind` is one of
    KINDS, `purpose` one of PURPOSES; `detail` names the screen, form or series, never a value; `listed` are whom a list
    shows. Restricted is raised for a patient whom the person may not know.
    """
    if patient is not None and kind in SHOWING:
        for guard in LOOK_GUARDS:
            guard(unit, patient)
    return unit.add(
        AccessEvent, kind=kind, by=unit.person.id, at=unit.now, patient=patient, purpose=purpose, detail=detail,
        count=count, listed=[patient.hex for patient in listed] or None,
    )  # fmt: skip


@action("security.list", needs=OWN_EVENTS)
def note_list(unit: Unit, *, place: str, patients: Collection[UUID], purpose: str = "treatment") -> UUID:
    """Write down whom a list is about to show, in one event: `place` names the list, `patients` are all it shows."""
    return record_access(unit, "list", detail=place, count=len(patients), purpose=purpose, listed=sorted(set(patients)))


@action("security.note", needs=OWN_EVENTS)
def note_coming_or_going(unit: Unit, *, kind: str, detail: str | None = None) -> UUID:
    """Write down that the person signed in, signed out or locked; `kind` is sign-in, sign-out or lock."""
    return record_access(unit, kind, detail=detail, purpose="operations")


@action("security.denied", needs=OWN_EVENTS)
def note_refusal(unit: Unit, *, wanted: str, right: str, patient: UUID | None = None) -> UUID:
    """Write down that the person was refused what their rights don't allow: the action, and the right that it needs."""
    return record_access(unit, "denied", patient, f"{wanted} {right}".strip(), purpose="operations")


@on_refusal
def _refused(unit: Unit, refused: NotAllowed) -> None:
    note_refusal(unit, wanted=refused.wanted, right=refused.permission, patient=refused.patient)

# SPDX-License-Identifier: Apache-2.0
"""A fresh second factor for what an open session alone must not do: signing for controlled medicines (21 CFR 1311.140).

The person shows it for named records; it stands as a fact in the change set that it was shown for, under the person's
signature, so that whoever reads the record, and the server, sees which factor it was and when, offline too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.core.clock import instant, milliseconds
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _
from hms_desktop.security.sealing import framed
from hms_desktop.storage.columns import choice, data, link, secret, whole
from hms_desktop.storage.columns import instant as moment
from hms_desktop.storage.records import Fact
from hms_desktop.storage.unit import Unit

T = TypeVar("T")
APP, KEY, CODE = "app", "security-key", "recovery-code"
FACTORS = (APP, KEY, CODE)
FRESH_MS = 2 * 60_000
"""So long what was shown is good for the act that asked for it."""


class StepUp(Fact, table="step_up"):
    """A second factor shown at `at` for signing the records `subjects` (ids as hex), in the same change set as those.

    `step` is the time step of an app's code (RFC 6238), `answer` what a security key signed (`challenge`), or the hash
    of a recovery code: each is good once.
    """

    by: Mapped[UUID] = link(index=True)
    at: Mapped[datetime] = moment()
    factor: Mapped[str] = choice(*FACTORS)
    subjects: Mapped[list[Any]] = data()
    step: Mapped[int | None] = whole(optional=True)
    answer: Mapped[bytes | None] = secret(optional=True)


@dataclass(frozen=True)
class Shown:
    """A second factor as it was shown: whose, when (ms since 1970), which, and for signing which records."""

    id: UUID
    person: UUID
    at_ms: int
    factor: str
    subjects: frozenset[UUID]
    step: int | None = None
    answer: bytes | None = field(default=None, repr=False)

    def good_for(self, person: UUID, subjects: Collection[UUID], now_ms: int) -> bool:
        """Whether this person may sign all of these by it now."""
        return self.person == person and self.subjects >= set(subjects) and 0 <= now_ms - self.at_ms <= FRESH_MS


class SecondFactorNeeded(Refused):
    """What was asked for takes a second factor, shown now for these records (`subjects`, `names`). Nothing was done."""

    code = "second-factor-needed"

    def __init__(self, subjects: Mapping[UUID, str]) -> None:
        self.subjects = frozenset(subjects)
        self.names = tuple(sorted(set(subjects.values())))
        message = _("{medicines}: a controlled medicine is signed with your second factor. Nothing was signed yet.")
        super().__init__(message.format(medicines=", ".join(self.names)))


def challenge(person: UUID, at_ms: int, subjects: Collection[UUID]) -> bytes:
    """What a security key signs (32 bytes): who signs for what, and when."""
    listed = b"".join(sorted(subject.bytes for subject in subjects))
    return hashlib.sha256(framed(b"hms step up", person.bytes, at_ms.to_bytes(8, "big"), listed)).digest()


def showing(shown: Shown, act: Callable[[Unit], T]) -> Callable[[Unit], T]:
    """The act, done by who showed a second factor for it."""

    def run(unit: Unit) -> T:
        unit.shown = shown
        return act(unit)

    return run


def require_step_up(unit: Unit, subjects: Mapping[UUID, str]) -> None:
    """Raise SecondFactorNeeded unless a second factor was just shown for these records (id to what they are called).

    It goes into this change set, and is good for no other. Call it last: what else is wrong is said before it is asked.
    """
    if not subjects:
        return
    shown = unit.shown
    fits = isinstance(shown, Shown) and shown.good_for(unit.person.id, subjects, milliseconds(unit.now))
    if not fits or unit.find(StepUp, shown.id) is not None:
        raise SecondFactorNeeded(subjects)
    unit.add(
        StepUp, id=shown.id, by=shown.person, at=instant(shown.at_ms), factor=shown.factor, step=shown.step,
        subjects=sorted(subject.hex for subject in shown.subjects), answer=shown.answer,
    )  # fmt: skip

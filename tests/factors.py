# SPDX-License-Identifier: Apache-2.0
"""A second factor that a test's person shows, where what asks for it is not what is tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hms_desktop.security.step_up import APP, Shown, showing
from hms_desktop.security.totp import STEP_MS

T = TypeVar("T")


def shown_by(person: UUID, now_ms: int, *subjects: UUID, **values: Any) -> Shown:
    """A code of the person's app, shown now for signing these prescriptions."""
    facts: dict[str, Any] = {"factor": APP, "step": now_ms // STEP_MS, **values}
    return Shown(uuid4(), person, now_ms, subjects=frozenset(subjects), **facts)


def signing(desk: Any, act: Callable[[Any], T], *subjects: UUID) -> Callable[[Any], T]:
    """The act, done by the desk's person with a second factor shown for these prescriptions."""
    return showing(shown_by(desk.acting.person.id, desk.clock.now_ms(), *subjects), act)


def shows_at_once(tasks: Any, person: UUID, clock: Any) -> None:
    """Whoever sits at this window shows a second factor whenever one is asked for."""
    tasks.asks_factor = lambda needed, go_on, _no: go_on(shown_by(person, clock.now_ms(), *needed.subjects))

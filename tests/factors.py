# SPDX-License-Identifier: Apache-2.0
"""A second factor that a test's person shows, where what asks for it is not what is tested."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pyotp

from hms_desktop.security.accounts import Account
from hms_desktop.security.granted import SecondFactors
from hms_desktop.security.recovery_codes import code_hash, new_codes, read_code
from hms_desktop.security.step_up import APP, Shown, showing
from hms_desktop.security.totp import STEP_MS
from hms_desktop.storage.unit import Unit
from sync_server.home import Home

T = TypeVar("T")


@dataclass
class Factors:
    """What a person of a served clinic carries: an app with its seed, and recovery codes on paper."""

    seed: str
    codes: list[str]
    used: dict[Path, int] = field(default_factory=dict)

    def next(self, workstation: Path) -> str:
        """A code that is good now at this workstation: of the app while it has one for now, then from the paper."""
        now = time.time_ns() // 1_000_000 // STEP_MS
        step = max(now, self.used.get(workstation, 0) + 1)
        if step > now + 1:
            return self.paper()
        self.used[workstation] = step
        return self.at(step)

    def at(self, step: int) -> str:
        """The app's code of one time step."""
        return pyotp.TOTP(self.seed).at(step * STEP_MS // 1000)

    def elsewhere(self, folder: Path, copy: Path) -> Factors:
        """The same things carried in a copy of the clinic's folder, where as much of them is used."""
        used = {copy / workstation.relative_to(folder): step for workstation, step in self.used.items()}
        return Factors(self.seed, list(self.codes), used)

    def paper(self) -> str:
        """A recovery code that nobody used."""
        return self.codes.pop()


def give_codes(home: Home, person: UUID) -> list[str]:
    """Recovery codes as the person made them for themselves, enough of them to sign in all day."""
    codes = [code for _sheet in range(3) for code in new_codes()]
    hashes = tuple(code_hash(str(read_code(code)), person) for code in codes)

    def write(unit: Unit) -> None:
        unit.action = "server.person_keys"
        unit.change(Account, person, second=SecondFactors(hashes).packed())

    home.store.act(write, home.worker)
    return codes


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

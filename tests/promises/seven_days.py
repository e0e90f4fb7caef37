# SPDX-License-Identifier: Apache-2.0
"""A workstation's day without a server, as a process that may be killed at any moment: whole visits, door to till."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.core.clock import SystemClock
from hms_desktop.security import sign_in
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.vectors import chain_end
from tests.killing import says
from tests.promises.whole_visit import DOCTOR, SECOND, THIRD, Walk
from tests.server.process import PASSWORD

T = TypeVar("T")
DAY_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Later:
    """The computer's clock, so many ms on."""

    ms: int

    def now_ms(self) -> int:
        """The time then, in ms since 1970."""
        return SystemClock().now_ms() + self.ms


def opened(folder: Path, login: str, days: int) -> Bench:
    """Somebody signs in at a workstation, so many days from now."""
    clock = Later(days * DAY_MS)
    return open_bench(sign_in.unlock(folder, login, PASSWORD, keychain=FileKeychain(folder), clock=clock), clock)


class Told(Walk):
    """The same work; each act is said once it is acknowledged, by its number in the workstation's chain."""

    def __init__(self, benches: dict[str, Bench], done: Path) -> None:
        super().__init__(benches)
        self._done = done

    def do(self, action: Callable[[Unit], T], login: str = DOCTOR) -> T:
        """Act, then say so."""
        bench = self._benches[login]
        result = bench.store.act(action, bench.acting)
        with bench.store.reading() as connection:
            says(self._done, str(chain_end(connection, bench.store.station.author).number))
        return result


def works(folder: Path, days: int, visits: list[tuple[str, str, str]], done: Path) -> None:
    """These visits, one after the other, so many days from now."""
    benches = {login: opened(folder, login, days) for login in (DOCTOR, SECOND, THIRD)}
    walk = Told(benches, done)
    for family, other, ending in visits:
        walk.whole(family, other, ending, ending)
    for bench in benches.values():
        bench.store.close()

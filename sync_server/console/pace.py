# SPDX-License-Identifier: Apache-2.0
"""How often somebody may try: five wrong sign-ins wait 1, 5, then 15 minutes; a flood of requests waits too.

What is counted is a name as typed or an address, whether or not anybody is called so: the wait tells nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from sqlalchemy import delete, insert, select

from hms_desktop.core.clock import Clock
from sync_server import notebook as tables
from sync_server.notebook import Notebook

FREE_TRIES = 5
FREE_FROM_AN_ADDRESS = 20
WAITS_MINUTES = (1, 5, 15)
FORGOTTEN_MS = 24 * 3_600_000
A_MINUTE = 240
MOST_KEPT = 4096


class Tries:
    """Wrong sign-ins by name and by address, in the notebook: a restart forgets none."""

    def __init__(self, book: Notebook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    def wait_ms(self, login: str, address: str) -> int:
        """How long this name or address still has to wait; 0 when it may try."""
        now = self._clock.now_ms()
        table = tables.tries
        rows = self._book.rows(select(table.c.until_ms).where(table.c.key.in_(_keys(login, address))))
        return max([0, *(int(row.until_ms) - now for row in rows)])

    def wrong(self, login: str, address: str) -> None:
        """A try was wrong."""
        now, table = self._clock.now_ms(), tables.tries
        with self._book.writing() as connection:
            connection.execute(delete(table).where(table.c.last_ms <= now - FORGOTTEN_MS))
            for key, free in zip(_keys(login, address), (FREE_TRIES, FREE_FROM_AN_ADDRESS), strict=True):
                row = connection.execute(select(table).where(table.c.key == key)).first()
                failures = (row.failures if row else 0) + 1
                connection.execute(delete(table).where(table.c.key == key))
                until = now + _wait_minutes(failures, free) * 60_000
                connection.execute(insert(table).values(key=key, failures=failures, until_ms=until, last_ms=now))

    def right(self, login: str, address: str) -> None:
        """The name signed in: its wrong tries are forgotten, those of the address are not."""
        with self._book.writing() as connection:
            connection.execute(delete(tables.tries).where(tables.tries.c.key == _keys(login, address)[0]))


def _keys(login: str, address: str) -> tuple[str, str]:
    return f"name {login[:64]}", f"address {address}"


def _wait_minutes(failures: int, free: int) -> int:
    """Each further run of `free` wrong tries waits longer; a try after a wait that is wrong waits again."""
    if failures < free:
        return 0
    return WAITS_MINUTES[min(failures - free, len(WAITS_MINUTES) - 1)]


class Pace:
    """Requests of an address within a minute; what comes faster than a person works is told to wait, ever longer."""

    def __init__(self, clock: Clock, a_minute: int = A_MINUTE) -> None:
        self._clock, self._most = clock, a_minute
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, address: str) -> int:
        """Count a request; 0 when it may be answered, else after how many seconds to try again."""
        minute = self._clock.now_ms() // 60_000
        with self._lock:
            begun, count = self._seen.pop(address, (minute, 0))
            count = count + 1 if begun == minute else 1
            self._seen[address] = (minute, count)
            while len(self._seen) > MOST_KEPT:
                self._seen.popitem(last=False)
        over = count - self._most
        return 0 if over <= 0 else min(5 * 2 ** (over // self._most), 60)

# SPDX-License-Identifier: Apache-2.0
"""On which footing acts at the server's own keyboard stand: setting up, two administrators, or one who is alone.

A new server is set up by whoever has its keyboard, until two administrators can open the console, for seven days at
most. From then on for ever what takes two persons in the console takes two here; where nobody else is left, it waits a
day and the privacy officer is told.
"""

from __future__ import annotations

from hms_desktop.core.clock import stamp_ms
from hms_desktop.security.accounts import Device
from sync_server import console_access as access
from sync_server.home import Home
from sync_server.notebook import Notebook

SETTING_UP, TWO, ALONE = "setting up", "two", "alone"
SETUP_DAYS = 7
_DAY_MS = 24 * 3_600_000


def footing(home: Home, book: Notebook) -> str:
    """How many must agree at the keyboard now: SETTING_UP (one, at once), TWO, or ALONE (one, after a day)."""
    if len(access.holders(home, book)) >= 2:
        return TWO
    return SETTING_UP if not access.were_two(book) and _is_new(home) else ALONE


def _is_new(home: Home) -> bool:
    made = home.store.read(lambda reader: reader.get(Device, home.facts.id), home.worker)
    return home.store.clock.now_ms() - stamp_ms(made.k) < SETUP_DAYS * _DAY_MS

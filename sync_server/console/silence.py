# SPDX-License-Identifier: Apache-2.0
"""Looks every minute for workstations that are silent while the clinic is open, and tells each silence once.

Told is: a line in the server's log, an event in its chain, an alert on the overview and on the list of devices.
"""

from __future__ import annotations

import structlog

from sync_server.administration import By, note_act
from sync_server.console.app import Console
from sync_server.console.figures import StationFigures, stations

LOOK_EVERY_SECONDS = 60.0
TOLD = "silences told"
_log = structlog.get_logger(__name__)


def tell_silences(console: Console) -> list[StationFigures]:
    """Tell what was not told yet; returns those workstations. Whoever calls again may be told of anew."""
    silent = [one for one in stations(console) if one.silent]
    told: dict[str, int] = console.book.get(TOLD, {})
    new = [one for one in silent if told.get(one.device.id.hex) != one.contact.seen_ms]
    by = By(console.home.facts.id, "Sync server", "server")
    for one in new:
        _log.warning("workstation silent in opening hours", device=one.device.id.hex, words=one.chip.words)
        note_act(console.home, by, "device.silent", one.device.id, one.device.name)
    if new:
        console.book.put(TOLD, {one.device.id.hex: one.contact.seen_ms for one in silent})
    return new

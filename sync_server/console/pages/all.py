# SPDX-License-Identifier: Apache-2.0
"""Every address of the console, as one table."""

from __future__ import annotations

from sync_server.console.app import Place
from sync_server.console.pages import (
    audit,
    backups,
    conflicts,
    devices,
    find,
    held,
    keys,
    overview,
    people,
    requests,
    review,
    settings,
    sign_in,
    sync,
)

_PAGES = (
    sign_in, keys, overview, devices, sync, conflicts, held, people, requests, review, audit, backups, settings, find,
)  # fmt: skip
PLACES: tuple[Place, ...] = tuple(place for page in _PAGES for place in page.PLACES)

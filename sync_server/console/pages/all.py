# SPDX-License-Identifier: Apache-2.0
"""Every address of the console, as one table."""

from __future__ import annotations

from sync_server.console.app import Place
from sync_server.console.pages import (
    conflicts,
    devices,
    held,
    overview,
    people,
    requests,
    sign_in,
    sync,
)

PLACES: tuple[Place, ...] = (
    *sign_in.PLACES,
    *overview.PLACES,
    *devices.PLACES,
    *sync.PLACES,
    *conflicts.PLACES,
    *held.PLACES,
    *people.PLACES,
    *requests.PLACES,
)

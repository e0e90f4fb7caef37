# SPDX-License-Identifier: Apache-2.0
"""Backups: what there is, said as it is."""

from __future__ import annotations

from starlette.responses import Response

from sync_server.backups import last_backup, note_backup
from sync_server.console.app import Asked, Console, Place
from sync_server.home import STORE_FILE

NEEDS = "device.manage"


def show(console: Console, asked: Asked) -> Response:
    """The page."""
    store = console.home.folder / STORE_FILE
    return console.show(asked, "backups.html", store_size=store.stat().st_size, last=last_backup(console.home))


def noted(console: Console, asked: Asked) -> Response:
    """Somebody made a copy."""
    note_backup(console.home, asked.by)
    return console.go("/backups")


PLACES = (Place("/backups", show, NEEDS), Place("/backups", noted, NEEDS, "POST"))

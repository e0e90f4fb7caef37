# SPDX-License-Identifier: Apache-2.0
"""Backups: what there is, said as it is."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.core.text import _
from sync_server import two_person
from sync_server.backups import last_backup, note_backup
from sync_server.console.app import Asked, Console, Place
from sync_server.exporting import EXPORT
from sync_server.home import STORE_FILE

NEEDS = "device.manage"


def show(console: Console, asked: Asked) -> Response:
    """The page."""
    store = console.home.folder / STORE_FILE
    return console.show(
        asked, "backups.html", store_size=store.stat().st_size, last=last_backup(console.home),
        ready=[r for r in two_person.requests(console.home, console.book) if r.kind == EXPORT.name
               and r.state == two_person.APPROVED and r.by == asked.who.id],
    )  # fmt: skip


def noted(console: Console, asked: Asked) -> Response:
    """Somebody made a copy."""
    note_backup(console.home, asked.by)
    return console.go("/backups")


def ask_export(console: Console, asked: Asked) -> Response:
    """Ask for an export of every record; another administrator approves, and it is written at the server."""
    reason = asked.form.get("reason", "")
    two_person.ask(console.home, console.book, asked.by, EXPORT.name, _("Export of every record"), reason=reason)
    return console.go("/requests")


PLACES = (
    Place("/backups", show, NEEDS),
    Place("/backups", noted, NEEDS, "POST"),
    Place("/backups/export", ask_export, NEEDS, "POST"),
)

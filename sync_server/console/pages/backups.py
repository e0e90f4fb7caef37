# SPDX-License-Identifier: Apache-2.0
"""Backups: how they stand, one made now, where a restored server stands, and every record for leaving."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.core.text import _
from sync_server import two_person
from sync_server.backup import plan
from sync_server.backup.keeping import backups_in
from sync_server.backup.one_patient import HISTORY
from sync_server.backup.reconciling import reconciliation
from sync_server.backups import last_backup, note_backup
from sync_server.console.app import Asked, Console, Place
from sync_server.exporting import EXPORT

NEEDS = "device.manage"


def show(console: Console, asked: Asked) -> Response:
    """The page."""
    home = console.home
    found = plan.standing(home, console.book)
    return console.show(
        asked, "backups.html", store_size=home.store.database.size(), carried=last_backup(home), found=found,
        kept=backups_in(found.folder, home) if found.folder.is_dir() else [], problems=plan.problems(found),
        restored=reconciliation(home), making=plan.is_wanted(console.book),
        ready=[r for r in two_person.requests(home, console.book) if r.kind in (EXPORT.name, HISTORY.name)
               and r.state == two_person.APPROVED and r.by == asked.who.id],
    )  # fmt: skip


def noted(console: Console, asked: Asked) -> Response:
    """Somebody carried a copy away."""
    note_backup(console.home, asked.by)
    return console.go("/backups")


def make_now(console: Console, asked: Asked) -> Response:
    """Ask for a backup: the round that makes the daily one makes it within seconds, and the page says how it went."""
    plan.want(console.book, asked.by)
    return console.go("/backups")


def ask_export(console: Console, asked: Asked) -> Response:
    """Ask for an export of every record; another administrator approves, and it is written at the server."""
    reason = asked.form.get("reason", "")
    two_person.ask(console.home, console.book, asked.by, EXPORT.name, _("Export of every record"), reason=reason)
    return console.go("/requests")


PLACES = (
    Place("/backups", show, NEEDS),
    Place("/backups", noted, NEEDS, "POST"),
    Place("/backups/now", make_now, NEEDS, "POST"),
    Place("/backups/export", ask_export, NEEDS, "POST"),
)

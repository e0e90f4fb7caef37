# SPDX-License-Identifier: Apache-2.0
"""`hms-server quarantine`: what the server refused and who still has to look at it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from sync_server import home
from sync_server.commands.options import Folder, Json
from sync_server.quarantine import Quarantined, quarantine


@plainly
def quarantine_list(
    folder: Folder,
    everything: Annotated[bool, typer.Option("--all", help="Also what a person has decided over.")] = False,
    as_json: Json = False,
) -> None:
    """What the server refused: which change of which workstation, whose, why, and what was decided by whom."""
    with home.open_home(folder) as opened:
        rows = quarantine(opened, everything)
    lines = [line for row in rows for line in _lines(row)]
    say(lines or ["Nothing stands in quarantine."], {"quarantine": [asdict(row) for row in rows]}, as_json)


def _lines(row: Quarantined) -> list[str]:
    head = f"{row.change:12} {row.station:24} {row.person:24} {row.action or 'unknown action'}"
    lines = [head, f"    refused {row.refused:%Y-%m-%d %H:%M} UTC ({row.check}): {row.reason}"]
    if row.at is not None:
        why = f": {row.why}" if row.why else ""
        lines.append(f"    {row.settled.replace('-', ' ')} {row.at:%Y-%m-%d %H:%M} UTC by {row.by}{why}")
    return lines

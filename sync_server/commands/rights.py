# SPDX-License-Identifier: Apache-2.0
"""`hms-server rights`: what each kind of workstation holds, and what becomes of one that is another kind now."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from hms_desktop.security.roles import policy
from sync_server import devices, granting, home
from sync_server.administration import noted
from sync_server.commands.acting import the_keyboard
from sync_server.commands.options import Folder, Json
from sync_server.endpoints import DOORWAYS, endpoints
from sync_server.grid import CHANNELS, grid

BOUND_WORDS = {
    "own": "what is their own",
    "team": "their own team",
    "site": "their own site",
    "all": "the whole clinic",
}
rights = typer.Typer(no_args_is_help=True, help="Who may do what, and what each workstation holds.")


@rights.command("station")
@plainly
def station_kind(
    folder: Folder,
    device: Annotated[str, typer.Argument(help="Name or id of the workstation.")],
    kind: Annotated[str, typer.Argument(help="What it is from now on, such as front_desk.")],
    as_json: Json = False,
) -> None:
    """Make a workstation one of another kind; what it may hold no more leaves it at its next contact."""
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        gone = sorted(
            granting.change_kind(
                opened, row.id, kind, noted(the_keyboard(opened), "device.kind", row.id, f"{row.name}: {kind}")
            )
        )
    lines = [f"{row.name} is {kind} from now on."]
    if gone:
        lines.append(f"At its next contact it sends what it has not sent, then erases: {', '.join(gone)}.")
    say(lines, {"station": row.id, "kind": kind, "erases": gone}, as_json)


@rights.command("grid")
@plainly
def show_grid(
    role: Annotated[str, typer.Option(help="Only this role.")] = "",
    table: Annotated[str, typer.Option(help="Only this table.")] = "",
    as_json: Json = False,
) -> None:
    """Who may do what: every role, table, action and channel; allowed cells by name, the rest are refused."""
    cells = [cell for cell in grid() if role in ("", cell.role) and table in ("", cell.table)]
    allowed = [cell for cell in cells if cell.allowed]
    counted = Counter((cell.role, cell.channel) for cell in allowed)
    roles = sorted({cell.role for cell in cells})
    lines = [f"{'role':18} " + " ".join(f"{channel:>8}" for channel in CHANNELS)]
    lines += [f"{r:18} " + " ".join(f"{counted[r, channel]:>8}" for channel in CHANNELS) for r in roles]
    lines.append(f"{len(allowed)} of {len(cells)} cells are allowed, all others refused.")
    bounds = {r: dict(policy().roles[r].within) for r in roles if policy().roles[r].within}
    lines += [
        f"{r:18} {right} within {BOUND_WORDS[scope]}" for r, held in bounds.items() for right, scope in held.items()
    ]
    if table:
        named = [cell for cell in allowed if cell.channel == "window"]
        lines += [f"{cell.role:18} {cell.action:32} {cell.table}" for cell in named]
    say(lines, {"cells": len(cells), "allowed": [asdict(cell) for cell in allowed], "within": bounds}, as_json)


@rights.command("endpoints")
@plainly
def show_endpoints(
    role: Annotated[str, typer.Option(help="Only what opens to this role.")] = "",
    channel: Annotated[str, typer.Option(help="Only action, query, command, console or sync.")] = "",
    as_json: Json = False,
) -> None:
    """Every door of the program with what it asks of whoever knocks: a right, a session, a workstation's key."""
    doors = [door for door in endpoints() if channel in ("", door.channel) and (not role or door.opens_to(role))]
    lines = [
        f"{door.channel:8} {door.name:44} {' or '.join(door.needs) or door.asks or 'nobody: own events'}"
        for door in doors
    ]
    counted = Counter(door.channel for door in doors)
    lines.append(", ".join(f"{counted[name]} of {name}" for name in DOORWAYS if counted[name]) + ".")
    say(lines, {"endpoints": [asdict(door) for door in doors]}, as_json)

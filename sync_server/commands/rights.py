# SPDX-License-Identifier: Apache-2.0
"""`hms-server rights`: what each kind of workstation holds, and what becomes of one that is another kind now."""

from __future__ import annotations

from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from sync_server import devices, granting, home
from sync_server.commands.options import Folder, Json

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
        gone = sorted(granting.change_kind(opened, row.id, kind))
    lines = [f"{row.name} is {kind} from now on."]
    if gone:
        lines.append(f"At its next contact it sends what it has not sent, then erases: {', '.join(gone)}.")
    say(lines, {"station": row.id, "kind": kind, "erases": gone}, as_json)

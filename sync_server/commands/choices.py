# SPDX-License-Identifier: Apache-2.0
"""`hms-server settings`: how the clinic wants to work."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from sync_server import home, settings
from sync_server.administration import noted
from sync_server.commands.acting import the_keyboard
from sync_server.commands.options import Folder, Json

choices = typer.Typer(no_args_is_help=True, help="How the clinic wants to work.")


@choices.command("list")
@plainly
def settings_list(folder: Folder, as_json: Json = False) -> None:
    """Every setting with what it means and how it stands."""
    with home.open_home(folder) as opened:
        rows = settings.settings(opened)
    lines = [f"{r.key:28} {r.value:12} {r.site or 'everywhere':12} {r.words}" for r in rows]
    say(lines, {"settings": [asdict(row) for row in rows]}, as_json)


@choices.command("set")
@plainly
def settings_set(
    folder: Folder,
    key: Annotated[str, typer.Argument(help="The setting, as `settings list` names it.")],
    value: Annotated[str, typer.Argument(help="yes, no or a number.")],
    site: Annotated[str, typer.Option(help="Only at this site; otherwise everywhere.")] = "",
    as_json: Json = False,
) -> None:
    """Choose a setting; workstations follow with their next sync."""
    with home.open_home(folder) as opened:
        also = noted(the_keyboard(opened), "settings.chosen", None, f"{key} {value} {site}".strip())
        chosen = settings.choose(opened, key, value, site, also)
    where = f"at {site}" if site else "everywhere"
    say(f"{key} is {chosen} {where}.", {"key": key, "value": chosen, "site": site}, as_json)

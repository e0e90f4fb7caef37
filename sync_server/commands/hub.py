# SPDX-License-Identifier: Apache-2.0
"""`hms-server hub`: making this computer a hub, which keeps a clinic's workstations together while its line is down."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from hms_desktop.core.console import note, plainly, say
from hms_desktop.core.errors import Unavailable
from hms_desktop.security.enrolment import read_ticket
from sync_server.commands.options import DEFAULT_PORT, Folder, Json
from sync_server.hub_home import HubPlan, Joining

hub = typer.Typer(no_args_is_help=True, help="A hub at the clinic, with a centre above it.")
ASK_SECONDS = 2.0


@hub.command("enroll")
@plainly
def enroll(
    folder: Folder,
    code: Annotated[str, typer.Option(help="The one-time code: hms-server enroll-code --kind hub, at the centre.")],
    host: Annotated[list[str], typer.Option(help="Name or address under which workstations reach it; repeatable.")],
    server: Annotated[str, typer.Option(help="The centre's address, https://…; in a scanned code already.")] = "",
    port: Annotated[int, typer.Option(help="Port.")] = DEFAULT_PORT,
    minutes: Annotated[int, typer.Option(help="Wait so long for the approval.", min=1, max=60)] = 15,
    as_json: Json = False,
) -> None:
    """Make a hub of this computer: it applies, shows six words, and is made once the centre has approved it.

    It serves with `hms-server serve` then, fetches all that the centre has, and takes workstations in after that.
    """
    address, typed = read_ticket(code)
    joining = Joining(folder, HubPlan(server or address, typed, tuple(host), port))
    name, words = joining.apply()
    note(f"{name} waits for approval. Compare these words, then approve it at the centre: {' '.join(words)}")
    ends = time.monotonic() + minutes * 60
    while (decision := joining.ask()) is None:
        if time.monotonic() > ends:
            raise Unavailable(f"{name} was not approved in {minutes} minutes. Ask for a new code.")
        time.sleep(ASK_SECONDS)
    with joining.finish(decision) as made:
        facts = made.facts
    lines = [f"{name} is ready in {folder}. Next: hms-server serve."]
    lines.append("Workstations of its site hear of it at their next contact with the centre.")
    say(lines, {"hub": facts.id, "name": name, "addresses": facts.addresses, "centre": facts.centre}, as_json)

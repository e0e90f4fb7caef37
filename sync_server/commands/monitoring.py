# SPDX-License-Identifier: Apache-2.0
"""`hms-server metrics`: the numbers that a monitoring system scrapes, and the token that it brings."""

from __future__ import annotations

from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from sync_server import home
from sync_server.administration import note_act
from sync_server.commands.acting import the_keyboard
from sync_server.commands.options import Folder, Json
from sync_server.console.app import Console
from sync_server.contacts import Contacts
from sync_server.metrics import PATH, as_text, metrics, new_token
from sync_server.notebook import open_notebook
from sync_server.serve import make_centre


@plainly
def show_metrics(
    folder: Folder,
    token: Annotated[
        bool, typer.Option("--new-token", help="Make the token that a monitoring system brings; one before ends.")
    ] = False,
    as_json: Json = False,
) -> None:
    """How the server stands, in numbers: no name, no record. The same as GET /metrics answers."""
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        try:
            if token:
                made = new_token(book)
                note_act(opened, the_keyboard(opened), "metrics.token")
                where = f"{opened.facts.addresses[0]}{PATH}"
                say([f"Bearer token for {where}: {made}"], {"address": where, "token": made}, as_json)
                return
            found = list(
                metrics(Console(opened, book, Contacts(book, opened.store.clock), make_centre(opened, alone=False)))
            )
        finally:
            book.close()
    named = {f"{one.name}{':' + one.label[1] if one.label else ''}": one.value for one in found}
    say(as_text(found).rstrip("\n"), named, as_json)

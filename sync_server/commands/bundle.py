# SPDX-License-Identifier: Apache-2.0
"""`hms-server bundle make, take`: a workstation that no line reaches, served by sealed files on a stick."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from hms_desktop.core.console import plainly, say
from sync_server import bundles, devices, home
from sync_server.bundle_notes import NEVER
from sync_server.commands.acting import the_keyboard
from sync_server.commands.options import Folder, Json
from sync_server.contacts import Contacts
from sync_server.home import Home
from sync_server.notebook import open_notebook
from sync_server.serve import make_centre

bundle_app = typer.Typer(no_args_is_help=True, help="Serve a workstation that no line reaches by sealed files.")


@bundle_app.command("take")
@plainly
def take(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="The file that was made at the workstation.")],
    as_json: Json = False,
) -> None:
    """Take in what a workstation could not send: checked and merged as if it had come by the line.

    The same file again changes nothing. `bundle make` then writes the answer for the way back.
    """
    with home.open_home(folder) as opened:
        came = bundles.take(opened, make_centre(opened, alone=False), file, the_keyboard(opened))
    made = datetime.fromtimestamp(came.made_ms / 1000, UTC).isoformat(timespec="minutes")
    lines = [
        f"File {came.number} of {came.station}, made {made}: {came.taken} changes, {came.repeated} were here before.",
        f"{came.refused} refused (hms-server quarantine says why), {came.waiting} wait for others.",
        "What was done there after that is not in it.",
    ]
    say(lines, came, as_json)


@bundle_app.command("make")
@plainly
def make(
    folder: Folder,
    device: Annotated[str, typer.Option("--for", help="Name or id of the workstation.")],
    to: Annotated[Path, typer.Option(help="The file to write, or the folder of a stick.")],
    fill: Annotated[bool, typer.Option("--fill", help="Put every table in whole: for an empty workstation.")] = False,
    as_json: Json = False,
) -> None:
    """Write what a workstation has not got into one sealed file, which only that workstation can open.

    It holds what the workstation may see and no more, receipts for what it sent, and word of what was refused.
    """
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        made = bundles.make(
            opened, make_centre(opened, alone=False), row.id, to.absolute(), the_keyboard(opened), fill=fill,
            followed=_followed(opened, row.id),
        )  # fmt: skip
    lines = [
        f"{made.file}: {made.entries} changes and {made.filled} whole tables, sealed for {made.station} "
        f"(file {made.number}).",
        "There: hms bundle take, or Sync details, Carry by stick.",
    ]
    say(lines, {**vars(made), "file": str(made.file)}, as_json)


def _followed(opened: Home, device: UUID) -> tuple[int, int]:
    """How far a workstation followed by the line, and when it was last heard (ms)."""
    book = open_notebook(opened)
    try:
        contact = Contacts(book, opened.store.clock).of(device)
    finally:
        book.close()
    return contact.position or NEVER, contact.seen_ms

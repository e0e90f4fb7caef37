# SPDX-License-Identifier: Apache-2.0
"""`hms-server export`: every record of the clinic, by a request that two administrators made in the console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from hms_desktop.core.console import plainly, say
from sync_server import home
from sync_server.commands.options import Folder, Json
from sync_server.exporting import export_records
from sync_server.notebook import open_notebook


@plainly
def export(
    folder: Folder,
    request: Annotated[UUID, typer.Option(help="The request, as the console names it once it is approved.")],
    out: Annotated[Path, typer.Option(help="The zip to write; it holds health information in the clear.")],
    as_json: Json = False,
) -> None:
    """Write every record as a zip of JSON lines, one file per table, without keys.

    Two administrators ask and approve it in the console, under Backups; the request is good once, for an hour.
    """
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        try:
            counted = export_records(opened, book, request, out)
        finally:
            book.close()
    rows = sum(counted.values())
    lines = [
        f"{rows} rows of {len(counted)} tables are in {out}.",
        "They lie there in the clear: encrypt them.",
    ]
    say(lines, {"rows": rows, "tables": counted, "file": str(out)}, as_json)

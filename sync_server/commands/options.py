# SPDX-License-Identifier: Apache-2.0
"""Options that every `hms-server` command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path, typer.Option("--folder", envvar="HMS_SERVER_FOLDER", help="The server's folder: store, keys, certificates.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer one JSON object.")]

# SPDX-License-Identifier: Apache-2.0
"""Options that every `hms-server` command shares."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.core.errors import BadInput

DEFAULT_PORT = 8443
Folder = Annotated[
    Path, typer.Option("--folder", envvar="HMS_SERVER_FOLDER", help="The server's folder: store, keys, certificates.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer one JSON object.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def typed_password(from_stdin: bool) -> str:
    """The password: a line of standard input, or typed twice unseen; BadInput where nobody can be asked."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise BadInput("Give the password on standard input with --password-stdin.", "password")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise BadInput("The two passwords differ. Nothing was added.", "password")
    return first

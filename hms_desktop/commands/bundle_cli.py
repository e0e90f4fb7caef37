# SPDX-License-Identifier: Apache-2.0
"""`hms bundle make, take`: changes carried to the server and back in sealed files, where no line reaches it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.commands.asking import Code, Json, Login, Profile, Stdin, ask
from hms_desktop.core.console import plainly, say
from hms_desktop.core.errors import BadInput
from hms_desktop.sync.bundles import SERVER

bundle = typer.Typer(no_args_is_help=True, help="Carry changes to the server and back in sealed files, on a stick.")


@bundle.command("make")
@plainly
def make(
    profile: Profile,
    to: Annotated[Path, typer.Option(help="The file to write, or the folder of a stick.")],
    receiver: Annotated[str, typer.Option("--for", help="Who is to take it in: server.")] = SERVER,
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """Write what the server has not got of this workstation into one sealed file, which only the server can open."""
    if receiver != SERVER:
        raise BadInput("A workstation makes files for the server alone: --for server.", "for")
    answer = ask(profile, "bundle_make", (login, code, password_stdin), to=str(to.absolute()))
    lines = [
        f"{answer['file']}: {answer['sets']} changes, sealed for the server (file {answer['number']}).",
        "They count as waiting until a file comes back, or the line does.",
    ]
    say(lines, answer, as_json)


@bundle.command("take")
@plainly
def take(
    profile: Profile,
    file: Annotated[Path, typer.Argument(help="The file that was made at the server for this workstation.")],
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """Take in what the server wrote for this workstation; an empty one is filled. Taken twice it changes nothing."""
    answer = ask(profile, "bundle_take", (login, code, password_stdin), file=str(file.absolute()))
    lines = [
        f"File {answer['number']}, made {answer['made']}: {answer['news']} changes of others, "
        f"{answer['filled']} tables filled.",
        f"{answer['delivered']} changes of this workstation have reached the server since; {answer['waiting']} wait.",
    ]
    if answer["lacking"]:
        lines.append(f"{answer['lacking']} tables are not filled yet: hms-server bundle make --fill puts them in.")
    say(lines, answer, as_json)

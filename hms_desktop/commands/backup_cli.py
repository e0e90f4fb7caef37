# SPDX-License-Identifier: Apache-2.0
"""`hms backup`: what waits here is kept at a second place, too, in a file that only the server opens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.commands.asking import Code, Json, Login, Profile, Stdin, ask
from hms_desktop.core.console import plainly, say
from hms_desktop.core.errors import BadInput, Unavailable


@plainly
def backup(
    profile: Profile,
    to: Annotated[
        Path | None, typer.Option(help="A folder on another disk, from now on: a stick that stays in, a share.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Keep it nowhere else any more.")] = False,
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """Keep what waits for the server at a second place, too, made anew by itself as work goes on.

    If this computer dies, `hms-server bundle take` brings that file in; everything else is at the server. Without --to
    it is brought up to now and told how it stands.
    """
    if to is not None and off:
        raise BadInput("Either --to a folder or --off.", "to")
    who = (login, code, password_stdin)
    if to is not None or off:
        answer = ask(profile, "backup_at", who, to="" if off else str(to.absolute() if to else ""))
    else:
        answer = ask(profile, "backup", who)
    if answer["problem"]:
        older = f" The copy of {answer['made']} stays." if answer["file"] else ""
        raise Unavailable(f"The second copy is behind: {answer['problem']}{older}")
    say(_line(answer), answer, as_json)


def _line(answer: dict[str, str]) -> str:
    if not answer["folder"]:
        return "What waits here is kept nowhere else: name a folder on another disk with --to."
    if not answer["file"]:
        return f"{answer['folder']}: nothing waits, the server has everything; the next work is kept there, too."
    return f"{answer['folder']}: {answer['file']} holds everything that waits here, sealed for the server."

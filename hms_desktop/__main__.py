# SPDX-License-Identifier: Apache-2.0
"""The `hms` command: the desktop itself, and its work from a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.core.errors import ClinicError

commands = typer.Typer(
    name="hms", help="An offline-first workstation of a clinic.", no_args_is_help=True, add_completion=False
)
Profile = Annotated[
    Path, typer.Option("--profile", help="Folder of the enrolled workstation.", envvar="HMS_PROFILE", file_okay=False)
]


@commands.command()
def desktop(profile: Profile) -> None:
    """Open the workstation: sign in, work, lock."""
    from hms_desktop.front import run_desktop

    raise typer.Exit(run_desktop(profile))


@commands.command(hidden=True)
def session(profile: Profile) -> None:
    """Run one person's session; started by `hms desktop`, which sends the name and password."""
    from hms_desktop.app import run_session

    raise typer.Exit(run_session(profile))


def main() -> None:
    """Run the command line; what a person can do something about ends with one sentence and exit code 1."""
    if sys.argv[1:2] not in (["desktop"], ["session"]):  # a window should not wait for the terminal's commands
        from hms_desktop.commands.cli import register

        register(commands)
    try:
        commands()
    except ClinicError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()

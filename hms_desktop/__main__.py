# SPDX-License-Identifier: Apache-2.0
"""The `hms` command: the desktop itself, and its work from a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.core.console import plainly, run_commands
from hms_desktop.core.faults import watch_faults
from hms_desktop.core.logs import LEVEL_VARIABLE, Level

commands = typer.Typer(name="hms", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Profile = Annotated[
    Path, typer.Option("--profile", help="Folder of the enrolled workstation.", envvar="HMS_PROFILE", file_okay=False)
]


@commands.callback()
def about() -> None:
    """An offline-first workstation of a clinic.

    Exit codes: 0 done, 1 refused, 2 bad input, 3 damaged, 4 not allowed, 5 not found, 6 out of reach, 70 a fault of the
    program, 130 stopped from the keyboard. With --json a failure answers {"error": …, "message": …}.
    """


@commands.command()
@plainly
def desktop(
    profile: Profile,
    log_level: Annotated[
        Level,
        typer.Option(help="How much its processes write down of their running: never content.", envvar=LEVEL_VARIABLE),
    ] = "warning",
) -> None:
    """Open the workstation: sign in, work, lock."""
    os.environ[LEVEL_VARIABLE] = log_level
    from hms_desktop.front import run_desktop

    raise SystemExit(run_desktop(profile))


@commands.command(hidden=True)
@plainly
def session(profile: Profile) -> None:
    """Run one person's session; started by `hms desktop`, which sends the name and password."""
    from hms_desktop.app import run_session

    raise SystemExit(run_session(profile))


def main() -> None:
    """Run the command line; what a person can do something about ends with one sentence and its exit code."""
    window = sys.argv[1:2] in (["desktop"], ["session"])
    watch_faults(f"hms {sys.argv[1]}" if window else "hms")
    if not window:  # nor should a window wait for the terminal's commands
        from hms_desktop.commands.cli import register

        register(commands)
    run_commands(commands, "hms")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""`hms rebuild`: the file of a workstation is damaged; it comes anew from the server, with what was not sent."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from hms_desktop.commands.door import ask_session
from hms_desktop.commands.rebuilding import rebuild as rebuild_workstation
from hms_desktop.commands.recover_cli import AsJson, Folder
from hms_desktop.core.clock import SystemClock
from hms_desktop.core.console import note, plainly, say
from hms_desktop.core.errors import Refused
from hms_desktop.security import sign_in
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.security.profile import read_profile
from hms_desktop.storage.keychain import open_keychain


@plainly
def rebuild(
    profile: Folder,
    login: Annotated[str, typer.Option(help="Sign-in name.", envvar="HMS_LOGIN")],
    code: Annotated[str, typer.Option(help="Code of the authenticator, where the role needs it.")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a damaged file anew: rows from the server, unsent work from what of the file can still be read."""
    guard_this_process()
    if ask_session(profile, "status") is not None:
        raise Refused("This workstation is open on this computer. Sign out there, then run it again.")
    keychain = open_keychain(profile, read_profile(profile).secret_in)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass("Password: ")
    opened = sign_in.unlock(profile, login, password, code or None, keychain=keychain)

    def progress(table: str, done: int, total: int) -> None:
        note(f"  {done:>8} of {total} rows ({table})")

    done = rebuild_workstation(opened, SystemClock().now_ms(), progress)
    lines = [
        f"{done.rows} rows came anew from the server; {done.kept} unsent change sets were kept and sent.",
        f"{done.unread} places of the old log could not be read.",
        f"The damaged file lies at {done.aside}. Take it away once everything was looked through.",
    ]
    say(lines, {"rows": done.rows, "kept": done.kept, "unread": done.unread, "aside": str(done.aside)}, as_json)

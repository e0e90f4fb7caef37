# SPDX-License-Identifier: Apache-2.0
"""How a command of `hms` gets its answer: from the session that is open here, else by signing the person in for it."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hms_desktop.commands.attendance import Attendance
from hms_desktop.commands.bench import open_bench
from hms_desktop.commands.door import ask_session
from hms_desktop.commands.operations import operate
from hms_desktop.core.console import note
from hms_desktop.core.errors import BadInput
from hms_desktop.security import sign_in
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.security.profile import read_profile
from hms_desktop.storage.keychain import open_keychain

Profile = Annotated[
    Path, typer.Option("--profile", help="Folder of the enrolled workstation.", envvar="HMS_PROFILE", file_okay=False)
]
Login = Annotated[str, typer.Option(help="Sign-in name, when no session is open.", envvar="HMS_LOGIN")]
Code = Annotated[str, typer.Option(help="Code of the authenticator, where the role needs it.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
Json = Annotated[bool, typer.Option("--json", help="Answer one JSON object.")]
_FULL = (
    "The disk is full, or almost. What is done is still saved, in room that was kept back for this; it does not last "
    "long. Free some space on this computer now."
)


def ask(folder: Path, operation: str, who: tuple[str, str, bool], **values: Any) -> dict[str, Any]:
    """The open session's answer to a command, else that of this process, as whoever signs in here for it."""
    answer = ask_session(folder, operation, **values)
    return answer if answer is not None else _alone(folder, operation, who, values)


def _alone(folder: Path, operation: str, who: tuple[str, str, bool], values: dict[str, Any]) -> dict[str, Any]:
    guard_this_process()
    login, code, from_stdin = who
    keychain = open_keychain(folder, read_profile(folder).secret_in)
    if not login:
        raise BadInput("No session is open here: say who you are with --login.", "login")
    bench = open_bench(sign_in.unlock(folder, login, _password(from_stdin), code or None, keychain=keychain))
    attendance = Attendance(bench)
    attendance.locks = False
    try:
        attendance.came(keychain, f"hms {operation}")
        if not bench.store.room_kept:
            note(_FULL)
        return operate(bench, operation, values)
    finally:
        attendance.went()
        bench.store.close()


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise BadInput("Give the password on standard input with --password-stdin.", "password")
    return getpass.getpass("Password: ")

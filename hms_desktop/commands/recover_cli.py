# SPDX-License-Identifier: Apache-2.0
"""`hms recover, rejoin`: a workstation whose keyring is lost, from the shares of two holders to sending again."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.commands.recovery import recover as recover_workstation
from hms_desktop.core.console import note, plainly, say
from hms_desktop.core.errors import BadInput, NotAllowed, Unavailable
from hms_desktop.security.enrolment import read_ticket
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.security.profile import read_profile, trusted_profile
from hms_desktop.security.recovery import NEEDED
from hms_desktop.security.shares import Share, read_share
from hms_desktop.storage.keychain import choose_keychain, open_keychain
from hms_desktop.sync.enrol import Enrolment

Folder = Annotated[
    Path, typer.Option("--profile", help="Folder of the enrolled workstation.", envvar="HMS_PROFILE", file_okay=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer one JSON object.")]


@plainly
def recover(
    profile: Folder,
    allow_private_file: Annotated[
        bool, typer.Option(help="Without a system keyring, keep the new secret in a private file (reduced protection).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a workstation whose keyring is lost, with the shares of two holders of the recovery key.

    Each holder types their own share. Everybody who may sign in there can sign in again, with their own password, and
    what was not yet sent is still there. Nothing needs the network.
    """
    guard_this_process()
    shares = [_ask_share(number) for number in range(1, NEEDED + 1)]
    keychain = choose_keychain(profile, file_allowed=allow_private_file)
    done = recover_workstation(profile, shares, keychain)
    station = done.profile.station
    lines = [
        f"{station.name} opens again for: {', '.join(done.people) or 'nobody yet'}.",
        f"{done.waiting} change sets wait here to be sent.",
        f"Next: `hms-server new-keys “{station.name}”` at the server, then `hms rejoin` here.",
    ]
    facts = {"device": station.device, "name": station.name, "people": done.people, "waiting": done.waiting}
    say(lines, facts, as_json)


@plainly
def rejoin(
    profile: Folder,
    code: Annotated[str, typer.Option(help="The code of `hms-server new-keys`.")] = "",
    wait: Annotated[int, typer.Option(help="Seconds to wait for approval.")] = 900,
    as_json: AsJson = False,
) -> None:
    """Show the server the new key of a recovered workstation, and wait until it is approved again."""
    guard_this_process()
    held, keys = trusted_profile(profile, open_keychain(profile, read_profile(profile).secret_in))
    if not code:
        note("The one-time code from the administrator, then Enter:")
        code = sys.stdin.readline()
    enrolment = Enrolment(held.server.addresses[0], read_ticket(code)[1], keys)
    applied, words = enrolment.apply(held.reduced_protection)
    if applied.device != held.station.device or applied.server_public != held.server.signing_public:
        raise NotAllowed("The code is for another workstation or of another server. Ask for a new one.")
    note(f"{applied.name} has a new key. Compare these words with the server's screen:")
    note("  " + " ".join(words))
    decision = enrolment.ask()
    deadline = time.monotonic() + wait
    while decision.status == "pending" and time.monotonic() < deadline:
        time.sleep(1)
        decision = enrolment.ask()
    if decision.status != "approved":
        raise Unavailable("Nobody approved the new key in time. Ask the administrator, then rejoin with a new code.")
    say(f"{applied.name} is approved again: `hms sync` sends what waits.", {"name": applied.name}, as_json)


def _ask_share(number: int) -> Share:
    note(f"Holder {number}: type your share, then Enter.")
    typed = sys.stdin.readline()
    if not typed.strip():
        raise BadInput(f"The shares of {NEEDED} holders are needed. Nothing was changed.", "share")
    return read_share(typed)
